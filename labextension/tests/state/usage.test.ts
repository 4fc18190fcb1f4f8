import { describe, expect, it } from 'vitest';
import type { UsageReport } from '../../src/chat/protocol';
import { barsOf, beginning, loadUsage, spanQuery } from '../../src/chat/state/usage';
import { aSum } from '../sums';

const NOW = new Date(2026, 10, 26, 15, 30);

describe('a span', () => {
  it.each([
    ['week', new Date(2026, 10, 20)],
    ['days30', new Date(2026, 9, 28)],
    ['month', new Date(2026, 10, 1)],
    ['all', null]
  ] as const)('of %s begins at midnight here', (span, expected) => {
    expect(beginning(span, NOW)).toEqual(expected);
    const query = expected === null ? '' : `from=${String(expected.getTime())}`;
    expect(spanQuery(span, NOW)).toBe(query);
  });
});

describe('bars', () => {
  it('are there for days without any request, too', () => {
    const bars = barsOf(
      [aSum('2026-11-24'), aSum('2026-11-26')],
      new Date(2026, 10, 23),
      NOW
    );
    expect(bars.map(({ day, requests }) => [day, requests])).toEqual([
      [23, 0],
      [24, 1],
      [25, 0],
      [26, 1]
    ]);
  });

  it('begin with the first request where the span has no beginning', () => {
    const bars = barsOf([aSum('2026-11-25')], null, NOW);
    expect(bars.map(({ day }) => day)).toEqual([25, 26]);
  });

  it('are months where there are many days', () => {
    const days = [
      aSum('2025-12-31'),
      aSum('2026-11-01'),
      aSum('2026-11-02', { cost: 1 })
    ];
    const bars = barsOf(days, null, NOW);
    expect(bars).toHaveLength(12);
    expect(bars[0]).toMatchObject({ year: 2025, month: 11, day: null, requests: 1 });
    expect(bars[1]).toMatchObject({ year: 2026, month: 0, requests: 0 });
    expect(bars[11]).toMatchObject({ requests: 2, cost: 1.5, tokens: 3000 });
  });

  it('are none of nothing', () => {
    expect(barsOf([], new Date(2026, 10, 1), NOW)).toEqual([]);
  });
});

it('asks for each kind of sums of the same span', async () => {
  const asked: string[] = [];
  const get = <T>(path: string): Promise<T> => {
    asked.push(path);
    const by = /by=(\w+)/.exec(path)?.[1] ?? '';
    const key = by === 'day' ? '2026-11-26' : by;
    const report: UsageReport = { sums: [aSum(key)], total: aSum('') };
    return Promise.resolve(report as T);
  };
  const view = await loadUsage({ get }, 'week', NOW);
  const from = String(new Date(2026, 10, 20).getTime());
  const west = String(NOW.getTimezoneOffset());
  expect(asked).toEqual(
    ['day', 'model', 'thread'].map(
      by => `usage?by=${by}&minutes_west=${west}&from=${from}`
    )
  );
  expect(view.bars).toHaveLength(7);
  expect([view.models[0].key, view.threads[0].key]).toEqual(['model', 'thread']);
});
