import { BestShelf, DatabaseShelf, type Kept, type Shelf } from '../client/shelf';
import { sizeOf } from './fitting';
import type { Attachment } from './parts';
import { type Services, ownerOf } from './services';
import { isKnown } from './state';
import { uploadsOf } from './uploads';

/** What goes with the next question of one conversation. */
export interface KeptAttached extends Kept {
  /** The conversation, by `placeOf`. */
  readonly id: string;
  readonly keptAt: number;
  readonly parts: readonly Attachment[];
  /** What of each is missing, in sentences. */
  readonly notes: readonly (readonly string[])[];
  /** So many more were there, but too large. */
  readonly leftOut: number;
}

const MOST_BYTES = 8_000_000;
/** Of so many conversations, the last ones. */
const MOST_PLACES = 20;

/** Keeps over a reload what is attached and not sent yet, as drafts are. */
export class AttachedKeeping {
  #owner: string | null = null;
  /** What is kept; `null` until that is known. */
  #kept: Readonly<Partial<Record<string, readonly Attachment[]>>> | null = null;

  constructor(
    private readonly services: Services,
    private readonly shelf: Shelf<KeptAttached>
  ) {
    services.store.subscribe(this.#look);
    this.#look();
  }

  readonly #look = (): void => {
    const { server, store } = this.services;
    const { user, attached } = store.state;
    if (!isKnown(user)) {
      return;
    }
    const owner = ownerOf(server, user);
    if (owner !== this.#owner) {
      this.#owner = owner;
      this.#kept = null;
      void this.#load(owner);
    } else if (this.#kept !== null && this.#kept !== attached) {
      const before = this.#kept;
      this.#kept = attached;
      const changed = Object.keys(attached).filter(
        place => attached[place] !== before[place]
      );
      if (changed.length > 0) {
        void this.#write(
          owner,
          changed.map(place => this.#item(place, attached[place]))
        );
      }
    }
  };

  async #load(owner: string): Promise<void> {
    const items = await this.shelf.update(owner, kept => kept);
    if (owner !== this.#owner) {
      return; // somebody else has signed in
    }
    const uploads = uploadsOf(this.services);
    const loaded: Record<string, readonly Attachment[]> = {};
    for (const { id, parts, notes, leftOut } of items) {
      loaded[id] = parts;
      parts.forEach((part, index) => {
        uploads.putNotes(part, notes[index]);
      });
      if (leftOut > 0) {
        uploads.say(id, tooLarge(leftOut));
      }
    }
    this.#kept = loaded;
    this.services.store.update(state => {
      const attached = { ...loaded, ...state.attached };
      return { ...state, attached };
    });
  }

  #item(id: string, attached: readonly Attachment[] = []): KeptAttached {
    let room = MOST_BYTES;
    const parts = attached.filter(part => {
      const size = sizeOf(part);
      const fits = size <= room;
      room -= fits ? size : 0;
      return fits;
    });
    const uploads = uploadsOf(this.services);
    const notes = parts.map(part => uploads.notesOn(part));
    const leftOut = attached.length - parts.length;
    return { id, keptAt: Date.now(), parts, notes, leftOut };
  }

  async #write(owner: string, items: readonly KeptAttached[]): Promise<void> {
    const isNew = new Set(items.map(({ id }) => id));
    await this.shelf.update(owner, kept =>
      [...kept.filter(({ id }) => !isNew.has(id)), ...items]
        .filter(({ parts, leftOut }) => parts.length + leftOut > 0)
        .sort((one, other) => other.keptAt - one.keptAt)
        .slice(0, MOST_PLACES)
    );
  }
}

function tooLarge(count: number) {
  return {
    code: 'too_large' as const,
    message:
      `${String(count)} of the attachments were too large to be kept when the page was ` +
      'loaded again. Attach them again.'
  };
}

const ofChats = new WeakMap<Services, AttachedKeeping>();

/** Keep what is attached in this chat from now on. */
export function keepAttached(services: Services): void {
  if (!ofChats.has(services)) {
    const database = new DatabaseShelf<KeptAttached>('jupyter-chat-attached');
    const shelf = new BestShelf(database, () => undefined);
    ofChats.set(services, new AttachedKeeping(services, shelf));
  }
}
