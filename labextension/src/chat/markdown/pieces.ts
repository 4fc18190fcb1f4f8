// Code in pieces that are coloured one by one: what stands before the last piece does
// not change any more, and no piece is so long that colouring it would be felt.

/** In characters. A piece ends between these, before a line at the margin if it can. */
const SHORTEST = 2048;
const LONGEST = 6144;

/** The pieces of a code that may still grow: all but the last one stay as they are. */
export class Pieces {
  #code = '';
  #ends: number[] = [];
  #pieces: readonly string[] = [];

  update(code: string): readonly string[] {
    if (code === this.#code && this.#pieces.length > 0) {
      return this.#pieces;
    }
    if (!code.startsWith(this.#code)) {
      this.#ends = [];
      this.#pieces = [];
    }
    const pieces = this.#pieces.slice(0, this.#ends.length);
    let start = this.#ends.at(-1) ?? 0;
    for (let end = endOf(code, start); end !== undefined; end = endOf(code, start)) {
      pieces.push(code.slice(start, end));
      this.#ends.push(end);
      start = end;
    }
    this.#code = code;
    this.#pieces = [...pieces, code.slice(start)];
    return this.#pieces;
  }
}

/** Where the piece ends; `undefined` as long as what comes next may decide that. */
function endOf(code: string, start: number): number | undefined {
  const margin = /\n\n(?=\S)/g;
  margin.lastIndex = start + SHORTEST;
  const found = margin.exec(code.slice(0, start + LONGEST));
  if (found !== null) {
    return found.index + 2;
  }
  if (code.length < start + LONGEST) {
    return undefined;
  }
  const before = code.lastIndexOf('\n', start + LONGEST - 1);
  if (before > start) {
    return before + 1;
  }
  const behind = code.indexOf('\n', start + LONGEST);
  return behind === -1 ? undefined : behind + 1;
}
