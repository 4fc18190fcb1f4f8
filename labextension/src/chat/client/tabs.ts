/** The other tabs of the same origin, as far as the browser lets us know of them. */
export interface Tabs<Note> {
  /** Tell the other tabs. */
  tell(note: Note): void;
  /** Do something that no other tab does under the same name meanwhile. */
  alone(name: string, work: () => Promise<void>): Promise<void>;
  close(): void;
}

/**
 * Tabs that hear each other through a `BroadcastChannel` and wait for each other with Web
 * Locks.  Pages served over plain HTTP have no locks: there, work waits only for work of
 * its own tab.
 */
export class BrowserTabs<Note> implements Tabs<Note> {
  readonly #channel: BroadcastChannel | null;
  readonly #turns = new Map<string, Promise<void>>();

  constructor(name: string, onNote: (note: Note) => void) {
    this.#channel =
      typeof BroadcastChannel === 'function' ? new BroadcastChannel(name) : null;
    this.#channel?.addEventListener('message', (event: MessageEvent<Note>) => {
      onNote(event.data);
    });
  }

  tell(note: Note): void {
    this.#channel?.postMessage(note);
  }

  async alone(name: string, work: () => Promise<void>): Promise<void> {
    // `locks` is missing where the types do not expect it.
    const locks = navigator.locks as LockManager | undefined;
    await (locks === undefined
      ? this.#inTurn(name, work)
      : locks.request(`jupyter-chat ${name}`, work));
  }

  close(): void {
    this.#channel?.close();
  }

  #inTurn(name: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work);
    this.#turns.set(
      name,
      turn.catch(() => undefined)
    );
    return turn;
  }
}
