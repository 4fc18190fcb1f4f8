// What of a prompt is to be filled in: `{{words}}`.

const BLANK = /\{\{[^{}\n]{1,50}\}\}/g;

/** Each blank once, with its braces. */
export function blanksIn(text: string): readonly string[] {
  return [...new Set(text.match(BLANK) ?? [])].filter(blank => nameOf(blank) !== '');
}

/** What is to be filled in. */
export function nameOf(blank: string): string {
  return blank.slice(2, -2).trim();
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The next of these blanks after a place in the text (or the last one before it). */
export function nextBlank(
  text: string,
  blanks: readonly string[],
  from: number,
  backwards = false
): Span | null {
  const spans = blanks.flatMap(blank => spansOf(text, blank));
  spans.sort((one, other) => one.start - other.start);
  const next = backwards
    ? spans.filter(({ end }) => end <= from).at(-1)
    : spans.find(({ start }) => start >= from);
  return next ?? null;
}

/** A text of which one blank is being filled in: it, and what stands around it. */
export interface Filling {
  readonly blank: string;
  readonly before: string;
  readonly after: string;
}

/** The text with its other blanks of the same name filled in alike, if there are any. */
export function filledAlike(
  text: string,
  { blank, before, after }: Filling
): string | null {
  const isAround = text.startsWith(before) && text.endsWith(after);
  const end = text.length - after.length;
  const filled = text.slice(before.length, end);
  const isFilled = isAround && end >= before.length && filled.trim() !== '';
  if (!isFilled || filled.includes(blank) || !(before + after).includes(blank)) {
    return null;
  }
  return text.split(blank).join(filled);
}

function spansOf(text: string, blank: string): Span[] {
  const spans: Span[] = [];
  let start = text.indexOf(blank);
  while (start >= 0) {
    spans.push({ start, end: start + blank.length });
    start = text.indexOf(blank, start + blank.length);
  }
  return spans;
}
