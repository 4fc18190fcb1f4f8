import { useEffect, useId, useRef, useState } from 'react';
import { markedIn } from './Marked';
import type { Hit } from './SearchResults';
import { useChat, useChatState } from './context';

interface Search {
  /** Something is looked for: what is found stands in place of the list. */
  readonly isSearching: boolean;
  readonly list: string;
  readonly idOf: (index: number) => string;
  readonly active: number;
  /** The id of the active result, if there is any. */
  readonly activeId: string | undefined;
  readonly move: (steps: number) => void;
  readonly choose: (hit?: Hit) => void;
}

/** What search field and results have in common: which result is active, and opening it. */
export function useSearch(onChosen: () => void): Search {
  const { services, trans, focusComposer, announce } = useChat();
  const { text, phase, titles, messages } = useChatState(state => state.search);
  const [active, setActive] = useState(0);
  /** For what was Enter pressed before anything of it was found? */
  const [wished, setWished] = useState<string>();
  const list = useId();
  const hits: readonly Hit[] = [...titles, ...messages];
  const count = hits.length;
  const isSearching = text.trim() !== '';
  const idOf = (index: number) => `${list}-${String(index)}`;

  useEffect(() => {
    setActive(0);
  }, [text]);
  const isReady = isSearching && phase === 'ready';
  useEffect(() => {
    if (isReady) {
      announce(
        count === 0
          ? trans.__('Nothing found')
          : trans._n('%1 result', '%1 results', count)
      );
    }
  }, [isReady, text, count, announce, trans]);

  const choose = (hit = phase === 'ready' ? hits.at(active) : undefined) => {
    setWished(hit === undefined && phase === 'waiting' ? text : undefined);
    if (hit === undefined) {
      return;
    }
    setActive(hits.indexOf(hit));
    if ('message_id' in hit) {
      services.following.open(hit.thread.id, hit.message_id, markedIn(hit.snippet));
    } else {
      services.following.open(hit.thread.id);
      focusComposer();
    }
    onChosen();
  };
  const isWished = isReady && wished === text;
  const latest = useRef(choose);
  latest.current = choose;
  useEffect(() => {
    if (isWished) {
      latest.current();
    }
  }, [isWished]);

  return {
    isSearching,
    list,
    idOf,
    active,
    activeId: isSearching && count > 0 ? idOf(active) : undefined,
    move: steps => {
      const next = Math.max(0, Math.min(count - 1, active + steps));
      setActive(next);
      document.getElementById(idOf(next))?.scrollIntoView({ block: 'nearest' });
      if (next >= count - 3) {
        void services.searching.moreMessages();
      }
    },
    choose
  };
}
