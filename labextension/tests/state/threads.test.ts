import { expect, it } from 'vitest';
import type { Filter } from '../../src/chat/client/rest';
import type { Thread } from '../../src/chat/protocol';
import {
  EVERYTHING,
  grouped,
  listed,
  noThreads,
  withFirstPage,
  withPage,
  withThread
} from '../../src/chat/state/threads';
import { aThread } from '../server';

const NOON = new Date(2026, 10, 23, 12);
const HOUR = 3_600_000;

function at(hoursAgo: number): Thread {
  return aThread({ updated_at: NOON.getTime() - hoursAgo * HOUR });
}

const newest = at(1);
const older = at(30);
const oldest = at(24 * 40);

it('is ordered by activity, whatever the order of arrival', () => {
  let list = withPage(noThreads, { threads: [older, oldest], next: 'c' });
  list = withThread(list, newest);
  expect(list.threads).toEqual([newest, older, oldest]);
  const active = { ...oldest, updated_at: NOON.getTime() };
  expect(withThread(list, active).threads).toEqual([active, newest, older]);
});

it('holds every thread once though pages overlap', () => {
  const first = withPage(noThreads, { threads: [newest, older], next: 'c' });
  const both = withPage(first, { threads: [older, oldest], next: null });
  expect(both.threads).toEqual([newest, older, oldest]);
  expect(both.next).toBeNull();
});

it('begins anew with a first page, but for the thread being shown', () => {
  const all = withPage(noThreads, { threads: [newest, older, oldest], next: null });
  const page = { threads: [newest], next: 'c' };
  expect(withFirstPage(all, page, oldest.id).threads).toEqual([newest, oldest]);
  expect(withFirstPage(all, page, newest.id).threads).toEqual([newest]);
  const only = { threads: [newest], next: null }; // so the other one is gone
  expect(withFirstPage(all, only, oldest.id).threads).toEqual([newest]);
});

it('shows what its filter lets through', () => {
  const filed = { ...older, folder: 'Work', tags: ['a'] };
  const all = withPage(noThreads, { threads: [newest, filed], next: null });
  const shown = (filter: Partial<Filter>, changed = newest) =>
    listed({ ...withThread(all, changed), filter: { ...EVERYTHING, ...filter } });
  expect(shown({})).toEqual([newest, filed]);
  expect(shown({ folder: 'Work' })).toEqual([filed]);
  expect(shown({ tag: 'a' })).toEqual([filed]);
  expect(shown({ tag: 'b' })).toEqual([]);
  const deleted = { ...newest, deleted_at: 1 };
  expect(shown({}, deleted)).toEqual([filed]);
  expect(shown({ view: 'trash' }, deleted)).toEqual([deleted]);
  const archived = { ...newest, archived: true };
  expect(shown({}, archived)).toEqual([filed]);
  expect(shown({ view: 'archived' }, archived)).toEqual([archived]);
  const temporary = { ...newest, temporary: true };
  expect(shown({}, temporary)).toEqual([filed]);
});

it('has what is pinned on top, under a heading of its own', () => {
  const pinned = { ...oldest, pinned: true };
  const list = withPage(noThreads, { threads: [newest, pinned, older], next: null });
  expect(listed(list)).toEqual([pinned, newest, older]);
  expect(grouped(listed(list), NOON).map(({ period }) => period.kind)).toEqual([
    'pinned',
    'today',
    'yesterday'
  ]);
});

it('stands under headings by the calendar, not by the hour', () => {
  const threads = [
    at(1),
    at(11.9),
    at(12.1),
    at(35.9),
    at(36.1),
    at(24 * 7),
    at(24 * 40)
  ];
  const groups = grouped(threads, NOON).map(group => [
    group.period.kind,
    group.threads.length
  ]);
  expect(groups).toEqual([
    ['today', 2],
    ['yesterday', 2],
    ['week', 2],
    ['month', 1]
  ]);
});

it('has a heading for each month', () => {
  const days = [24 * 30, 24 * 31, 24 * 60, 24 * 400].map(at);
  const periods = grouped(days, NOON).map(group => group.period);
  expect(periods).toEqual([
    { kind: 'month', year: 2026, month: 9 },
    { kind: 'month', year: 2026, month: 8 },
    { kind: 'month', year: 2025, month: 9 }
  ]);
});
