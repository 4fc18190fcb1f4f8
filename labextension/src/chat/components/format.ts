import type { Usage } from '../protocol';

const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const fullFormat = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'full',
  timeStyle: 'short'
});
const dayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayTimeFormat = new Intl.DateTimeFormat(undefined, {
  ...{ day: 'numeric', month: 'short' },
  ...{ hour: 'numeric', minute: '2-digit' }
});
const yearTimeFormat = new Intl.DateTimeFormat(undefined, {
  ...{ day: 'numeric', month: 'short', year: 'numeric' },
  ...{ hour: 'numeric', minute: '2-digit' }
});
const monthFormat = new Intl.DateTimeFormat(undefined, {
  month: 'long',
  year: 'numeric'
});
const numberFormat = new Intl.NumberFormat();
const percentFormat = new Intl.NumberFormat(undefined, { style: 'percent' });
const compactFormat = new Intl.NumberFormat(undefined, { notation: 'compact' });
const secondsFormat = new Intl.NumberFormat(undefined, {
  style: 'unit',
  unit: 'second',
  unitDisplay: 'narrow',
  maximumFractionDigits: 1
});
const priceFormat = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
  minimumFractionDigits: 2,
  maximumFractionDigits: 3
});
const costFormat = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
  maximumSignificantDigits: 2
});
const exactCostFormat = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
  maximumSignificantDigits: 6
});
const LEAST_COST = 0.0001;

/** `14:05` today, `23 Nov, 14:05` before, `23 Nov 2023, 14:05` in another year. */
export function timeAndDay(milliseconds: number, now: Date): string {
  const then = new Date(milliseconds);
  if (then.toDateString() === now.toDateString()) {
    return timeFormat.format(then);
  }
  const sameYear = then.getFullYear() === now.getFullYear();
  return (sameYear ? dayTimeFormat : yearTimeFormat).format(then);
}

/** `Monday, 23 November 2026 at 14:05`. */
export function fullTime(milliseconds: number): string {
  return fullFormat.format(milliseconds);
}

/** `14:05` today, `23 Nov` before. */
export function timeOrDay(milliseconds: number, now: Date): string {
  const sameDay = new Date(milliseconds).toDateString() === now.toDateString();
  return sameDay ? timeFormat.format(milliseconds) : dayFormat.format(milliseconds);
}

/** `November 2026`. */
export function month(year: number, monthIndex: number): string {
  return monthFormat.format(new Date(year, monthIndex));
}

export function number(value: number): string {
  return numberFormat.format(value);
}

/** A part of one, in percent: `42%`. */
export function percent(part: number): string {
  return percentFormat.format(part);
}

/** `1.2M`. */
export function compact(value: number): string {
  return compactFormat.format(value);
}

/** `3.4s`. */
export function seconds(milliseconds: number): string {
  return secondsFormat.format(milliseconds / 1000);
}

/** US dollars as a price: `$0.60`. */
export function price(dollars: number): string {
  return priceFormat.format(dollars);
}

/** US dollars, two significant digits: `$0.0021`; nobody counts zeros: `< $0.0001`. */
export function cost(dollars: number): string {
  return dollars > 0 && dollars < LEAST_COST
    ? `< ${costFormat.format(LEAST_COST)}`
    : costFormat.format(dollars);
}

/** How well an amount is known: `≈ $0.0021` where it was estimated, `≤ $0.0021` where it may
 * have been less; what is a bound already stays as it is. */
export function asKnown(amount: string, isEstimated: boolean, isMost = false): string {
  const mark = isEstimated ? '≈ ' : isMost ? '≤ ' : '';
  return amount.startsWith('<') ? amount : mark + amount;
}

/** US dollars as exactly as they are known: `$0.0000075`. */
export function exactCost(dollars: number): string {
  return exactCostFormat.format(dollars);
}

/** All tokens that an answer took. */
export function totalTokens({ input_tokens = 0, output_tokens = 0 }: Usage): number {
  return input_tokens + output_tokens;
}
