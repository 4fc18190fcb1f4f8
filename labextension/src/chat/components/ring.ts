import type { Context } from '../protocol';
import { roomOf } from './contextWords';

/** In percent: so much is seen of the smallest part, too. */
const LEAST = 2;

/** How full the room is that the answer leaves: a circle in the colours of what takes it. */
export function ringOf(context: Context): string {
  const taken = context.shares.filter(({ part }) => part !== 'answer');
  const sum = taken.reduce((sum, { tokens }) => sum + tokens, 0);
  const whole = Math.max(roomOf(context), sum, 1);
  let end = 0;
  const stops = taken.map(({ part, tokens }) => {
    const begin = end;
    end = Math.min(begin + Math.max((100 * tokens) / whole, LEAST), 100);
    return `var(--jc-part-${part}) ${percent(begin)} ${percent(end)}`;
  });
  return `conic-gradient(${[...stops, `var(--jc-part-free) ${percent(end)} 100%`].join(', ')})`;
}

function percent(value: number): string {
  return `${value.toFixed(1)}%`;
}
