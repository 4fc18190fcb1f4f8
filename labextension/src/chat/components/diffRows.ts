import type { ChangeObject } from 'diff';

/** A line of a difference, or unchanged ones that are not shown. */
export type DiffRow =
  | { readonly kind: 'same' | 'added' | 'removed'; readonly text: string }
  | { readonly kind: 'skipped'; readonly lines: number };

/** How many unchanged lines are shown before and after a change. */
const AROUND = 3;

/** What changed from one text to another, line by line, without what is far from a change. */
export function diffRows(changes: readonly ChangeObject<string>[]): readonly DiffRow[] {
  const rows: DiffRow[] = [];
  changes.forEach(({ value, added, removed }, index) => {
    const lines = linesOf(value);
    if (added || removed) {
      const kind = added ? 'added' : 'removed';
      rows.push(...lines.map(text => ({ kind, text }) as const));
      return;
    }
    const before = index === 0 ? 0 : AROUND;
    const after = index === changes.length - 1 ? 0 : AROUND;
    const skipped = lines.length - before - after;
    const same = (shown: readonly string[]) =>
      shown.map(text => ({ kind: 'same', text }) as const);
    if (skipped <= 1) {
      rows.push(...same(lines)); // a line takes no more room than its place holder
    } else {
      rows.push(
        ...same(lines.slice(0, before)),
        { kind: 'skipped', lines: skipped },
        ...same(lines.slice(lines.length - after))
      );
    }
  });
  return rows;
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
