import { problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import type { Account, AccountPatch, ModelList, Source } from '../protocol';
import type { ChatState } from './state';
import type { Store } from './store';

/** One's own settings, and the models that follow from them. */
export class AccountSettings {
  /**
   * What has been typed into the form of a source and not been used yet.  It may be a key:
   * it ends with the page, and the browser stores nothing of it.
   */
  readonly entered = new Map<Source, FormData>();

  constructor(
    private readonly store: Store<ChatState>,
    private readonly rest: Rest
  ) {}

  async load(): Promise<void> {
    try {
      const account = await this.rest.account();
      this.store.update(state => ({ ...state, account, refusal: null }));
    } catch (error) {
      this.store.update(state => ({ ...state, refusal: problemOf(error) }));
      return;
    }
    await this.loadModels();
  }

  async loadModels(): Promise<void> {
    const models = await this.#models();
    this.store.update(state => ({ ...state, models }));
  }

  /**
   * Change one's settings; the answer's `problem` says what is wrong with the new source.
   * Rejects with a `ProblemError` where nothing was changed.
   */
  async change(patch: AccountPatch): Promise<Account> {
    const account = await this.rest.changeAccount(patch);
    const models = await this.#models();
    this.store.update(state => ({ ...state, account, models }));
    return account;
  }

  /** The same, where a refusal is shown above the conversation. */
  async tryToChange(patch: AccountPatch): Promise<void> {
    try {
      await this.change(patch);
    } catch (error) {
      this.store.update(state => ({ ...state, refusal: problemOf(error) }));
    }
  }

  async #models(): Promise<ModelList> {
    try {
      return await this.rest.models();
    } catch (error) {
      return { models: [], default: null, problem: problemOf(error) };
    }
  }
}
