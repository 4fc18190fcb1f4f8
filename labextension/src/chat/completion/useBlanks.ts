import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import { useChat, useChatState } from '../components/context';
import { useStore } from '../state/store';
import { libraryOf } from '../state/library';
import { type Span, blanksIn, nameOf, nextBlank } from './blanks';

interface Blanks {
  /** Those of the prompt that are not filled in yet. */
  readonly unfilled: readonly string[];
  /** Put a prompt where one types, with its first blank selected. */
  readonly begin: (prompt: string) => void;
  /** Select the next blank after the selection, or before it; whether there is one. */
  readonly step: (backwards: boolean) => boolean;
  /** Select the first one. */
  readonly select: () => void;
}

/** What of the prompt that was put into the draft is to be filled in. */
export function useBlanks(area: RefObject<HTMLTextAreaElement>, text: string): Blanks {
  const { services, trans, announce } = useChat();
  const open = useChatState(state => state.open);
  const { blanks: store } = libraryOf(services);
  const all = useStore(store, blanks => blanks[open.threadId] ?? NONE);
  const unfilled = all.filter(blank => text.includes(blank));
  /** Selected as soon as the text is there. */
  const wanted = useRef<Span | null>(null);

  const show = useCallback(
    ({ start, end }: Span) => {
      const blank = area.current?.value.slice(start, end) ?? '';
      area.current?.focus();
      area.current?.setSelectionRange(start, end);
      if (blank !== '') {
        announce(trans.__('Fill in: %1', nameOf(blank)));
      }
    },
    [area, trans, announce]
  );
  useEffect(() => {
    if (text === '' && all.length > 0) {
      // It has been sent, or is wanted no longer: what is typed from now on is no prompt.
      store.update(others => ({ ...others, [open.threadId]: NONE }));
    }
  }, [store, text, all, open.threadId]);
  useLayoutEffect(() => {
    if (wanted.current !== null) {
      show(wanted.current);
      wanted.current = null;
    }
  });

  return {
    unfilled,
    begin: prompt => {
      const blanks = blanksIn(prompt);
      const end = { start: prompt.length, end: prompt.length };
      wanted.current = nextBlank(prompt, blanks, 0) ?? end;
      services.drafts.put(open, prompt);
      store.update(others => ({ ...others, [open.threadId]: blanks }));
    },
    step: backwards => {
      const { selectionStart = 0, selectionEnd = 0 } = area.current ?? {};
      const from = backwards ? selectionStart : selectionEnd;
      const next = nextBlank(text, unfilled, from, backwards);
      if (next !== null) {
        show(next);
      }
      return next !== null;
    },
    select: () => {
      const first = nextBlank(text, unfilled, 0);
      if (first !== null) {
        show(first);
      }
    }
  };
}

const NONE: readonly string[] = [];
