import type { ReactNode } from 'react';
import type { Snippet } from '../protocol';

/** What was looked for, as it is written there; each word once. */
export function markedIn({ text, marks }: Snippet): string[] {
  return [...new Set(marks.map(({ begin, end }) => text.slice(begin, end)))];
}

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
