import type { UsageSum } from '../protocol';
import { asKnown, compact, cost, number } from './format';

const LEAST_COMPACT = 10_000;
const LEAST_DOLLARS = 0.1;
const CENT = 0.01;

const sumFormat = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol'
});

/** A number of tokens: `9,999`, `1.2M`. */
export function tokens(count: number): string {
  return count < LEAST_COMPACT ? number(count) : compact(count);
}

/** US dollars of many requests: `$12.30`; a few cents as of one of them. */
export function dollars(sum: number): string {
  return sum >= LEAST_DOLLARS || sum === 0 ? sumFormat.format(sum) : cost(sum);
}

/** US dollars where there is little room: `$0.32`, `< $0.01`. */
export function shortly(sum: number): string {
  return sum > 0 && sum < CENT ? `< ${sumFormat.format(CENT)}` : sumFormat.format(sum);
}

type Cost = Pick<UsageSum, 'cost' | 'requests' | 'unpriced' | 'estimated' | 'at_most'>;

/** What requests have cost, as well as it is known: `≈ $12.30`, `≤ $12.30`, `–` without any
 * price. */
export function costOf(sum: Cost, show = dollars): string {
  if (sum.requests > 0 && sum.unpriced === sum.requests) {
    return '–';
  }
  return asKnown(show(sum.cost), sum.estimated > 0, sum.at_most > 0);
}
