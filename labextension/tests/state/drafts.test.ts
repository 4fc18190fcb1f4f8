import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Drafts } from '../../src/chat/state/drafts';
import { Memory } from '../../src/chat/state/memory';

const NEW = { threadId: 'fresh', isNew: true, problem: null };
const KNOWN = { threadId: 'known', isNew: false, problem: null };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function drafts(base = '/'): Drafts {
  return new Drafts(new Memory(base));
}

it('are apart for each conversation', () => {
  const mine = drafts();
  mine.put(NEW, 'new');
  mine.put(KNOWN, 'known');
  expect([mine.read(NEW), mine.read(KNOWN)]).toEqual(['new', 'known']);
});

it('survive a reload, also one in the middle of a word', () => {
  drafts().put(KNOWN, 'half a qu');
  window.dispatchEvent(new Event('pagehide'));
  expect(drafts().read(KNOWN)).toBe('half a qu');
  expect(drafts('/user/grace/').read(KNOWN)).toBe('');
});

it('are written after a pause and removed when they are empty', () => {
  const mine = drafts();
  mine.put(KNOWN, 'text');
  expect(localStorage).toHaveLength(0);
  vi.advanceTimersByTime(1000);
  expect(localStorage).toHaveLength(1);
  mine.put(KNOWN, '');
  vi.advanceTimersByTime(1000);
  expect(localStorage).toHaveLength(0);
});

it('of a new conversation go with it when it gets its thread', () => {
  const mine = drafts();
  mine.put(NEW, 'and then?');
  mine.move(NEW, { ...NEW, isNew: false });
  expect(mine.read({ ...NEW, isNew: false })).toBe('and then?');
  expect(mine.read({ threadId: 'next', isNew: true, problem: null })).toBe('');
});

it('lose nothing where something was typed under the new name already', () => {
  const mine = drafts();
  mine.put(NEW, 'and then?');
  mine.put({ ...NEW, isNew: false }, 'And why?');
  mine.move(NEW, { ...NEW, isNew: false });
  expect(mine.read({ ...NEW, isNew: false })).toBe('and then?\n\nAnd why?');
  mine.move(NEW, { ...NEW, isNew: false });
  mine.move({ ...NEW, isNew: false }, { ...NEW, isNew: false });
  expect(mine.read({ ...NEW, isNew: false })).toBe('and then?\n\nAnd why?');
});

it('that were asked come back with a reload until they are kept elsewhere', async () => {
  const mine = drafts();
  let keep: () => void = () => undefined;
  const kept = new Promise<void>(resolve => {
    keep = resolve;
  });
  mine.put(NEW, '');
  mine.asked(NEW, 'asked', kept);
  mine.put(NEW, 'typed');
  expect(mine.read(NEW)).toBe('typed');
  vi.advanceTimersByTime(1000);
  expect(drafts().read(NEW)).toBe('asked\n\ntyped');
  keep();
  await kept;
  vi.advanceTimersByTime(1000);
  expect(drafts().read(NEW)).toBe('typed');
});

it('are kept in the page where the browser stores nothing', () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('QuotaExceededError');
  });
  const mine = drafts();
  mine.put(KNOWN, 'text');
  vi.advanceTimersByTime(1000);
  expect(mine.read(KNOWN)).toBe('text');
});
