import { type RefObject, useLayoutEffect } from 'react';

const MARGIN = 8;

/** A popover grows upwards from where it stands, and scrolls where the chat ends. */
export function useRoom(element: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const popover = element.current;
    const root = popover?.closest('.jc-Chat');
    if (popover == null || root == null) {
      return undefined;
    }
    const fit = () => {
      const { bottom } = popover.getBoundingClientRect();
      const room = bottom - root.getBoundingClientRect().top - MARGIN;
      popover.style.setProperty('--jc-room', `${String(Math.max(0, room))}px`);
    };
    const observer = new ResizeObserver(fit);
    observer.observe(root);
    if (popover.offsetParent !== null) {
      observer.observe(popover.offsetParent); // it stands on that, which grows
    }
    fit();
    return () => {
      observer.disconnect();
    };
  }, [element]);
}
