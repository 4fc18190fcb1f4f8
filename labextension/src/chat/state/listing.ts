import { problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import type { Thread, ThreadSettings } from '../protocol';
import type { Following } from './following';
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

/** The list of threads, and what can be done to them as a whole. */
export class Listing {
  constructor(
    private readonly store: Store<ChatState>,
    private readonly rest: Rest,
    private readonly following: Following
  ) {}

  /** Fetch the newest threads again. */
  reload(): Promise<void> {
    return this.#load(null);
  }

  async loadMore(): Promise<void> {
    const { next, phase } = this.store.state.threads;
    if (next !== null && phase !== 'loading') {
      await this.#load(next);
    }
  }

  /** A thread is new or has changed. */
  take(thread: Thread): void {
    this.#list(list => withThread(list, thread));
  }

  /** Give a thread another title; shown at once, taken back if it is refused. */
  async rename(thread: Thread, title: string): Promise<void> {
    this.take({ ...thread, title });
    await this.#change(thread, () => this.rest.changeThread(thread.id, { title }));
  }

  /** Put a thread into the trash, from which `undo` takes it. */
  async remove(thread: Thread): Promise<void> {
    this.#list(list => withoutThread(list, thread.id));
    this.store.update(state => ({ ...state, deleted: thread }));
    if (this.store.state.open.threadId === thread.id) {
      this.following.openNew();
    }
    await this.#change(thread, () => this.rest.deleteThread(thread.id));
  }

  /** Take the thread that was deleted last out of the trash, and open it. */
  async undo(): Promise<void> {
    const thread = this.store.state.deleted;
    if (thread !== null) {
      this.forget();
      await this.#change(thread, () => this.rest.restoreThread(thread.id));
      this.following.open(thread.id);
    }
  }

  /** Offer no undo any more. */
  forget(): void {
    this.store.update(state => ({ ...state, deleted: null }));
  }

  /** Change how replies of the open conversation are made. */
  async changeSettings(settings: ThreadSettings): Promise<void> {
    const { open, threads } = this.store.state;
    const thread = findThread(threads, open.threadId);
    if (thread === undefined) {
      this.store.update(state => ({ ...state, newSettings: settings }));
      return;
    }
    this.take({ ...thread, settings });
    await this.#change(thread, () => this.rest.changeThread(thread.id, { settings }));
  }

  async #change(before: Thread, change: () => Promise<Thread>): Promise<void> {
    try {
      this.take(await change());
    } catch (error) {
      this.take(before);
      this.store.update(state => ({
        ...state,
        refusal: problemOf(error),
        deleted: null
      }));
    }
  }

  async #load(cursor: string | null): Promise<void> {
    this.#list(list => ({ ...list, phase: 'loading' }));
    try {
      const page = await this.rest.threads(cursor);
      const { threadId } = this.store.state.open;
      this.#list(list =>
        cursor === null ? withFirstPage(list, page, threadId) : withPage(list, page)
      );
    } catch (error) {
      this.#list(list => ({ ...list, phase: 'failed', problem: problemOf(error) }));
    }
  }

  #list(change: (list: ThreadList) => ThreadList): void {
    this.store.update(state => ({ ...state, threads: change(state.threads) }));
  }
}
