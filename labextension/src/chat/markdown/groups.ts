/**
 * A sequence in groups of a fixed size.  Appending makes a new sequence that shares all
 * full groups with the old one, so that whoever shows both looks at the last one only.
 */
export type Groups<T> = readonly (readonly T[])[];

const SIZE = 32;

export function append<T>(groups: Groups<T>, items: readonly T[]): Groups<T> {
  if (items.length === 0) {
    return groups;
  }
  const all = [...groups];
  const last = all.at(-1) ?? [];
  let taken = 0;
  if (last.length > 0 && last.length < SIZE) {
    taken = SIZE - last.length;
    all[all.length - 1] = [...last, ...items.slice(0, taken)];
  }
  for (; taken < items.length; taken += SIZE) {
    all.push(items.slice(taken, taken + SIZE));
  }
  return all;
}
