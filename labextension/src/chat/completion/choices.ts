/** Something that can be chosen while one types. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  /** What else is shown of it, in small. */
  readonly note?: string;
  /** Why it cannot be chosen now. */
  readonly off?: string;
  readonly run: () => void;
}

/** Choices of one kind, under their heading. */
export interface Group {
  readonly label: string;
  readonly choices: readonly Choice[];
}

/** How a name is typed after a slash. */
export function commandOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
}

/**
 * Whether what is typed stands for something of these names: it begins one of them, or a
 * word in one.  The smaller the number, the better; `null`: it does not.
 */
export function fit(query: string, ...names: readonly string[]): number | null {
  const wanted = query.toLowerCase();
  const found = names.map(name => {
    const lower = name.toLowerCase();
    if (lower.startsWith(wanted)) {
      return 0;
    }
    const begins = lower.split(/[^\p{L}\p{N}]+/u).some(word => word.startsWith(wanted));
    return begins || commandOf(name).startsWith(wanted) ? 1 : null;
  });
  const fits = found.filter(rank => rank !== null);
  return fits.length === 0 ? null : Math.min(...fits);
}

/** Those that fit, the best first, and otherwise in their order. */
export function fitting<T>(
  query: string,
  all: readonly T[],
  names: (one: T) => readonly string[]
): T[] {
  return all
    .map(one => ({ one, rank: fit(query, ...names(one)) }))
    .filter((each): each is { one: T; rank: number } => each.rank !== null)
    .sort((first, second) => first.rank - second.rank)
    .map(({ one }) => one);
}
