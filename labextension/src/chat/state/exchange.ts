import { problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import type { ServerSettings } from '../client/server';
import type { Import, Problem } from '../protocol';
import { type ExportFormat, saveExport } from './exporting';
import type { Listing } from './listing';
import type { Memory } from './memory';
import type { ChatState } from './state';
import type { Store } from './store';

/** Taking the history along, out and in. */
export interface Exchange {
  /** The newest import, as far as it is known. */
  readonly progress: Import | null;
  /** The server was restarted before the end of it, and knows nothing of it any more. */
  readonly interrupted: boolean;
  /** This page is sending the file. */
  readonly sending: boolean;
  /** Why the file could not be sent, or nothing be exported. */
  readonly problem: Problem | null;
}

export const noExchange: Exchange = {
  progress: null,
  interrupted: false,
  sending: false,
  problem: null
};

/** What this browser remembers of an import, in case the server forgets it. */
const RUNNING = 'import';
const PIECE_BYTES = 1024 * 1024;
const TRIES = 5;
const EMPTY: Problem = {
  code: 'invalid',
  message: 'The file is empty: there is nothing in it to import.'
};

/** Saves what is exported, sends what is imported. */
export class TakingAlong {
  /** Counts the files sent: of one that was cancelled an answer may be on its way still. */
  #sent = 0;

  constructor(
    private readonly store: Store<ChatState>,
    private readonly rest: Rest,
    private readonly server: ServerSettings,
    private readonly listing: Listing,
    private readonly memory: Memory
  ) {}

  /** Save a thread, or everything, as a file; the problem if that cannot be. */
  export(format: ExportFormat, threadId: string | null): Promise<Problem | null> {
    return saveExport(this.rest, this.server, format, threadId);
  }

  /** What would be saved of a thread, and under which name. */
  read(format: ExportFormat, threadId: string): Promise<{ name: string; text: string }> {
    return this.rest.readExport(`threads/${threadId}/export?format=${format}`);
  }

  /** What the server knows of an import, after this page was loaded or reconnected. */
  async load(): Promise<void> {
    try {
      const { imports } = await this.rest.imports();
      const progress = this.store.state.exchange.progress ?? this.#remembered();
      if (imports.length > 0) {
        this.#set({ progress: imports[0], interrupted: false });
      } else if (progress !== null && !isFinal(progress)) {
        this.#set({ progress, interrupted: true });
        this.memory.write(RUNNING, null); // said once
      } else {
        this.#set({ progress: null });
      }
    } catch {
      // what is known stays; the connection says for itself that it is away
    }
  }

  /** Send a file, from where an earlier attempt with it ended. */
  async import(file: File): Promise<void> {
    this.#sent += 1;
    const sent = this.#sent;
    const isCurrent = () => sent === this.#sent && this.store.state.exchange.sending;
    if (file.size === 0) {
      this.#set({ ...noExchange, problem: EMPTY });
      return;
    }
    this.#set({ ...noExchange, sending: true });
    try {
      let progress = await this.rest.startImport({
        name: file.name.slice(0, 255) || 'file',
        size: file.size,
        fingerprint: `${file.name.slice(0, 900)}:${String(file.size)}:${String(file.lastModified)}`
      });
      while (isCurrent()) {
        this.take(progress);
        if (progress.state !== 'uploading' || !this.#isWanted(progress)) {
          this.#set({ sending: false });
          return;
        }
        progress = await this.#sendNext(file, progress);
      }
    } catch (error) {
      if (isCurrent()) {
        const problem = problemOf(error);
        const interrupted =
          problem.code === 'not_found' && this.store.state.exchange.progress !== null;
        this.#set({ sending: false, interrupted, problem: interrupted ? null : problem });
      }
    }
  }

  async cancel(): Promise<void> {
    const { progress } = this.store.state.exchange;
    if (progress === null) {
      return;
    }
    try {
      this.take(await this.rest.cancelImport(progress.id));
      this.#set({ sending: false });
    } catch (error) {
      this.#set({ problem: problemOf(error) });
    }
  }

  /** News of an import, from any page. */
  take(progress: Import): void {
    const before = this.store.state.exchange.progress;
    const late = before?.id === progress.id && isFinal(before);
    if (late && progress.state === 'running') {
      return; // an answer that was overtaken by the news of the end
    }
    this.#set({ progress, interrupted: false });
    const known = { ...progress, problems: [], omissions: [] };
    this.memory.write(RUNNING, isFinal(progress) ? null : JSON.stringify(known));
    if (isFinal(progress) && (progress.messages_added ?? 0) > 0) {
      void this.listing.reload();
    }
  }

  async #sendNext(file: File, { id, received = 0 }: Import): Promise<Import> {
    const piece = file.slice(received, received + PIECE_BYTES);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.rest.sendPiece(id, received, piece);
      } catch (error) {
        // A connection that is away may be back in a moment; the server has kept the rest.
        if (attempt === TRIES || problemOf(error).code !== 'internal') {
          throw error;
        }
        await new Promise(resolve => setTimeout(resolve, 500 * 2 ** attempt));
      }
    }
  }

  /** The import that ran when this browser last heard of one. */
  #remembered(): Import | null {
    try {
      return JSON.parse(this.memory.read(RUNNING) ?? 'null') as Import | null;
    } catch {
      return null; // not what was written
    }
  }

  #isWanted({ id }: Import): boolean {
    const { progress } = this.store.state.exchange;
    return progress?.id === id && progress.state !== 'cancelled';
  }

  #set(changes: Partial<Exchange>): void {
    this.store.update(state => ({
      ...state,
      exchange: { ...state.exchange, ...changes }
    }));
  }
}

export function isFinal({ state }: Import): boolean {
  return state === 'done' || state === 'cancelled' || state === 'failed';
}
