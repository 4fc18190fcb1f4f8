import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

/** What can be kept: it has a name that sorts. */
export interface Kept {
  readonly id: string;
}

/** Where things are kept for each owner, in the order of their ids. */
export interface Shelf<T extends Kept> {
  /**
   * Read what an owner has, change it and write it back, in one step that no other tab
   * comes between; the answer is what is there then.
   */
  update(
    owner: string,
    change: (items: readonly T[]) => readonly T[]
  ): Promise<readonly T[]>;
}

/** Keeps things as long as the page lives. */
export class MemoryShelf<T extends Kept> implements Shelf<T> {
  readonly #items = new Map<string, readonly T[]>();

  update(owner: string, change: (items: readonly T[]) => readonly T[]) {
    const items = change(this.#items.get(owner) ?? []);
    this.#items.set(owner, items);
    return Promise.resolve(items);
  }
}

interface Schema<T> extends DBSchema {
  outbox: { key: [string, string]; value: T & { readonly owner: string } };
}

const NAME = 'jupyter-chat';
const VERSION = 1;

/** Keeps things in the browser's IndexedDB, which all tabs of an origin share. */
export class DatabaseShelf<T extends Kept> implements Shelf<T> {
  #database: Promise<IDBPDatabase<Schema<T>>> | undefined;

  /** Each kind of things has a database of its own. */
  constructor(private readonly name = NAME) {}

  async update(owner: string, change: (items: readonly T[]) => readonly T[]) {
    const database = await this.#open();
    const transaction = database.transaction('outbox', 'readwrite');
    const { store } = transaction;
    const range = IDBKeyRange.bound([owner], [owner, []]); // an array is above any text
    const before = (await store.getAll(range)) as T[];
    const after = change(before);
    if (after !== before) {
      const left = new Set(after.map(({ id }) => id));
      const had = new Set(before);
      await Promise.all([
        ...before
          .filter(({ id }) => !left.has(id))
          .map(({ id }) => store.delete([owner, id])),
        ...after.filter(item => !had.has(item)).map(item => store.put({ ...item, owner }))
      ]);
    }
    await transaction.done;
    return after;
  }

  #open(): Promise<IDBPDatabase<Schema<T>>> {
    const forget = () => {
      this.#database = undefined;
    };
    if (this.#database === undefined) {
      this.#database = openDB<Schema<T>>(this.name, VERSION, {
        upgrade: database => {
          database.createObjectStore('outbox', { keyPath: ['owner', 'id'] });
        },
        blocking: (_, __, event) => {
          (event.target as IDBDatabase).close(); // a newer page needs another form of it
          forget();
        },
        terminated: forget
      });
      this.#database.catch(forget);
    }
    return this.#database;
  }
}

const LONGEST_WAIT = 10_000;

/**
 * Keeps things in `lasting`, and in memory once that fails (the browser forbids it, has
 * no room, or does not answer); `onLoss` is told so.
 */
export class BestShelf<T extends Kept> implements Shelf<T> {
  readonly #lasting: Shelf<T>;
  readonly #onLoss: () => void;
  readonly #memory = new MemoryShelf<T>();
  #lost = false;

  constructor(lasting: Shelf<T>, onLoss: () => void) {
    this.#lasting = lasting;
    this.#onLoss = onLoss;
  }

  async update(owner: string, change: (items: readonly T[]) => readonly T[]) {
    if (!this.#lost) {
      try {
        const items = await within(LONGEST_WAIT, this.#lasting.update(owner, change));
        await this.#memory.update(owner, () => items);
        return items;
      } catch {
        this.#lost = true;
        this.#onLoss();
      }
    }
    return this.#memory.update(owner, change);
  }
}

function within<R>(milliseconds: number, promise: Promise<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('The browser’s storage does not answer.'));
    }, milliseconds);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
