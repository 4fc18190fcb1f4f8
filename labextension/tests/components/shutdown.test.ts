import { expect, it } from 'vitest';
import { english } from '../../src/chat/i18n';
import { remarkOn, shutdownOf } from '../../src/chat/components/shutdown';

const model = (shutdown_date?: string) => ({ id: 'm', name: 'M', shutdown_date });
const at = (day: string) => Date.parse(day);

it('knows of a shutdown sixty days before', () => {
  expect(shutdownOf(model('2026-12-11'), at('2026-10-11'))).toBeNull();
  expect(shutdownOf(model('2026-12-11'), at('2026-10-12'))).toEqual({
    day: 'Dec 11',
    isOver: false
  });
});

it('knows on the day itself that it is over, wherever one is', () => {
  const day = at('2026-12-11');
  expect(shutdownOf(model('2026-12-11'), day - 1)).toMatchObject({ isOver: false });
  expect(shutdownOf(model('2026-12-11'), day)).toEqual({ day: 'Dec 11', isOver: true });
});

it('names the year of what is long ago', () => {
  expect(shutdownOf(model('2026-12-11'), at('2027-06-01'))?.day).toBe('Dec 11, 2026');
});

it('says nothing of a model that stays, or of a day that is none', () => {
  expect(shutdownOf(model(), at('2026-12-11'))).toBeNull();
  expect(shutdownOf(model('soon'), at('2026-12-11'))).toBeNull();
  expect(remarkOn(model(), english)).toBe('');
});
