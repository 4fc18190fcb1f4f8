import { type RefObject, useEffect, useLayoutEffect } from 'react';

/**
 * Makes a text area as high as its text, which other widths break into other lines; the
 * style sheet says how high at most.
 */
export function useAutoGrow(
  area: RefObject<HTMLTextAreaElement | null>,
  text: string
): void {
  useLayoutEffect(() => {
    if (area.current !== null) {
      fit(area.current);
    }
  }, [area, text]);

  useEffect(() => {
    const element = area.current;
    if (element === null) {
      return undefined;
    }
    let width = 0;
    let frame = 0;
    const observer = new ResizeObserver(() => {
      if (element.offsetWidth !== width) {
        width = element.offsetWidth;
        cancelAnimationFrame(frame);
        // Not at once: to change the size that one is told of counts as an error.
        frame = requestAnimationFrame(() => {
          fit(element);
        });
      }
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
    };
  }, [area]);
}

function fit(element: HTMLTextAreaElement): void {
  const box = element.parentElement;
  if (box === null) {
    return;
  }
  // What is around it must not get its room for a moment: a conversation that
  // becomes higher is scrolled by the browser, and does not come back.
  box.style.minHeight = `${String(box.offsetHeight)}px`;
  element.style.height = 'auto';
  // In a sidebar that is not shown yet nothing has a height.
  if (element.scrollHeight > 0) {
    const border = element.offsetHeight - element.clientHeight;
    element.style.height = `${String(element.scrollHeight + border)}px`;
  }
  box.style.minHeight = '';
}
