import {
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState
} from 'react';

/** This near to the end still counts as reading the newest. */
const NEAR = 32;

interface FollowBottom {
  /** The reader has scrolled away from the end. */
  readonly away: boolean;
  readonly jump: () => void;
}

/**
 * Keeps the end of a growing content in view, until the reader scrolls up; from then on
 * nothing moves until they come back or jump.
 *
 * @param scroller - the element that scrolls
 * @param content - what grows within it
 * @param topic - changes with the conversation: each begins at its end; `null`: there is
 *   nothing to follow, and it begins at its top
 */
export function useFollowBottom(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  topic: string | null
): FollowBottom {
  const following = useRef(true);
  const lastTop = useRef(0);
  const [away, setAway] = useState(false);

  const jump = useCallback(() => {
    const element = scroller.current;
    following.current = true;
    setAway(false);
    if (element !== null) {
      element.scrollTop = element.scrollHeight;
      lastTop.current = element.scrollTop;
    }
  }, [scroller]);

  useLayoutEffect(() => {
    if (topic !== null) {
      jump();
    }
    following.current = topic !== null;
  }, [jump, topic]);

  useEffect(() => {
    const element = scroller.current;
    const growing = content.current;
    if (element === null || growing === null) {
      return undefined;
    }
    const scrolled = () => {
      const { scrollTop, scrollHeight, clientHeight } = element;
      if (scrollHeight - scrollTop - clientHeight <= NEAR) {
        following.current = true;
      } else if (scrollTop < lastTop.current) {
        // Only a reader scrolls up; growing content leaves the position as it is.
        following.current = false;
      }
      lastTop.current = scrollTop;
      setAway(!following.current);
    };
    const observer = new ResizeObserver(() => {
      if (following.current) {
        element.scrollTop = element.scrollHeight;
        lastTop.current = element.scrollTop;
      }
    });
    observer.observe(growing);
    observer.observe(element);
    element.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', scrolled);
    };
  }, [scroller, content]);

  return { away, jump };
}
