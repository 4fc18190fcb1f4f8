import { type RefObject, useLayoutEffect } from 'react';

/** Makes a text area as high as its text; the style sheet says how high at most. */
export function useAutoGrow(
  area: RefObject<HTMLTextAreaElement | null>,
  text: string
): void {
  useLayoutEffect(() => {
    const element = area.current;
    const box = element?.parentElement;
    if (element !== null && box != null) {
      // What is around it must not get its room for a moment: a conversation that
      // becomes higher is scrolled by the browser, and does not come back.
      box.style.minHeight = `${String(box.offsetHeight)}px`;
      element.style.height = 'auto';
      const border = element.offsetHeight - element.clientHeight;
      element.style.height = `${String(element.scrollHeight + border)}px`;
      box.style.minHeight = '';
    }
  }, [area, text]);
}
