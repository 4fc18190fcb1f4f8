import type { Rest } from '../client/rest';
import type { UsageReport, UsageSum } from '../protocol';

export type Span = 'week' | 'days30' | 'month' | 'all';

/** What was asked and what it cost, in a span of time. */
export interface UsageView {
  readonly total: UsageSum;
  readonly bars: readonly Bar[];
  /** The dearest first. */
  readonly models: readonly UsageSum[];
  readonly threads: readonly UsageSum[];
}

/** One day, or one month where there are many days. */
export interface Bar {
  readonly year: number;
  /** From 0, as `Date` counts. */
  readonly month: number;
  /** `null`: it is the whole month. */
  readonly day: number | null;
  readonly cost: number;
  readonly tokens: number;
  readonly requests: number;
  /** How many of them have no price, were estimated, may have cost less. */
  readonly unpriced: number;
  readonly estimated: number;
  readonly at_most: number;
}

/** With more days than this, each month is a bar. */
const MOST_DAYS = 62;

/** When a span begins, here; `null`: with the first request. */
export function beginning(span: Span, now: Date): Date | null {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  switch (span) {
    case 'week':
      return new Date(year, month, day - 6);
    case 'days30':
      return new Date(year, month, day - 29);
    case 'month':
      return new Date(year, month, 1);
    case 'all':
      return null;
  }
}

/** The part of an address that says which span. */
export function spanQuery(span: Span, now: Date): string {
  const since = beginning(span, now);
  return since === null ? '' : `from=${String(since.getTime())}`;
}

export async function loadUsage(
  rest: Pick<Rest, 'get'>,
  span: Span,
  now: Date
): Promise<UsageView> {
  const west = `minutes_west=${String(now.getTimezoneOffset())}`;
  const load = (by: string) =>
    rest.get<UsageReport>(`usage?by=${by}&${west}&${spanQuery(span, now)}`);
  const [days, models, threads] = await Promise.all(['day', 'model', 'thread'].map(load));
  return {
    total: days.total,
    bars: barsOf(days.sums, beginning(span, now), now),
    models: models.sums,
    threads: threads.sums
  };
}

/** A bar for each day from `since` (or the first that has any) to today, in months if those
 * are too many. */
export function barsOf(
  days: readonly UsageSum[],
  since: Date | null,
  now: Date
): readonly Bar[] {
  if (days.length === 0) {
    return [];
  }
  const first = since ?? dateOf(days[0].key);
  const inDays = (now.getTime() - first.getTime()) / 86_400_000 <= MOST_DAYS;
  const bars = new Map<string, Bar>();
  const step = inDays ? 1 : 0;
  for (
    let date = new Date(
      first.getFullYear(),
      first.getMonth(),
      inDays ? first.getDate() : 1
    );
    date <= now;
    date = new Date(date.getFullYear(), date.getMonth() + 1 - step, date.getDate() + step)
  ) {
    bars.set(keyOf(date, inDays), emptyBar(date, inDays));
  }
  for (const sum of days) {
    const date = dateOf(sum.key);
    const key = keyOf(date, inDays);
    const bar = bars.get(key) ?? emptyBar(date, inDays);
    bars.set(key, {
      ...bar,
      cost: bar.cost + sum.cost,
      tokens: bar.tokens + tokensOf(sum),
      requests: bar.requests + sum.requests,
      unpriced: bar.unpriced + sum.unpriced,
      estimated: bar.estimated + sum.estimated,
      at_most: bar.at_most + sum.at_most
    });
  }
  return [...bars.values()];
}

/** All tokens that were read and written. */
export function tokensOf({ input_tokens, output_tokens }: UsageSum): number {
  return input_tokens + output_tokens;
}

function dateOf(key: string): Date {
  const [year, month, day] = key.split('-').map(Number);
  return new Date(year, month - 1, day);
}

function keyOf(date: Date, inDays: boolean): string {
  const day = inDays ? `-${String(date.getDate())}` : '';
  return `${String(date.getFullYear())}-${String(date.getMonth())}${day}`;
}

function emptyBar(date: Date, inDays: boolean): Bar {
  return {
    year: date.getFullYear(),
    month: date.getMonth(),
    day: inDays ? date.getDate() : null,
    ...{ cost: 0, tokens: 0, requests: 0, unpriced: 0, estimated: 0, at_most: 0 }
  };
}
