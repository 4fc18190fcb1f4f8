/** A text by its lines, counted from 0. */
export class Lines {
  readonly #starts = [0];

  constructor(readonly text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      this.#starts.push(at + 1);
    }
  }

  /** Where the line begins; the end of the text for lines behind it. */
  start(line: number): number {
    return this.#starts[line] ?? this.text.length;
  }

  between(first: number, end: number): string {
    return this.text.slice(this.start(first), this.start(end));
  }

  /** Whether the line has its line break, so that it cannot change any more. */
  isComplete(line: number): boolean {
    return line + 1 < this.#starts.length;
  }

  isBlank(line: number): boolean {
    return this.between(line, line + 1).trim() === '';
  }
}
