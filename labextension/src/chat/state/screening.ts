import type { Rest } from '../client/rest';
import type { Attachment } from './parts';
import { Store } from './store';

type Counting = Pick<Rest, 'count'>;

/** What the server says of something that is attached. */
export interface Finding {
  readonly tokens: number;
  /** What in it looks like a secret, in sentences; mostly nothing. */
  readonly warnings: readonly string[];
}

/** Has each attachment counted and looked through, once. */
export class Screening {
  /** Grows with what is known. */
  readonly store = new Store(0);
  readonly #rest: Counting;
  readonly #findings = new WeakMap<Attachment, Finding>();
  readonly #asked = new WeakMap<Attachment, Promise<void>>();

  constructor(rest: Counting) {
    this.#rest = rest;
  }

  /** `undefined` until it is known. */
  of(attachment: Attachment): Finding | undefined {
    return this.#findings.get(attachment);
  }

  /** Once all of these are known; rejects where the server does not say. */
  async screen(attachments: readonly Attachment[]): Promise<void> {
    const unknown = attachments.filter(
      each => !this.#findings.has(each) && !this.#asked.has(each)
    );
    if (unknown.length > 0) {
      const asked = this.#ask(unknown);
      for (const each of unknown) {
        this.#asked.set(each, asked);
      }
    }
    await Promise.all(attachments.map(each => this.#asked.get(each)));
  }

  /** What in a text looks like a secret. */
  async warningsIn(text: string): Promise<readonly string[]> {
    const { warnings } = await this.#rest.count({ parts: [{ type: 'text', text }] });
    return warnings[0];
  }

  async #ask(attachments: readonly Attachment[]): Promise<void> {
    try {
      const { tokens, warnings } = await this.#rest.count({ parts: [...attachments] });
      attachments.forEach((attachment, index) => {
        const finding = { tokens: tokens[index], warnings: warnings[index] };
        this.#findings.set(attachment, finding);
      });
    } finally {
      for (const each of attachments) {
        this.#asked.delete(each);
      }
      this.store.update(known => known + 1);
    }
  }
}

const ofServers = new WeakMap<Counting, Screening>();

/** The one of a chat: what its meter has counted, its chips need not ask for. */
export function screeningOf(rest: Counting): Screening {
  let found = ofServers.get(rest);
  if (found === undefined) {
    found = new Screening(rest);
    ofServers.set(rest, found);
  }
  return found;
}
