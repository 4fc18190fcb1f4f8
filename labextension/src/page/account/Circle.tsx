/** Colours on which white can be read. */
export const COLORS: readonly string[] = [
  '#1d4ed8',
  '#0f766e',
  '#15803d',
  '#a16207',
  '#b91c1c',
  '#be185d',
  '#7e22ce'
];

interface Props {
  readonly name: string;
  readonly color: string | null;
}

/** A person as a circle with their initials; the name stands beside it. */
export function Circle({ name, color }: Props) {
  return (
    <span
      className="jc-Circle"
      aria-hidden
      style={color === null ? undefined : { background: color, color: '#fff' }}
    >
      {initials(name)}
    </span>
  );
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = [...words[0]][0] ?? '';
  const last = words.length > 1 ? [...words[words.length - 1]][0] : '';
  return (first + last).toLocaleUpperCase();
}
