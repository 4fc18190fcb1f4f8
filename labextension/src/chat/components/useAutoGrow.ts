import { type RefObject, useLayoutEffect } from 'react';

/** Makes a text area as high as its text; the style sheet says how high at most. */
export function useAutoGrow(
  area: RefObject<HTMLTextAreaElement | null>,
  text: string
): void {
  useLayoutEffect(() => {
    const element = area.current;
    if (element !== null) {
      element.style.height = 'auto';
      const border = element.offsetHeight - element.clientHeight;
      element.style.height = `${String(element.scrollHeight + border)}px`;
    }
  }, [area, text]);
}
