import type { Attaching } from './attaching';
import type { Screening } from './screening';
import type { Attachment } from './parts';
import type { ChatState } from './state';
import { Store } from './store';
import type { Uploads } from './uploads';

/** A question that was kept back, until the person says what is to become of it. */
export interface Held {
  /** What looks like secrets, by what it is in; `null`: in the text itself. */
  readonly alarms: readonly Alarm[];
  /** What nobody has looked through, for the server cannot be reached. */
  readonly unseen: readonly Attachment[];
  readonly go: () => void;
}

export interface Alarm {
  readonly attachment: Attachment | null;
  readonly warnings: readonly string[];
}

/** Whatever is a secret has a run of signs like this: other texts need not be asked about. */
const MAY_BE_SECRET = /[\x21-\x7e]{16}|["'=]\S{8}|PRIVATE KEY/;

/** Looks for secrets in a question before it goes, and asks once. */
export class Guarding {
  readonly held = new Store<Held | null>(null);
  readonly #allowed = new WeakSet<Attachment>();
  #isLooking = false;

  constructor(
    private readonly store: Store<ChatState>,
    private readonly attaching: Attaching,
    private readonly screening: Screening,
    private readonly uploads: Pick<Uploads, 'isBusy' | 'settled'>
  ) {}

  /** Send what is attached and this text, by `go`, or ask about it first. */
  async guard(text: string, go: () => void): Promise<void> {
    if (this.#isClear(text)) {
      go(); // at once, as most questions do
      return;
    }
    if (this.#isLooking) {
      return; // Enter was pressed twice
    }
    this.#isLooking = true;
    const { open } = this.store.state;
    const held = await this.#look(text, go).finally(() => {
      this.#isLooking = false;
    });
    if (held === null || this.store.state.open.threadId !== open.threadId) {
      return; // the question stays where it was typed
    }
    if (held.alarms.length > 0 || held.unseen.length > 0) {
      this.held.update(() => held);
    } else {
      this.drop();
      go();
    }
  }

  #isClear(text: string): boolean {
    const { attached } = this.store.state;
    const isSeen = (each: Attachment) =>
      this.screening.of(each)?.warnings.length === 0 || this.#allowed.has(each);
    return !this.uploads.isBusy && attached.every(isSeen) && !MAY_BE_SECRET.test(text);
  }

  /** `null`: something could not be attached, which is said. */
  async #look(text: string, go: () => void): Promise<Held | null> {
    if (!(await this.uploads.settled())) {
      return null;
    }
    const { attached } = this.store.state;
    const [written] = await Promise.all([
      this.#inText(text),
      this.screening.screen(attached).catch(() => undefined)
    ]);
    if (this.store.state.attached !== attached) {
      return this.#look(text, go);
    }
    const alarms: Alarm[] = attached
      .filter(each => !this.#allowed.has(each))
      .map(attachment => ({
        attachment,
        warnings: this.screening.of(attachment)?.warnings ?? []
      }));
    alarms.push({ attachment: null, warnings: written });
    return {
      alarms: alarms.filter(({ warnings }) => warnings.length > 0),
      unseen: attached.filter(each => this.screening.of(each) === undefined),
      go
    };
  }

  /** It goes all the same; what went with it is not asked about again. */
  allow({ alarms, go }: Held): void {
    for (const { attachment } of alarms) {
      if (attachment !== null) {
        this.#allowed.add(attachment);
      }
    }
    this.drop();
    go();
  }

  /** What looks like a secret does not go, and neither does the question yet. */
  remove({ alarms, unseen }: Held): void {
    const gone = new Set([...alarms.map(({ attachment }) => attachment), ...unseen]);
    this.attaching.replace(this.store.state.attached.filter(each => !gone.has(each)));
    this.drop();
  }

  drop(): void {
    this.held.update(() => null);
  }

  async #inText(text: string): Promise<readonly string[]> {
    return MAY_BE_SECRET.test(text)
      ? this.screening.warningsIn(text).catch(() => [])
      : [];
  }
}
