import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import { useChat, useChatState } from '../components/context';
import { useStore } from '../state/store';
import { libraryOf } from '../state/library';
import {
  type Filling,
  type Span,
  blanksIn,
  filledAlike,
  nameOf,
  nextBlank
} from './blanks';

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
  const filling = useRef<Filling | null>(null);

  const show = useCallback(
    ({ start, end }: Span) => {
      const value = area.current?.value ?? '';
      const blank = value.slice(start, end);
      area.current?.focus();
      area.current?.setSelectionRange(start, end);
      filling.current = null;
      if (blank !== '') {
        filling.current = {
          blank,
          before: value.slice(0, start),
          after: value.slice(end)
        };
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

  /** Go on to one; where blanks of the same name can be filled in alike, to the first that
   * is left then, or to the end. */
  const goOn = (from: number, backwards = false) => {
    const alike = filling.current === null ? null : filledAlike(text, filling.current);
    if (alike === null) {
      const next = nextBlank(text, unfilled, from, backwards);
      if (next !== null) {
        show(next);
      }
      return next !== null;
    }
    const end = { start: alike.length, end: alike.length };
    wanted.current = nextBlank(alike, unfilled, 0) ?? end;
    services.drafts.put(open, alike);
    return true;
  };

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
      return goOn(backwards ? selectionStart : selectionEnd, backwards);
    },
    select: () => {
      goOn(0);
    }
  };
}

const NONE: readonly string[] = [];
