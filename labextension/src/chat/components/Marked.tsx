import type { ReactNode } from 'react';
import type { Snippet } from '../protocol';

/** A piece of a text; what was looked for stands out. */
export function Marked({ snippet: { text, marks } }: { readonly snippet: Snippet }) {
  const pieces: ReactNode[] = [];
  let last = 0;
  for (const { begin, end } of marks) {
    pieces.push(text.slice(last, begin));
    pieces.push(<mark key={begin}>{text.slice(begin, end)}</mark>);
    last = end;
  }
  return (
    <>
      {pieces}
      {text.slice(last)}
    </>
  );
}
