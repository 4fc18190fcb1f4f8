// Nothing is looked for in a widget, so nothing that was found is marked there.

export function useFoundWords(): void {
  // see `chat/components/foundWords.ts`
}
