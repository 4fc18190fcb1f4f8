import type { Leaving } from './attaching';
import type { Screening } from './screening';
import type { Attachment } from './parts';
import { Store } from './store';
import type { Uploads } from './uploads';

/** A question that does not go at once, and why. */
export type Kept = Waiting | Held;

/** It goes as soon as it has been looked at. */
export interface Waiting {
  readonly type: 'waiting';
  /** It is there again where it was typed. */
  readonly cancel: () => void;
}

/** It was kept back, until the person says what is to become of it. */
export interface Held {
  readonly type: 'held';
  /** What looks like secrets, by what it is in; `null`: in the text itself. */
  readonly alarms: readonly Alarm[];
  /** What nobody has looked through, for the server cannot be reached. */
  readonly unseen: readonly Attachment[];
  readonly leaving: Leaving;
}

export interface Alarm {
  readonly attachment: Attachment | null;
  readonly warnings: readonly string[];
}

/** Whatever is a secret has a run of signs like this: other texts need not be asked about. */
const MAY_BE_SECRET = /[\x21-\x7e]{16}|["'=]\S{8}|PRIVATE KEY/;

/** Looks for secrets in a question before it goes, and asks once. */
export class Guarding {
  /** By the place of the question. */
  readonly kept = new Store<Readonly<Partial<Record<string, Kept>>>>({});
  readonly #allowed = new WeakSet<Attachment>();
  #allowedText: string | null = null;

  constructor(
    private readonly screening: Screening,
    private readonly uploads: Pick<Uploads, 'readingFor'>
  ) {}

  /** Let this question go, or ask about it first. */
  async guard(leaving: Leaving): Promise<void> {
    const { place } = leaving;
    if (this.kept.state[place]?.type === 'waiting') {
      leaving.stay(); // after the one before it
    } else if (this.#isClear(leaving)) {
      this.drop(place);
      leaving.go(leaving.attached); // at once, as most questions do
    } else {
      const looked = this.#keep(leaving);
      leaving.keep?.(looked);
      await looked;
    }
  }

  async #keep(leaving: Leaving): Promise<void> {
    const { place } = leaving;
    const waiting: Waiting = {
      type: 'waiting',
      cancel: () => {
        this.drop(place);
        leaving.stay();
      }
    };
    this.#put(place, waiting);
    const held = await this.#look(leaving);
    if (this.kept.state[place] !== waiting) {
      return; // it was taken back
    }
    this.drop(place);
    if (held === null) {
      leaving.stay();
    } else if (held.alarms.length > 0 || held.unseen.length > 0) {
      leaving.stay();
      this.#put(place, held);
    } else {
      held.leaving.go(held.leaving.attached);
    }
  }

  #isClear({ place, text, attached }: Leaving): boolean {
    const isSeen = (each: Attachment) =>
      this.#allowed.has(each) || this.screening.of(each)?.warnings.length === 0;
    return (
      this.uploads.readingFor(place).length === 0 &&
      attached.every(isSeen) &&
      !this.#mayBeSecret(text)
    );
  }

  /** `null`: something could not be attached, which is said. */
  async #look(asked: Leaving): Promise<Held | null> {
    // What is attached from now on goes with the next question.
    const readings = this.uploads.readingFor(asked.place);
    const read = await Promise.all(readings.map(({ done }) => done));
    const parts = read.flatMap(each => each ?? []);
    if (read.includes(null)) {
      return null;
    }
    const attached = [...new Set([...asked.attached, ...parts])];
    const [written] = await Promise.all([
      this.#inText(asked.text),
      this.screening.screen(attached).catch(() => undefined)
    ]);
    const inDoubt = attached.filter(each => !this.#allowed.has(each));
    const alarms: Alarm[] = inDoubt.map(attachment => ({
      attachment,
      warnings: this.screening.of(attachment)?.warnings ?? []
    }));
    alarms.push({ attachment: null, warnings: written });
    return {
      type: 'held',
      alarms: alarms.filter(({ warnings }) => warnings.length > 0),
      unseen: inDoubt.filter(each => this.screening.of(each) === undefined),
      leaving: { ...asked, attached }
    };
  }

  /** It goes all the same; what went with it is not asked about again. */
  allow({ alarms, unseen, leaving }: Held): void {
    for (const attachment of [...alarms.map(each => each.attachment), ...unseen]) {
      if (attachment !== null) {
        this.#allowed.add(attachment);
      }
    }
    this.#allowedText = leaving.text;
    this.drop(leaving.place);
    leaving.again();
    this.#allowedText = null;
  }

  /** Nothing is asked about it any more. */
  drop(place: string): void {
    this.#put(place, undefined);
  }

  #put(place: string, kept: Kept | undefined): void {
    if (this.kept.state[place] !== kept) {
      this.kept.update(before => ({ ...before, [place]: kept }));
    }
  }

  #mayBeSecret(text: string): boolean {
    return text !== this.#allowedText && MAY_BE_SECRET.test(text);
  }

  async #inText(text: string): Promise<readonly string[]> {
    return this.#mayBeSecret(text) ? this.screening.warningsIn(text).catch(() => []) : [];
  }
}

/** What is to be taken away, for a question to go without what was noticed. */
export function suspects({ alarms, unseen }: Held): Attachment[] {
  return [
    ...alarms.flatMap(({ attachment }) => (attachment === null ? [] : [attachment])),
    ...unseen
  ];
}
