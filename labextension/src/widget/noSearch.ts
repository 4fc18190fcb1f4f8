// Nothing is looked for in a widget: this stands for what looks for it and marks it, in
// `chat/state/searching.ts` and `chat/components/foundWords.ts`.

export class Searching {
  take(): void {
    // no results that could change
  }
}

export function useFoundWords(): void {
  // nothing to mark
}
