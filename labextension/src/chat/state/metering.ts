import type { Rest } from '../client/rest';
import type { Context, ContextQuery } from '../protocol';
import { type Screening, screeningOf } from './screening';
import type { Attachment } from './parts';
import { Store } from './store';

/** What a question, as far as it is written, would be sent with. */
export interface Draft extends Omit<ContextQuery, 'attached' | 'entries' | 'before'> {
  readonly attachments: readonly Attachment[];
}

/** How full the model's window is, asked for while somebody types: one request at a time,
 * and after it the newest wish. */
export class Metering {
  /** `null` until it is known. */
  readonly store = new Store<Context | null>(null);
  readonly #rest: Pick<Rest, 'context' | 'count'>;
  readonly #screening: Screening;
  #wanted: Draft | null = null;
  #isAsking = false;

  constructor(rest: Pick<Rest, 'context' | 'count'>) {
    this.#rest = rest;
    this.#screening = screeningOf(rest);
  }

  measure(draft: Draft): void {
    this.#wanted = draft;
    if (!this.#isAsking) {
      void this.#ask();
    }
  }

  /** The same with messages: the newest, or those before the message `before`. */
  async list(draft: Draft, entries: number, before?: string): Promise<Context> {
    return this.#rest.context({ ...(await this.#query(draft)), entries, before });
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#wanted !== null) {
      const draft = this.#wanted;
      this.#wanted = null;
      try {
        const context = await this.#rest.context(await this.#query(draft));
        this.store.update(() => context);
      } catch {
        // What was known stays; the next change asks again.
      }
    }
    this.#isAsking = false;
  }

  async #query({ attachments, ...query }: Draft): Promise<ContextQuery> {
    await this.#screening.screen(attachments);
    const attached = attachments.reduce(
      (sum, each) => sum + (this.#screening.of(each)?.tokens ?? 0),
      0
    );
    return { ...query, attached };
  }
}
