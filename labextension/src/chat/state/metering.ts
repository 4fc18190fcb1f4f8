import type { Rest } from '../client/rest';
import type { Context, ContextQuery } from '../protocol';
import { type Screening, screeningOf } from './screening';
import type { Attachment } from './parts';
import { Store } from './store';

/** What a question, as far as it is written, would be sent with. */
export interface Draft extends Omit<
  ContextQuery,
  'attached' | 'entries' | 'before' | 'cost'
> {
  readonly attachments: readonly Attachment[];
}

/** What is known; `isOld`: the server did not answer when it was asked again. */
export interface Measured extends Context {
  readonly isOld?: boolean;
}

interface Wish {
  readonly draft: Draft;
  readonly moment: string;
}

/** How full the model's window is, asked for while somebody types: one request at a time,
 * and after it the newest wish. */
export class Metering {
  /** `null` until it is known. */
  readonly store = new Store<Measured | null>(null);
  readonly #rest: Pick<Rest, 'context' | 'count'>;
  readonly #screening: Screening;
  #wanted: Wish | null = null;
  #isAsking = false;
  /** The moment of which the cost of the thread is known. */
  #added: string | null = null;

  constructor(rest: Pick<Rest, 'context' | 'count'>) {
    this.#rest = rest;
    this.#screening = screeningOf(rest);
  }

  /** `moment` names what the cost of the thread so far follows from: that is added up only
   * when it is another one, for the server has much to add. */
  measure(draft: Draft, moment: string): void {
    this.#wanted = { draft, moment };
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
      const { draft, moment } = this.#wanted;
      this.#wanted = null;
      try {
        const query = await this.#query(draft);
        const isKnown = moment === this.#added;
        const context = await this.#rest.context(
          isKnown ? query : { ...query, cost: true }
        );
        this.#added = moment;
        this.store.update(before => ({
          ...context,
          thread_cost: (isKnown ? before : context)?.thread_cost
        }));
      } catch {
        // What was known stays; the next change asks again.
        this.store.update(known => known && { ...known, isOld: true });
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
