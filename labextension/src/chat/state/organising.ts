import { problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import type { BulkAction, Thread } from '../protocol';
import type { Following } from './following';
import type { Listing } from './listing';
import type { ChatState, Undo } from './state';
import type { Store } from './store';
import { findThread } from './threads';

const AT_ONCE = 500;

/** How long something can be taken back: what was deleted, for longer. */
export const OFFERED_FOR = 8000;
const DELETION_OFFERED_FOR = 20_000;

/** Takes something back; where it answers or promises `false`, that could not be done. */
export type TakeBack = () => unknown;

/** One action on some threads. */
export interface Change {
  readonly action: BulkAction;
  /** The tag, or the folder to move to (`null`: out of any). */
  readonly value?: string | null;
}

/** What can be done to one thread as to many, and taking it back. */
export class Organising {
  #offers = 0;

  constructor(
    private readonly store: Store<ChatState>,
    private readonly rest: Rest,
    private readonly listing: Listing,
    private readonly following: Following
  ) {}

  /**
   * Change threads: shown at once, taken back for those that refuse, which are the answer.
   * With `text`, which says what was done to the others, that can be undone for a while.
   */
  async change(
    threads: readonly Thread[],
    change: Change,
    text: ((done: readonly Thread[]) => string) | null = null
  ): Promise<readonly Thread[]> {
    const open = threads.find(({ id }) => id === this.store.state.open.threadId);
    threads.forEach(thread => {
      this.#show(thread, change);
    });
    const left = ['delete', 'purge'].includes(change.action) ? open : undefined;
    if (left !== undefined) {
      this.following.openNew();
    }
    const { threadId } = this.store.state.open;
    const refused = await this.#carryOut(threads, change);
    const done = threads.filter(thread => !refused.includes(thread));
    if (text !== null && done.length > 0) {
      const goBack = done.find(thread => thread === left);
      this.offer(
        text(done),
        () => this.#undo(inverses(done, change), goBack),
        done.map(({ id }) => id),
        change.action === 'delete'
      );
    }
    if (left !== undefined && refused.includes(left) && this.#isOpen(threadId)) {
      this.following.open(left.id); // nothing has led away from it
    }
    return refused;
  }

  #isOpen(threadId: string): boolean {
    return this.store.state.open.threadId === threadId;
  }

  /**
   * Let something be taken back for a while; the answer ends this offer, and no other.  What
   * was done before it is offered after it, for a deletion that lies within another can only
   * be taken back once that has been.  What could not be taken back stays on offer.
   */
  offer(
    text: string,
    run: TakeBack,
    threadIds: readonly string[] = [],
    deletion = false
  ): () => void {
    this.#offers += 1;
    const undo: Undo = {
      id: this.#offers,
      text,
      run: () => void this.#takeBack(undo, run),
      until: Date.now() + (deletion ? DELETION_OFFERED_FOR : OFFERED_FOR),
      underWay: false,
      threadIds
    };
    this.store.update(state => ({ ...state, undos: [undo, ...state.undos] }));
    return () => {
      this.forget(undo);
    };
  }

  /** Offer this no longer, nor what has had its time behind it. */
  forget({ id }: Undo): void {
    if (this.store.state.undos.some(undo => undo.id === id)) {
      this.store.update(state => ({
        ...state,
        undos: lasting(state.undos.filter(undo => undo.id !== id))
      }));
    }
  }

  async #takeBack(undo: Undo, run: TakeBack): Promise<void> {
    this.#changeOffer({ ...undo, underWay: true });
    this.store.update(state => ({ ...state, refusal: null })); // of the last attempt
    if ((await run()) === false) {
      // What keeps it from being done may need a while to be put right.
      const until = Math.max(undo.until, Date.now() + OFFERED_FOR);
      this.#changeOffer({ ...undo, until });
    } else {
      this.forget(undo);
    }
  }

  /** Where it is still there: its thread may be gone for good, or the person. */
  #changeOffer(changed: Undo): void {
    this.store.update(state => ({
      ...state,
      undos: lasting(state.undos.map(undo => (undo.id === changed.id ? changed : undo)))
    }));
  }

  /** Delete for good all that is in the trash. */
  async emptyTrash(): Promise<void> {
    try {
      await this.rest.emptyTrash();
    } catch (error) {
      this.#refuse(error);
    }
    await this.listing.reload();
  }

  // --- choosing many

  /** Begin to choose, with a thread or none. */
  select(threadIds: readonly string[]): void {
    this.store.update(state => ({ ...state, selection: new Set(threadIds) }));
  }

  /** Choose a thread too, or no longer. */
  toggle(threadId: string): void {
    const chosen = new Set(this.store.state.selection ?? []);
    if (!chosen.delete(threadId)) {
      chosen.add(threadId);
    }
    this.select([...chosen]);
  }

  /** Choose these too. */
  choose(threads: readonly Thread[]): void {
    const chosen = this.store.state.selection ?? [];
    this.select([...chosen, ...threads.map(({ id }) => id)]);
  }

  endSelection(): void {
    this.store.update(state => ({ ...state, selection: null }));
  }

  /** Whether none refused. */
  async #undo(
    inverse: readonly (readonly [readonly Thread[], Change])[],
    left: Thread | undefined
  ): Promise<boolean> {
    const refused: Thread[] = [];
    for (const [threads, change] of inverse) {
      const now = threads.map(
        thread => findThread(this.store.state.threads, thread.id) ?? thread
      );
      now.forEach(thread => {
        this.#show(thread, change);
      });
      refused.push(...(await this.#carryOut(now, change)));
    }
    if (left !== undefined && !refused.some(({ id }) => id === left.id)) {
      this.following.open(left.id); // where it was when this was done
    }
    return refused.length === 0;
  }

  /** Those that have refused. */
  async #carryOut(
    threads: readonly Thread[],
    { action, value }: Change
  ): Promise<readonly Thread[]> {
    const refusing: Thread[] = [];
    for (let start = 0; start < threads.length; start += AT_ONCE) {
      const some = threads.slice(start, start + AT_ONCE);
      const threadIds = some.map(({ id }) => id);
      try {
        const { outcomes } = await this.rest.bulk({
          thread_ids: threadIds,
          action,
          value
        });
        const refused = outcomes.filter(({ problem }) => problem != null);
        const ids = new Set(refused.map(({ thread_id: id }) => id));
        refusing.push(...some.filter(({ id }) => ids.has(id)));
        if (refused[0]?.problem != null) {
          const { problem } = refused[0];
          this.store.update(state => ({ ...state, refusal: problem }));
        }
      } catch (error) {
        refusing.push(...some);
        this.#refuse(error);
      }
    }
    refusing.forEach(thread => {
      this.listing.take(thread);
    });
    return refusing;
  }

  #show(thread: Thread, change: Change): void {
    if (change.action === 'purge') {
      this.listing.drop(thread.id);
    } else {
      this.listing.take(changed(thread, change));
    }
  }

  #refuse(error: unknown): void {
    this.store.update(state => ({ ...state, refusal: problemOf(error) }));
  }
}

/** Those that have not had their time, or are being taken back. */
function lasting(undos: readonly Undo[]): readonly Undo[] {
  const now = Date.now();
  return undos.filter(({ underWay, until }) => underWay || until > now);
}

/** The thread as it will be. */
function changed(thread: Thread, { action, value = null }: Change): Thread {
  const tags = thread.tags ?? [];
  switch (action) {
    case 'pin':
    case 'unpin':
      return { ...thread, pinned: action === 'pin' };
    case 'archive':
    case 'unarchive':
      return { ...thread, archived: action === 'archive' };
    case 'delete':
      return { ...thread, deleted_at: Date.now() };
    case 'restore':
      return { ...thread, deleted_at: null };
    case 'tag':
      return hasTag(thread, value) ? thread : { ...thread, tags: [...tags, value ?? ''] };
    case 'untag':
      return { ...thread, tags: tags.filter(tag => !isSame(tag, value)) };
    case 'move':
      return { ...thread, folder: value };
    case 'purge':
      return thread;
  }
}

const OPPOSITE: Partial<Record<BulkAction, BulkAction>> = {
  pin: 'unpin',
  unpin: 'pin',
  archive: 'unarchive',
  unarchive: 'archive',
  delete: 'restore',
  restore: 'delete',
  tag: 'untag',
  untag: 'tag'
};

/** What takes a change back, and of which threads: those that it changes. */
function inverses(
  threads: readonly Thread[],
  change: Change
): readonly (readonly [readonly Thread[], Change])[] {
  if (change.action === 'move') {
    const folders = new Set(threads.map(({ folder = null }) => folder));
    return [...folders].map(folder => [
      threads.filter(thread => (thread.folder ?? null) === folder),
      { action: 'move', value: folder }
    ]);
  }
  const action = OPPOSITE[change.action];
  const affected = threads.filter(thread => changes(thread, change));
  return action === undefined || affected.length === 0
    ? []
    : [[affected, { ...change, action }]];
}

function changes(thread: Thread, { action, value = null }: Change): boolean {
  switch (action) {
    case 'pin':
    case 'unpin':
      return (thread.pinned === true) !== (action === 'pin');
    case 'archive':
    case 'unarchive':
      return (thread.archived === true) !== (action === 'archive');
    case 'tag':
    case 'untag':
      return hasTag(thread, value) !== (action === 'tag');
    default:
      return true;
  }
}

function hasTag(thread: Thread, tag: string | null): boolean {
  return (thread.tags ?? []).some(other => isSame(other, tag));
}

function isSame(one: string, other: string | null): boolean {
  return one.toLowerCase() === other?.toLowerCase();
}
