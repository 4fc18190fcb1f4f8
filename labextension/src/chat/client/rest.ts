import type {
  Account,
  AccountPatch,
  BulkChange,
  BulkResult,
  Context,
  ContextQuery,
  CountQuery,
  Counted,
  Emptied,
  Folders,
  Import,
  ImportList,
  ImportStart,
  MessagePage,
  ModelList,
  SearchPage,
  SummaryPatch,
  Thread,
  ThreadPage,
  ThreadPatch,
  View
} from '../protocol';
import { toJson } from './json';
import { ProblemError, UNREACHED, UNREAD, problemIn } from './problem';
import { type ServerSettings, browserTransport, fileName } from './server';

/** Which threads to list; `folder` and `tag` do not go with the trash. */
export interface Filter {
  readonly view: View;
  readonly folder: string | null;
  readonly tag: string | null;
}

/** The REST interface; every method rejects with a {@link ProblemError}. */
export class Rest {
  readonly #server: ServerSettings;

  constructor(server: ServerSettings) {
    this.#server = server;
  }

  threads(cursor: string | null, { view, folder, tag }: Filter): Promise<ThreadPage> {
    const shown = view === 'active' ? null : view;
    return this.#request('GET', `threads${query({ cursor, view: shown, folder, tag })}`);
  }

  folders(): Promise<Folders> {
    return this.#request('GET', 'folders');
  }

  bulk(change: BulkChange): Promise<BulkResult> {
    return this.#request('POST', 'threads/bulk', change);
  }

  emptyTrash(): Promise<Emptied> {
    return this.#request('DELETE', 'trash');
  }

  changeThread(threadId: string, patch: ThreadPatch): Promise<Thread> {
    return this.#request('PATCH', `threads/${threadId}`, patch);
  }

  /**
   * The messages of a branch that are before, after or around one of them, or the first
   * ones of the branch up to it.
   */
  messages(
    threadId: string,
    where: 'before' | 'after' | 'around' | 'first',
    messageId: string
  ): Promise<MessagePage> {
    return this.#request(
      'GET',
      `threads/${threadId}/messages${query({ [where]: messageId })}`
    );
  }

  /** What is found of one's own titles and messages; `signal` calls it off. */
  search(text: string, cursor: string | null, signal: AbortSignal): Promise<SearchPage> {
    const west = String(new Date().getTimezoneOffset());
    const path = `search${query({ q: text, cursor, minutes_west: west })}`;
    return this.#request('GET', path, undefined, signal);
  }

  /** What the model would see if something were asked now. */
  context(query: ContextQuery): Promise<Context> {
    return this.#request('POST', 'context', query);
  }

  /** Give a summary another text; `null`: have it made anew when it is needed. */
  changeSummary(
    threadId: string,
    upto: string,
    text: string | null
  ): Promise<SummaryPatch> {
    return this.#request('PUT', `threads/${threadId}/summaries/${upto}`, { text });
  }

  /** The tokens of parts of a question. */
  count(query: CountQuery): Promise<Counted> {
    return this.#request('POST', 'context/count', query);
  }

  /** What only a part of the interface asks for that not every shell has. */
  get<T>(path: string): Promise<T> {
    return this.#request('GET', path);
  }

  /** Files that are to go with a question (see `files.ts`). */
  files<T>(path: string, body?: object, signal?: AbortSignal): Promise<T> {
    const method = body === undefined ? 'GET' : 'POST';
    return this.#request(method, `attachments/${path}`, body, signal);
  }

  models(): Promise<ModelList> {
    return this.#request('GET', 'models');
  }

  account(): Promise<Account> {
    return this.#request('GET', 'account');
  }

  changeAccount(patch: AccountPatch): Promise<Account> {
    return this.#request('PATCH', 'account', patch);
  }

  /** Whether an export can be had, before the browser saves it. */
  async checkExport(path: string): Promise<void> {
    const response = await this.#fetch('HEAD', path);
    if (!response.ok) {
      // the answer to a HEAD has no body that could say why
      const said = await this.#fetch('GET', path);
      throw new ProblemError(
        problemIn((await said.json().catch(() => null)) as unknown, said)
      );
    }
  }

  /** An export as a text, with the name that its file would have. */
  async readExport(path: string): Promise<{ name: string; text: string }> {
    const response = await this.#fetch('GET', path);
    if (!response.ok) {
      const answer = (await response.json().catch(() => null)) as unknown;
      throw new ProblemError(problemIn(answer, response));
    }
    return { name: fileName(response), text: await response.text() };
  }

  /** Any part of the interface: for what not every shell has. */
  ask<T>(method: string, path: string, body?: object): Promise<T> {
    return this.#request(method, path, body);
  }

  imports(): Promise<ImportList> {
    return this.#request('GET', 'imports');
  }

  startImport(start: ImportStart): Promise<Import> {
    return this.#request('POST', 'imports', start);
  }

  sendPiece(importId: string, offset: number, piece: Blob): Promise<Import> {
    return this.#request(
      'PUT',
      `imports/${importId}${query({ offset: String(offset) })}`,
      piece
    );
  }

  cancelImport(importId: string): Promise<Import> {
    return this.#request('DELETE', `imports/${importId}`);
  }

  async #request<T>(
    method: string,
    path: string,
    body?: object,
    signal?: AbortSignal
  ): Promise<T> {
    const response = await this.#fetch(method, path, body, signal);
    const answer = (await response.json().catch(() => null)) as unknown;
    if (!response.ok || answer === null) {
      throw new ProblemError(problemIn(answer, response));
    }
    return answer as T;
  }

  async #fetch(
    method: string,
    path: string,
    body?: object,
    signal?: AbortSignal
  ): Promise<Response> {
    const { transport = browserTransport(this.#server) } = this.#server;
    try {
      return await transport.fetch(path, {
        method,
        body: body === undefined || body instanceof Blob ? body : toJson(body),
        signal
      });
    } catch (error) {
      if (error instanceof ProblemError) {
        throw error; // who was to bring it says more
      }
      // Of a context is asked with a body: what is written is too long for an address.
      const isReading =
        method === 'GET' || method === 'HEAD' || path.startsWith('context');
      throw new ProblemError(isReading ? UNREAD : UNREACHED);
    }
  }
}

function query(parameters: Record<string, string | null>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null) {
      search.set(name, value);
    }
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}
