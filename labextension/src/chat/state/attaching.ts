import type { Attachment } from './parts';
import type { ChatState } from './state';
import type { Store } from './store';

/** What goes with the next question, as long as this page lives. */
export class Attaching {
  /** What looks at a question before it goes: it calls `go`, later or never. */
  guard: ((go: () => void) => void) | null = null;

  constructor(private readonly store: Store<ChatState>) {}

  /** Send what is typed with what is attached, by `go`, if nothing speaks against it. */
  pass(go: () => void): void {
    if (this.guard === null) {
      go();
    } else {
      this.guard(go);
    }
  }

  add(...attachments: readonly Attachment[]): void {
    this.replace([...this.store.state.attached, ...attachments]);
  }

  remove(attachment: Attachment): void {
    this.replace(this.store.state.attached.filter(other => other !== attachment));
  }

  replace(attached: readonly Attachment[]): void {
    this.store.update(state => ({ ...state, attached }));
  }

  /** All of it, which goes with a question now and with no other. */
  take(): readonly Attachment[] {
    const { attached } = this.store.state;
    if (attached.length > 0) {
      this.replace([]);
    }
    return attached;
  }
}
