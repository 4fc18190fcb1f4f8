import { extract, readFile } from '../client/files';
import { ProblemError, problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import { newId } from '../ids';
import type { Attached, Problem } from '../protocol';
import type { Attaching } from './attaching';
import { MOST_ATTACHED, MOST_ATTACHED_BYTES, fitting } from './fitting';
import { isPicture, picture, redrawn } from './pictures';
import type { Attachment } from './parts';
import type { ChatState } from './state';
import { Store } from './store';

/** Of a text the server takes no more than this; more of it need not be sent there. */
const MOST_TEXT_BYTES = 200_000;
/** What only makes sense as a whole is sent as one, up to what the server reads. */
const WHOLE = /\.(?:ipynb|pdf|docx|xlsx|pptx)$/i;
const MOST_WHOLE_BYTES = 16 * 1024 * 1024;

/** A file that could not be attached. */
export interface Trouble {
  readonly id: string;
  readonly problem: Problem;
}

/** A file that is being read. */
export interface Reading {
  readonly id: string;
  readonly name: string;
}

export interface UploadState {
  readonly busy: readonly Reading[];
  readonly troubles: readonly Trouble[];
}

/** Puts files beside the next question, from this computer and from the server. */
export class Uploads {
  readonly store = new Store<UploadState>({ busy: [], troubles: [] });
  /** What of a file is missing, in sentences. */
  readonly #notes = new WeakMap<Attachment, readonly string[]>();

  constructor(
    private readonly rest: Pick<Rest, 'files'>,
    private readonly attaching: Attaching,
    private readonly chat: Store<ChatState>
  ) {}

  notesOn(attachment: Attachment): readonly string[] {
    return this.#notes.get(attachment) ?? [];
  }

  /** Files of this computer, in this order. */
  async addFiles(files: readonly File[]): Promise<void> {
    const started = files.map(file => ({ file, reading: this.#begin(file.name) }));
    for (const { file, reading } of started) {
      await this.#add(reading, async () => [await this.#read(file)]);
    }
  }

  /** Something that has to be fetched first; `name` is what it is called meanwhile. */
  fetch(name: string, read: () => Promise<readonly Attachment[]>): Promise<void> {
    return this.#add(this.#begin(name), read);
  }

  /** A file of the server; rejects with what is wrong. */
  async readPath(path: string): Promise<Attachment> {
    return this.#take(await readFile(this.rest, path));
  }

  /** Parts that are there already, as far as they fit. */
  add(attachments: readonly Attachment[]): void {
    const { kept, leftOut } = fitting(attachments, this.chat.state.attached);
    this.attaching.add(...kept);
    for (const { name } of leftOut) {
      this.#refuse({
        code: 'too_large',
        message:
          `“${name ?? ''}” was not attached: all that goes with a question may have ` +
          `${String(MOST_ATTACHED)} parts and ${String(MOST_ATTACHED_BYTES / 1024 ** 2)} MB. ` +
          'Ask about some of it first, or take something away.'
      });
    }
  }

  get isBusy(): boolean {
    return this.store.state.busy.length > 0;
  }

  /** Once nothing is being read any more; whether all of it could be attached. */
  settled(): Promise<boolean> {
    const before = this.store.state.troubles;
    return new Promise(resolve => {
      const look = () => {
        const { busy, troubles } = this.store.state;
        if (busy.length === 0) {
          stop();
          resolve(troubles.every(trouble => before.includes(trouble)));
        }
      };
      const stop = this.store.subscribe(look);
      look();
    });
  }

  dismiss(trouble: Trouble): void {
    this.store.update(state => ({
      ...state,
      troubles: state.troubles.filter(other => other !== trouble)
    }));
  }

  #begin(name: string): Reading {
    const reading = { id: newId(), name };
    this.store.update(state => ({ ...state, busy: [...state.busy, reading] }));
    return reading;
  }

  async #add(
    reading: Reading,
    read: () => Promise<readonly Attachment[]>
  ): Promise<void> {
    try {
      this.add(await read());
    } catch (error) {
      this.#refuse(problemOf(error));
    } finally {
      this.store.update(state => ({
        ...state,
        busy: state.busy.filter(other => other !== reading)
      }));
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
    return this.#take(await extract(this.rest, file.name, data, file.size));
  }

  #take({ part, notes = [] }: Attached): Attachment | Promise<Attachment> {
    if (part.type === 'image') {
      return redrawn(part);
    }
    this.#notes.set(part, notes);
    return part;
  }

  #refuse(problem: Problem): void {
    const trouble = { id: newId(), problem };
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
