import { problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import { save } from '../client/server';
import type { Event, Library, LibraryReport, Preset, Problem, Prompt } from '../protocol';
import type { Services } from './services';
import { Store } from './store';

interface Shown {
  /** `null` until it is known. */
  readonly library: Library | null;
  /** Why it is not known. */
  readonly problem: Problem | null;
}

const UNKNOWN: Shown = { library: null, problem: null };

/** One's presets and prompts: loaded when they are first wanted, and in step with what is
 * changed in other windows from then on. */
export class LibraryState {
  readonly store = new Store<Shown>(UNKNOWN);
  /** What of a prompt was to be filled in, by the thread in whose draft it is. */
  readonly blanks = new Store<Readonly<Record<string, readonly string[]>>>({});
  readonly #rest: Pick<Rest, 'ask'>;
  #userId: string | undefined;
  #isWanted = false;

  constructor(private readonly services: Services) {
    this.#rest = services.rest;
    this.#userId = services.store.state.user?.id;
    services.listeners.add(this.#take);
  }

  /** Fetch it, unless it is known. */
  want(): void {
    if (!this.#isWanted || this.store.state.problem !== null) {
      this.#isWanted = true;
      void this.#load();
    }
  }

  /** Keep a preset; rejects with a `ProblemError` where it cannot be kept. */
  async putPreset(preset: Preset): Promise<void> {
    this.#show(await this.#rest.ask('PUT', `library/presets/${preset.id}`, preset));
  }

  async putPrompt(prompt: Prompt): Promise<void> {
    this.#show(await this.#rest.ask('PUT', `library/prompts/${prompt.id}`, prompt));
  }

  async delete(kind: 'presets' | 'prompts', id: string): Promise<void> {
    this.#show(await this.#rest.ask('DELETE', `library/${kind}/${id}`));
  }

  /** Add what a file holds. */
  async takeIn(file: Blob): Promise<LibraryReport> {
    const report = await this.#rest.ask<LibraryReport>('POST', 'library/file', file);
    this.#show(report.library);
    return report;
  }

  /** Let the browser save one entry as a file, or all of them. */
  share(id?: string): void {
    const { server, store } = this.services;
    const path = id === undefined ? 'library/file' : `library/file?id=${id}`;
    save(server, path).catch((error: unknown) => {
      const refusal = problemOf(error);
      store.update(state => ({ ...state, refusal }));
    });
  }

  readonly #take = (event: Event): void => {
    if (event.type === 'welcome') {
      if (this.#userId !== undefined && this.#userId !== event.user.id) {
        this.store.update(() => UNKNOWN); // it is somebody else's
      }
      this.#userId = event.user.id;
    }
    const { library } = this.store.state;
    const isNews =
      event.type === 'welcome' || // what was missed is not told again
      (event.type === 'library' && event.revision !== library?.revision);
    if (isNews && this.#isWanted) {
      void this.#load();
    }
  };

  async #load(): Promise<void> {
    const before = this.store.state;
    try {
      const library = await this.#rest.ask<Library>('GET', 'library');
      if (this.store.state === before) {
        this.store.update(() => ({ library, problem: null }));
      } else {
        this.#show(library);
      }
    } catch (error) {
      this.store.update(shown =>
        shown.library === null ? { library: null, problem: problemOf(error) } : shown
      );
    }
  }

  /** Answers may come in another order than they were asked for. */
  #show(library: Library): void {
    this.store.update(shown =>
      (shown.library?.revision ?? 0) > (library.revision ?? 0)
        ? shown
        : { library, problem: null }
    );
  }
}

const made = new WeakMap<Services, LibraryState>();

/** The library of a chat; the same one each time. */
export function libraryOf(services: Services): LibraryState {
  let library = made.get(services);
  if (library === undefined) {
    library = new LibraryState(services);
    made.set(services, library);
  }
  return library;
}
