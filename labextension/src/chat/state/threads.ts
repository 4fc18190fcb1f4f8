import type { Problem, Thread, ThreadPage } from '../protocol';

/** The threads known so far, newest activity first. */
export interface ThreadList {
  readonly threads: readonly Thread[];
  /** The cursor of the next page; `null`: these are all. */
  readonly next: string | null;
  readonly phase: 'unknown' | 'loading' | 'ready' | 'failed';
  readonly problem: Problem | null;
}

export const noThreads: ThreadList = {
  threads: [],
  next: null,
  phase: 'unknown',
  problem: null
};

/**
 * The first page, in place of what was known; the thread being shown stays, though it
 * may be older than those.
 */
export function withFirstPage(
  list: ThreadList,
  page: ThreadPage,
  openId: string
): ThreadList {
  const open = page.next === null ? undefined : findThread(list, openId);
  return withPage({ ...list, threads: open ? [open] : [] }, page);
}

/** One more page. */
export function withPage(list: ThreadList, page: ThreadPage): ThreadList {
  const added = new Set(page.threads.map(thread => thread.id));
  const known = list.threads.filter(thread => !added.has(thread.id));
  return {
    threads: [...known, ...page.threads].sort(newestFirst),
    next: page.next,
    phase: 'ready',
    problem: null
  };
}

/** A thread is new or has changed; one that is in the trash goes. */
export function withThread(list: ThreadList, thread: Thread): ThreadList {
  const others = list.threads.filter(({ id }) => id !== thread.id);
  const gone = thread.deleted_at != null;
  const threads = gone ? others : [...others, thread].sort(newestFirst);
  return { ...list, threads };
}

export function withoutThread(list: ThreadList, threadId: string): ThreadList {
  return { ...list, threads: list.threads.filter(({ id }) => id !== threadId) };
}

export function findThread(list: ThreadList, threadId: string): Thread | undefined {
  return list.threads.find(({ id }) => id === threadId);
}

/** When a thread was last active, as a heading of the list. */
export type Period =
  | { readonly kind: 'today' | 'yesterday' | 'week' }
  | { readonly kind: 'month'; readonly year: number; readonly month: number };

export interface Group {
  readonly period: Period;
  readonly threads: readonly Thread[];
}

/** Threads under the headings of the list, as of `now` in local time. */
export function grouped(threads: readonly Thread[], now: Date): Group[] {
  const groups: { period: Period; threads: Thread[] }[] = [];
  for (const thread of threads) {
    const period = periodOf(new Date(thread.updated_at), now);
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

function newestFirst(one: Thread, other: Thread): number {
  return other.updated_at - one.updated_at || (other.id < one.id ? -1 : 1);
}
