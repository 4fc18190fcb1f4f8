import { problemOf } from '../client/problem';
import type { Filter, Rest } from '../client/rest';
import type { Thread, ThreadPatch, ThreadSettings } from '../protocol';
import type { Following } from './following';
import { begins } from './pending';
import type { Memory } from './memory';
import type { Outbox } from './outbox';
import type { ChatState } from './state';
import type { Store } from './store';
import {
  type ThreadList,
  findThread,
  withFirstPage,
  withPage,
  withThread,
  withoutThread
} from './threads';

const UNREAD = 'unread';
const SETTLED_AFTER = 300;

/** The list of threads, and changing one of them. */
export class Listing {
  #foldersTimer: ReturnType<typeof setTimeout> | undefined;
  /** What was changed of a thread that the server may have made, but had not told of. */
  #late: { readonly threadId: string; readonly patch: ThreadPatch } | null = null;

  constructor(
    private readonly store: Store<ChatState>,
    private readonly rest: Rest,
    private readonly following: Following,
    private readonly outbox: Outbox,
    private readonly memory: Memory
  ) {
    const unread = new Set((memory.read(UNREAD) ?? '').split(' ').filter(Boolean));
    store.update(state => ({ ...state, unread }));
    store.subscribe(() => {
      this.#markRead(store.state.open.threadId);
    });
  }

  /** Fetch the newest threads again, and what there is of folders and tags. */
  reload(): Promise<void> {
    void this.loadFolders();
    return this.#load(null);
  }

  /** Fetch the next page.  After a failure only somebody's *Try again* fetches. */
  async loadMore(): Promise<void> {
    const { next, phase } = this.store.state.threads;
    if (next !== null && phase === 'ready') {
      await this.#load(next);
    }
  }

  /** Show another list. */
  show(filter: Filter): Promise<void> {
    this.store.update(state => ({
      ...state,
      selection: null,
      threads: {
        ...state.threads,
        filter,
        next: null,
        threads: state.threads.threads.filter(({ id }) => id === state.open.threadId)
      }
    }));
    return this.#load(null);
  }

  async loadFolders(): Promise<void> {
    try {
      const folders = await this.rest.folders();
      this.store.update(state => ({ ...state, folders }));
    } catch {
      // What is known stays; whatever is wrong, the list says so.
    }
  }

  /** A thread is new or has changed; an answer that the news have overtaken says nothing. */
  take(thread: Thread): void {
    const before = findThread(this.store.state.threads, thread.id);
    if ((thread.revision ?? 0) < (before?.revision ?? 0)) {
      return;
    }
    if (before?.running === true && thread.running !== true) {
      this.#markUnread(thread.id);
    }
    if (before === undefined || isFiledElsewhere(before, thread)) {
      clearTimeout(this.#foldersTimer);
      this.#foldersTimer = setTimeout(() => void this.loadFolders(), SETTLED_AFTER);
    }
    this.#list(list => withThread(list, thread));
    if (thread.id === this.store.state.open.threadId) {
      this.#forgetNew();
    }
    this.#catchUp(thread);
  }

  /** A thread was deleted for good: what was done to it cannot be taken back any more. */
  drop(threadId: string): void {
    this.#list(list => withoutThread(list, threadId));
    this.store.update(state => ({
      ...state,
      undos: state.undos.filter(({ threadIds }) => !threadIds.includes(threadId))
    }));
    if (this.store.state.open.threadId === threadId) {
      this.following.leaveGone();
    }
  }

  /** Change a thread; shown at once, taken back if it is refused. */
  async change(thread: Thread, patch: ThreadPatch): Promise<void> {
    this.take({ ...thread, ...patch } as Thread);
    try {
      this.take(await this.rest.changeThread(thread.id, patch));
    } catch (error) {
      this.take(thread);
      this.store.update(state => ({ ...state, refusal: problemOf(error) }));
    }
  }

  /** Give a thread another title. */
  rename(thread: Thread, title: string): Promise<void> {
    return this.change(thread, { title });
  }

  /** Keep a thread that was temporary. */
  keep(thread: Thread): Promise<void> {
    return this.change(thread, { temporary: false });
  }

  /** Whether the thread of the new conversation is to be temporary. */
  setTemporary(newTemporary: boolean): void {
    this.store.update(state => ({ ...state, newTemporary }));
    void this.#changeNew({ temporary: newTemporary });
  }

  /** Change how replies of the open conversation are made. */
  async changeSettings(settings: ThreadSettings): Promise<void> {
    const { open, threads } = this.store.state;
    const thread = findThread(threads, open.threadId);
    if (thread === undefined) {
      this.store.update(state => ({ ...state, newSettings: settings }));
      await this.#changeNew({ settings });
      return;
    }
    await this.change(thread, { settings });
  }

  /** Change the thread that a question is to begin: in the outbox, or when it is known. */
  async #changeNew(changes: Pick<ThreadPatch, 'settings' | 'temporary'>): Promise<void> {
    const { open, pending } = this.store.state;
    const { threadId } = open;
    if (open.isNew && !pending.some(entry => begins(entry, threadId))) {
      return; // nothing has been asked yet
    }
    if (!(await this.outbox.changeNew(threadId, changes))) {
      const { patch } = this.#late?.threadId === threadId ? this.#late : {};
      this.#late = { threadId, patch: { ...patch, ...changes } };
      this.#catchUp(findThread(this.store.state.threads, threadId));
    }
  }

  /** A thread is known: change what was to be changed before it was. */
  #catchUp(thread: Thread | undefined): void {
    if (thread !== undefined && thread.id === this.#late?.threadId) {
      const { patch } = this.#late;
      this.#late = null;
      void this.change(thread, patch);
    }
  }

  /** The open thread is known: what was chosen for it before is its own now. */
  #forgetNew(): void {
    this.store.update(state =>
      state.newTemporary || Object.keys(state.newSettings).length > 0
        ? { ...state, newSettings: {}, newTemporary: false }
        : state
    );
  }

  async #load(cursor: string | null): Promise<void> {
    this.#list(list => ({ ...list, phase: 'loading' }));
    const { filter } = this.store.state.threads;
    try {
      const page = await this.rest.threads(cursor, filter);
      const { open, threads } = this.store.state;
      if (threads.filter !== filter) {
        return; // another list is wanted by now
      }
      const { threadId } = open;
      this.#list(list =>
        cursor === null ? withFirstPage(list, page, threadId) : withPage(list, page)
      );
    } catch (error) {
      this.#list(list =>
        list.filter === filter
          ? { ...list, phase: 'failed', problem: problemOf(error) }
          : list
      );
    }
  }

  #markUnread(threadId: string): void {
    if (threadId !== this.store.state.open.threadId) {
      this.#setUnread(new Set([...this.store.state.unread, threadId]));
    }
  }

  #markRead(threadId: string): void {
    const { unread } = this.store.state;
    if (unread.has(threadId)) {
      this.#setUnread(new Set([...unread].filter(id => id !== threadId)));
    }
  }

  #setUnread(unread: ReadonlySet<string>): void {
    this.memory.write(UNREAD, unread.size === 0 ? null : [...unread].join(' '));
    this.store.update(state => ({ ...state, unread }));
  }

  #list(change: (list: ThreadList) => ThreadList): void {
    this.store.update(state => ({ ...state, threads: change(state.threads) }));
  }
}

/** Whether counts of folders and tags are others now. */
function isFiledElsewhere(before: Thread, after: Thread): boolean {
  const place = ({ folder, tags, archived, deleted_at: deletedAt, temporary }: Thread) =>
    [folder, archived, deletedAt == null, temporary, ...(tags ?? [])].join('\n');
  return place(before) !== place(after);
}
