import { problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import type { SearchPage, Thread } from '../protocol';
import {
  type SearchState,
  noSearch,
  withChanged,
  withFound,
  withMessages,
  withTitles
} from './found';
import type { ChatState } from './state';
import type { Store } from './store';

/** Nobody types slower within a word. */
const PAUSE = 150;
/** What was just said may be found this long after it was (milliseconds). */
const SETTLED_AFTER = 1000;
/** With fewer than these on a page the search goes on by itself: it was long enough. */
const FEW = 5;

/** Looking for titles and messages while it is typed what for. */
export class Searching {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refresh: ReturnType<typeof setTimeout> | undefined;
  #request = new AbortController();
  #loading = false;
  /** More than the first page was wanted. */
  #furtherOn = false;

  constructor(
    private readonly store: Store<ChatState>,
    private readonly rest: Rest
  ) {}

  /** The text has changed: look for it as soon as nothing is typed for a moment. */
  type(text: string): void {
    this.#stop();
    if (text.trim() === '') {
      this.#change(() => ({ ...noSearch, text }));
      return;
    }
    this.#change(search => ({ ...search, text, phase: 'waiting' }));
    this.#timer = setTimeout(() => {
      void this.#load(null, withFound);
    }, PAUSE);
  }

  clear(): void {
    this.type('');
  }

  /** Look for the same again. */
  async again(): Promise<void> {
    this.#stop();
    this.#change(search => ({ ...search, phase: 'waiting', problem: null }));
    await this.#load(null, withFound);
  }

  async moreTitles(): Promise<void> {
    const { moreTitles, phase } = this.#search;
    if (moreTitles !== null && phase === 'ready' && !this.#loading) {
      await this.#load(moreTitles, withTitles);
    }
  }

  async moreMessages(): Promise<void> {
    const { next, phase } = this.#search;
    if (next !== null && phase === 'ready' && !this.#loading) {
      await this.#load(next, withMessages);
    }
  }

  /** A thread has changed: what was found of it goes, or more may be found now. */
  take(thread: Thread): void {
    this.#change(search => withChanged(search, thread));
    if (this.#search.text.trim() !== '' && this.#refresh === undefined) {
      this.#refresh = setTimeout(() => {
        this.#refresh = undefined;
        void this.#lookAgain();
      }, SETTLED_AFTER);
    }
  }

  /** Look for the same again, unseen, unless somebody has gone on to further pages. */
  async #lookAgain(): Promise<void> {
    const { signal } = this.#request;
    const { text, phase } = this.#search;
    if (phase !== 'ready' || text.trim() === '' || this.#loading || this.#furtherOn) {
      return;
    }
    this.#loading = true;
    try {
      await this.#fetch(null, withFound, signal);
    } catch {
      // What was found stays; nobody waits for more.
    } finally {
      if (!signal.aborted) {
        this.#loading = false;
      }
    }
  }

  get #search(): SearchState {
    return this.store.state.search;
  }

  /** Nobody waits any longer for what was asked for. */
  #stop(): void {
    clearTimeout(this.#timer);
    this.#request.abort();
    this.#request = new AbortController();
    this.#loading = false;
  }

  async #load(
    cursor: string | null,
    put: (search: SearchState, page: SearchPage) => SearchState
  ): Promise<void> {
    const { signal } = this.#request;
    this.#loading = true;
    this.#furtherOn = cursor !== null;
    try {
      await this.#fetch(cursor, put, signal);
    } catch (error) {
      if (!signal.aborted) {
        const problem = problemOf(error);
        this.#change(search => ({
          ...search,
          ...(cursor === null ? { ...noSearch, text: search.text } : {}),
          phase: 'failed',
          problem
        }));
      }
    } finally {
      if (!signal.aborted) {
        this.#loading = false;
      }
    }
  }

  /** A page, and the ones after it as long as nearly nothing is on them. */
  async #fetch(
    cursor: string | null,
    put: (search: SearchState, page: SearchPage) => SearchState,
    signal: AbortSignal
  ): Promise<void> {
    let page = await this.rest.search(this.#search.text, cursor, signal);
    while (!signal.aborted) {
      this.#change(search => put(search, page));
      const { titles = [], messages = [], next = null } = page;
      if (next === null || titles.length + messages.length >= FEW) {
        break;
      }
      put = withMessages;
      page = await this.rest.search(this.#search.text, next, signal);
    }
  }

  #change(change: (search: SearchState) => SearchState): void {
    this.store.update(state => {
      const search = change(state.search);
      return search === state.search ? state : { ...state, search };
    });
  }
}
