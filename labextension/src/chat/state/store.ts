import { useSyncExternalStore } from 'react';

/** One value that changes over time, and who wants to hear of it. */
export class Store<S> {
  #state: S;
  readonly #listeners = new Set<() => void>();

  constructor(initial: S) {
    this.#state = initial;
  }

  get state(): S {
    return this.#state;
  }

  update(change: (state: S) => S): void {
    const state = change(this.#state);
    if (state !== this.#state) {
      this.#state = state;
      for (const listener of [...this.#listeners]) {
        listener();
      }
    }
  }

  /** Hear of every change; the answer ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}

/** What `select` takes from the store; it must answer the same value for the same state. */
export function useStore<S, T>(store: Store<S>, select: (state: S) => T): T {
  return useSyncExternalStore(store.subscribe, () => select(store.state));
}
