import type { Filter } from '../client/rest';
import type { Problem, Thread, ThreadPage } from '../protocol';

/** The threads known so far, in the order of the list. */
export interface ThreadList {
  /** Those of the list, the one being shown, and what changed since. */
  readonly threads: readonly Thread[];
  readonly filter: Filter;
  /** The cursor of the next page; `null`: these are all. */
  readonly next: string | null;
  readonly phase: 'unknown' | 'loading' | 'ready' | 'failed';
  readonly problem: Problem | null;
}

export const EVERYTHING: Filter = { view: 'active', folder: null, tag: null };

export const noThreads: ThreadList = {
  threads: [],
  filter: EVERYTHING,
  next: null,
  phase: 'unknown',
  problem: null
};

/**
 * The first page, in place of what was known; the thread being shown stays, though it
 * may be older than those, or in another list.
 */
export function withFirstPage(
  list: ThreadList,
  page: ThreadPage,
  openId: string
): ThreadList {
  const open = findThread(list, openId);
  const all = page.next === null;
  const stays = open !== undefined && !(all && isListed(open, list.filter));
  return withPage({ ...list, threads: stays ? [open] : [] }, page);
}

/** One more page. */
export function withPage(list: ThreadList, page: ThreadPage): ThreadList {
  const added = new Set(page.threads.map(thread => thread.id));
  const known = list.threads.filter(thread => !added.has(thread.id));
  return {
    filter: list.filter,
    threads: [...known, ...page.threads].sort(inOrder),
    next: page.next,
    phase: 'ready',
    problem: null
  };
}

/** A thread is new or has changed. */
export function withThread(list: ThreadList, thread: Thread): ThreadList {
  const others = list.threads.filter(({ id }) => id !== thread.id);
  return { ...list, threads: [...others, thread].sort(inOrder) };
}

export function withoutThread(list: ThreadList, threadId: string): ThreadList {
  return { ...list, threads: list.threads.filter(({ id }) => id !== threadId) };
}

export function findThread(list: ThreadList, threadId: string): Thread | undefined {
  return list.threads.find(({ id }) => id === threadId);
}

const shown = new WeakMap<ThreadList, readonly Thread[]>();

/** The threads that the list shows: those that its filter lets through. */
export function listed(list: ThreadList): readonly Thread[] {
  let found = shown.get(list);
  if (found === undefined) {
    found = list.threads.filter(thread => isListed(thread, list.filter));
    shown.set(list, found);
  }
  return found;
}

/** Whether a thread belongs into a list. */
export function isListed(thread: Thread, { view, folder, tag }: Filter): boolean {
  if (thread.temporary === true) {
    return false;
  }
  if (thread.deleted_at != null) {
    return view === 'trash';
  }
  return (
    view === (thread.archived === true ? 'archived' : 'active') &&
    (folder === null || thread.folder === folder) &&
    (tag === null || (thread.tags ?? []).includes(tag))
  );
}

/** When a thread was last active, as a heading of the list. */
export type Period =
  | { readonly kind: 'pinned' | 'today' | 'yesterday' | 'week' }
  | { readonly kind: 'month'; readonly year: number; readonly month: number };

export interface Group {
  readonly period: Period;
  readonly threads: readonly Thread[];
}

/** Threads under the headings of the list, as of `now` in local time. */
export function grouped(threads: readonly Thread[], now: Date): Group[] {
  const groups: { period: Period; threads: Thread[] }[] = [];
  for (const thread of threads) {
    const period: Period = isOnTop(thread)
      ? { kind: 'pinned' }
      : periodOf(new Date(placedAt(thread)), now);
    const last = groups.at(-1);
    if (last !== undefined && samePeriod(last.period, period)) {
      last.threads.push(thread);
    } else {
      groups.push({ period, threads: [thread] });
    }
  }
  return groups;
}

function periodOf(time: Date, now: Date): Period {
  const startOfDay = (daysAgo: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo);
  if (time >= startOfDay(0)) {
    return { kind: 'today' };
  }
  if (time >= startOfDay(1)) {
    return { kind: 'yesterday' };
  }
  if (time >= startOfDay(7)) {
    return { kind: 'week' };
  }
  return { kind: 'month', year: time.getFullYear(), month: time.getMonth() };
}

function samePeriod(one: Period, other: Period): boolean {
  if (one.kind === 'month' && other.kind === 'month') {
    return one.year === other.year && one.month === other.month;
  }
  return one.kind === other.kind;
}

/** The time by which a thread is listed: its last activity, or when it was deleted. */
export function placedAt(thread: Thread): number {
  return thread.deleted_at ?? thread.updated_at;
}

function isOnTop(thread: Thread): boolean {
  return thread.pinned === true && thread.deleted_at == null;
}

function inOrder(one: Thread, other: Thread): number {
  return (
    Number(isOnTop(other)) - Number(isOnTop(one)) ||
    placedAt(other) - placedAt(one) ||
    (other.id < one.id ? -1 : 1)
  );
}
