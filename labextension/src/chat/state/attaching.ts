import { type Attachment, isSame } from './parts';
import { type ChatState, type Open, placeOf } from './state';
import type { Store } from './store';

/** A question that is about to go. */
export interface Leaving {
  /** Tells it from others: the conversation that it is typed in, or what it is to replace. */
  readonly place: string;
  readonly text: string;
  readonly attached: readonly Attachment[];
  readonly go: (attached: readonly Attachment[]) => void;
  /** It does not go: it is where it was typed again. */
  readonly stay: () => void;
  /** Try again, as it is then. */
  readonly again: () => void;
  /** It would be lost with the page until then. */
  readonly keep?: (until: Promise<void>) => void;
}

/** What goes with the next question of each conversation. */
export class Attaching {
  /** What looks at a question before it goes: it lets it go, later or never. */
  guard: ((leaving: Leaving) => void) | null = null;

  constructor(private readonly store: Store<ChatState>) {}

  /** Let a question go, if nothing speaks against it. */
  pass(leaving: Leaving): void {
    if (this.guard === null) {
      leaving.go(leaving.attached);
    } else {
      this.guard(leaving);
    }
  }

  add(...attachments: readonly Attachment[]): void {
    this.addTo(this.store.state.open, attachments);
  }

  /** Each of them once: the cell of an error, say, may be there with its output. */
  addTo(open: Open, attachments: readonly Attachment[]): void {
    const attached = [...this.of(open)];
    for (const attachment of attachments) {
      if (!attached.some(other => isSame(attachment, other))) {
        attached.push(attachment);
      }
    }
    this.replace(attached, open);
  }

  /** They go with no question now, or have gone with one. */
  remove(...gone: readonly Attachment[]): void {
    const attached = { ...this.store.state.attached };
    for (const [place, before = []] of Object.entries(attached)) {
      if (before.some(each => gone.includes(each))) {
        attached[place] = before.filter(each => !gone.includes(each));
      }
    }
    this.store.update(state => ({ ...state, attached }));
  }

  replace(attached: readonly Attachment[], open = this.store.state.open): void {
    this.store.update(state => ({
      ...state,
      attached: { ...state.attached, [placeOf(open)]: attached }
    }));
  }

  of(open: Open): readonly Attachment[] {
    return attachedIn(this.store.state, open);
  }

  /** The conversation goes by another name now. */
  move(from: Open, to: Open): void {
    const moved = this.of(from);
    if (placeOf(from) !== placeOf(to) && moved.length > 0) {
      this.replace([], from);
      this.addTo(to, moved);
    }
  }
}

const NOTHING: readonly Attachment[] = [];

/** What goes with the next question of the conversation that is open, or of this one. */
export function attachedIn(
  { attached, open }: ChatState,
  of: Open = open
): readonly Attachment[] {
  return attached[placeOf(of)] ?? NOTHING;
}
