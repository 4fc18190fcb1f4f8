import { extract, readFile } from '../client/files';
import { ProblemError, problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import { newId } from '../ids';
import type { Attached, Problem } from '../protocol';
import { type Attaching, attachedIn } from './attaching';
import { MOST_ATTACHED, MOST_ATTACHED_BYTES, fitting } from './fitting';
import { isPicture, picture, redrawn } from './pictures';
import type { Attachment } from './parts';
import { type ChatState, type Open, current, placeOf } from './state';
import { Store } from './store';

/** Of a text the server takes no more than this; more of it need not be sent there. */
const MOST_TEXT_BYTES = 200_000;
/** What only makes sense as a whole is sent as one, up to what the server reads. */
const WHOLE = /\.(?:ipynb|pdf|docx|xlsx|pptx)$/i;
const MOST_WHOLE_BYTES = 16_000_000;

/** A file that could not be attached. */
export interface Trouble {
  readonly id: string;
  /** The conversation that it was for, by `placeOf`. */
  readonly place: string;
  readonly problem: Problem;
}

/** A file that is being read. */
export interface Reading {
  readonly id: string;
  readonly name: string;
  /** The conversation that it is for. */
  readonly open: Open;
  /** What was attached of it; `null`: nothing could be, which is said. */
  readonly done: Promise<readonly Attachment[] | null>;
}

export interface UploadState {
  readonly busy: readonly Reading[];
  readonly troubles: readonly Trouble[];
}

/** Puts files beside the next question of the conversation that is open then, from this computer and from the server. */
export class Uploads {
  readonly store = new Store<UploadState>({ busy: [], troubles: [] });
  /** What of a file is missing, in sentences. */
  readonly #notes = new WeakMap<Attachment, readonly string[]>();

  constructor(
    private readonly rest: Pick<Rest, 'files'>,
    private readonly attaching: Attaching,
    private readonly chat: Store<ChatState>
  ) {}

  /** They were read before this page was loaded. */
  putNotes(attachment: Attachment, notes: readonly string[]): void {
    this.#notes.set(attachment, notes);
  }

  notesOn(attachment: Attachment): readonly string[] {
    return this.#notes.get(attachment) ?? [];
  }

  /** Files of this computer, in this order. */
  async addFiles(files: readonly File[]): Promise<void> {
    let before: Promise<unknown> = Promise.resolve();
    for (const file of files) {
      const turn = before;
      before = this.fetch(file.name, async () => {
        await turn;
        return [await this.#read(file)];
      });
    }
    await before;
  }

  /** Something that has to be fetched first; `name` is what it is called meanwhile. */
  fetch(name: string, read: () => Promise<readonly Attachment[]>): Promise<void> {
    const { open } = this.chat.state;
    const done = this.#take(open, read);
    const reading = { id: newId(), name, open, done };
    this.store.update(state => ({ ...state, busy: [...state.busy, reading] }));
    return done.then(() => {
      this.store.update(state => ({
        ...state,
        busy: state.busy.filter(other => other !== reading)
      }));
    });
  }

  /** What is being read for a conversation. */
  readingFor(place: string): readonly Reading[] {
    return this.store.state.busy.filter(
      ({ open }) => placeOf(current(this.chat.state, open)) === place
    );
  }

  /** A file of the server; rejects with what is wrong. */
  async readPath(path: string): Promise<Attachment> {
    return this.#part(await readFile(this.rest, path));
  }

  /** Parts that are there already, as far as they fit. */
  add(attachments: readonly Attachment[], to = this.chat.state.open) {
    const open = current(this.chat.state, to);
    const { kept, leftOut } = fitting(attachments, attachedIn(this.chat.state, open));
    this.attaching.addTo(open, kept);
    for (const { name } of leftOut) {
      this.#refuse(open, {
        code: 'too_large',
        message:
          `“${name ?? ''}” was not attached: all that goes with a question may have ` +
          `${String(MOST_ATTACHED)} parts and ${String(MOST_ATTACHED_BYTES / 1e6)} MB. ` +
          'Ask about some of it first, or take something away.'
      });
    }
    return leftOut.length > 0 ? null : kept;
  }

  dismiss(trouble: Trouble): void {
    this.store.update(state => ({
      ...state,
      troubles: state.troubles.filter(other => other !== trouble)
    }));
  }

  async #take(
    open: Open,
    read: () => Promise<readonly Attachment[]>
  ): Promise<readonly Attachment[] | null> {
    try {
      return this.add(await read(), open);
    } catch (error) {
      this.#refuse(current(this.chat.state, open), problemOf(error));
      return null;
    }
  }

  async #read(file: File): Promise<Attachment> {
    if (isPicture(file)) {
      return picture(file, file.name);
    }
    const isWhole = WHOLE.test(file.name);
    if (isWhole && file.size > MOST_WHOLE_BYTES) {
      throw new ProblemError({
        code: 'too_large',
        message:
          `“${file.name}” has ${megabytes(file.size)} MB; files of its kind may have ` +
          `${megabytes(MOST_WHOLE_BYTES)} MB. Attach a part of it, or its text.`
      });
    }
    const data = await bytesOf(
      isWhole ? file : file.slice(0, MOST_TEXT_BYTES),
      file.name
    );
    return this.#part(await extract(this.rest, file.name, data, file.size));
  }

  #part({ part, notes = [] }: Attached): Attachment | Promise<Attachment> {
    if (part.type === 'image') {
      return redrawn(part);
    }
    this.#notes.set(part, notes);
    return part;
  }

  #refuse(open: Open, problem: Problem): void {
    this.say(placeOf(open), problem);
  }

  /** Say what is wrong where it was to be attached. */
  say(place: string, problem: Problem): void {
    const trouble = { id: newId(), place, problem };
    this.store.update(state => ({ ...state, troubles: [...state.troubles, trouble] }));
  }
}

/** Read at once: what is dropped may be a folder, and a file may go before it is sent. */
async function bytesOf(file: Blob, name: string): Promise<Blob> {
  try {
    return new Blob([await file.arrayBuffer()]);
  } catch {
    throw new ProblemError({
      code: 'invalid',
      message:
        `“${name}” cannot be read: it is a folder, or has been moved or deleted ` +
        'meanwhile. Choose the files themselves.'
    });
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

const ofChats = new WeakMap<Attaching, Uploads>();

/** The one of a chat. */
export function uploadsOf({ rest, attaching, store }: Chat): Uploads {
  let found = ofChats.get(attaching);
  if (found === undefined) {
    found = new Uploads(rest, attaching, store);
    ofChats.set(attaching, found);
  }
  return found;
}

interface Chat {
  readonly rest: Pick<Rest, 'files'>;
  readonly attaching: Attaching;
  readonly store: Store<ChatState>;
}
