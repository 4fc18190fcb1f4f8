import { useCallback, useEffect, useRef } from 'react';

interface Actions {
  /** Scroll to the end. */
  readonly toEnd: () => void;
  /** The position has changed. */
  readonly fetchNear: () => void;
}

interface Stay {
  /** Go to the end, and follow it. */
  readonly go: () => void;
  /** Something else is at the end: go on with it, unless the reader has left. */
  readonly follow: () => void;
  /** The position is about to be somewhere else than at the end. */
  readonly moved: () => void;
  /** The rows may be higher or lower than before. */
  readonly grown: () => void;
}

/** This near to the end counts as being there. */
const NEAR = 32;
/** This near it is followed; a reader who turns the wheel only a little has left. */
const AT_THE_END = 8;

/**
 * Stays at the end when the room for the list changes, as it does when the composer
 * grows, and says whether the reader is away from the newest.
 *
 * @param isFar - the end of the list is not the newest
 */
export function useStay(
  scroller: HTMLElement,
  isFar: boolean,
  onAway: (away: boolean) => void,
  { toEnd, fetchNear }: Actions
): Stay {
  const following = useRef(true);
  const latest = useRef({ toEnd, fetchNear, isFar, onAway });
  latest.current = { toEnd, fetchNear, isFar, onAway };

  const look = useCallback(() => {
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const left = scrollHeight - scrollTop - clientHeight;
    following.current = !latest.current.isFar && left <= AT_THE_END;
    latest.current.onAway(latest.current.isFar || left > NEAR);
  }, [scroller]);

  useEffect(() => {
    let height = scroller.clientHeight;
    const scrolled = () => {
      // With another room the end is elsewhere, though no reader has left it: the
      // observer, which comes after this, knows what to do.
      if (scroller.clientHeight === height) {
        look();
      }
      latest.current.fetchNear();
    };
    const observer = new ResizeObserver(() => {
      height = scroller.clientHeight;
      if (following.current) {
        latest.current.toEnd();
      } else {
        look();
      }
    });
    observer.observe(scroller);
    scroller.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener('scroll', scrolled);
    };
  }, [scroller, look]);

  useEffect(look, [look, isFar]);

  const go = useCallback(() => {
    following.current = true;
    latest.current.onAway(false);
    latest.current.toEnd();
  }, []);
  const follow = useCallback(() => {
    if (following.current && !latest.current.isFar) {
      latest.current.toEnd();
    }
  }, []);
  const moved = useCallback(() => {
    following.current = false;
  }, []);
  // Who is a little above the end is soon far from it, without any scrolling.
  const waiting = useRef(false);
  const grown = useCallback(() => {
    if (following.current || waiting.current) {
      return;
    }
    waiting.current = true;
    // Not at once: the rows are being measured, and reading would lay out each anew.
    queueMicrotask(() => {
      waiting.current = false;
      if (!following.current) {
        look();
      }
    });
  }, [look]);
  return { go, follow, moved, grown };
}
