// The server's side of the protocol, as a test plays it.

import { vi } from 'vitest';
import { MemoryShelf, type Shelf } from '../src/chat/client/shelf';
import type { WebSocketLike } from '../src/chat/client/socket';
import type { Tabs } from '../src/chat/client/tabs';
import type {
  Account,
  Budget,
  Command,
  Context,
  ContextQuery,
  CountQuery,
  Counted,
  Event,
  Library,
  Message,
  Model,
  ModelList,
  Problem,
  SearchPage,
  Snapshot,
  Thread,
  ThreadPage
} from '../src/chat/protocol';
import type { Note } from '../src/chat/state/outbox';
import type { Entry } from '../src/chat/state/pending';
import { Services } from '../src/chat/state/services';

export const ADA = { id: 'ada', name: 'Ada', initials: 'A' };
export const SMALL: Model = { id: 'small', name: 'Small', context_tokens: 8000 };
export const THINKER: Model = {
  id: 'thinker',
  name: 'Thinker',
  efforts: ['low', 'high'],
  default_effort: 'low',
  temperature: false,
  max_output_tokens: 32_000
};

export interface Request {
  readonly method: string;
  /** Without what all of them begin with. */
  readonly path: string;
  readonly body: unknown;
}

/** What `More` names the thread by. */
export const HANDLE = 7;

type OfType<T extends Command['type']> = Extract<Command, { type: T }>;
type Unanswered = Event extends infer E ? Omit<E & object, 'id'> : never;

/** A browser: what its tabs share. */
export class Browser {
  readonly shelf: Shelf<Entry>;
  readonly #listeners = new Set<(note: Note) => void>();
  readonly #locks = new Map<string, Promise<void>>();

  constructor(shelf: Shelf<Entry> = new MemoryShelf()) {
    this.shelf = shelf;
  }

  /** What a new tab gets. */
  tab() {
    const { shelf } = this;
    const tabs = (onNote: (note: Note) => void): Tabs<Note> => {
      this.#listeners.add(onNote);
      return {
        tell: note => {
          const others = [...this.#listeners].filter(listener => listener !== onNote);
          others.forEach(listener => {
            listener(structuredClone(note));
          });
        },
        alone: (name, work) => {
          const turn = (this.#locks.get(name) ?? Promise.resolve()).then(work);
          this.#locks.set(name, turn);
          return turn;
        },
        close: () => this.#listeners.delete(onNote)
      };
    };
    return { shelf, tabs };
  }
}

/** One Jupyter server: a socket that can break, and REST answers that can be changed. */
export class Server {
  readonly requests: Request[] = [];
  /** The last request that was to change something. */
  get lastChange(): Request | undefined {
    const isChange = ({ method, path }: Request) =>
      method !== 'GET' && !path.startsWith('context');
    return this.requests.filter(isChange).at(-1);
  }

  /** Commands that no test has looked at yet. */
  readonly commands: Command[] = [];
  account: Account = { user: ADA, source: 'openai', from_environment: true };
  models: ModelList = { models: [SMALL, THINKER], default: 'small' };
  threads: ThreadPage = { threads: [], next: null };
  context: Context | ((query: ContextQuery) => Context) = {
    window: 8000,
    used: 3,
    shares: [],
    sent: 0,
    left_out: 0
  };
  library: Library = {};
  search: SearchPage | { problem: object } = {};
  budget: Budget = { spent: 0, since: 0 };
  /** What is answered to a request for usage, which `path` specifies. */
  usage: (path: string) => object = () => ({});
  /** A part of a thread, which `path` specifies. */
  page: (path: string) => object | undefined = () => undefined;
  /** What `METHOD path` answers instead of what is above. */
  readonly answers = new Map<string, object>();
  epoch = 'first';
  user = ADA;
  #socket: WebSocketLike | null = null;
  #seq = 0;

  constructor() {
    vi.stubGlobal('fetch', this.#fetch);
  }

  readonly connect = (): WebSocketLike => {
    const socket: WebSocketLike = {
      onmessage: null,
      onclose: null,
      send: frame => {
        this.commands.push(JSON.parse(frame) as Command);
      },
      close: () => {
        this.#socket = null;
      }
    };
    this.#socket = socket;
    return socket;
  };

  /** A chat that has connected to this server, in a browser of its own or the one given. */
  async chat(browser = new Browser(), user = ADA): Promise<Services> {
    const services = new Services(
      { baseUrl: 'http://localhost/' },
      { connect: this.connect, ...browser.tab() }
    );
    services.start();
    this.user = user;
    this.welcome();
    await vi.waitUntil(() => services.store.state.models !== null);
    await vi.waitUntil(() => services.store.state.threads.phase === 'ready');
    return services;
  }

  /** The connection breaks. */
  hangUp(): void {
    this.#socket?.onclose?.(undefined as never);
  }

  get connected(): boolean {
    return this.#socket !== null;
  }

  say(event: Event): void {
    this.#socket?.onmessage?.({ data: JSON.stringify(event) });
  }

  welcome(problem: Problem | null = null): void {
    this.say({
      type: 'welcome',
      protocol: 1,
      server_version: '0',
      epoch: this.epoch,
      user: this.user,
      heartbeat_seconds: 20,
      problem
    });
  }

  /** The next command of a type; commands of other types stay. */
  async next<T extends Command['type']>(type: T): Promise<OfType<T>> {
    const isWanted = (command: Command): command is OfType<T> => command.type === type;
    await vi.waitUntil(() => this.commands.some(isWanted));
    const index = this.commands.findIndex(isWanted);
    return this.commands.splice(index, 1)[0] as OfType<T>;
  }

  acknowledge(
    { id }: Command,
    ids: { message_id?: string; reply_id?: string } = {}
  ): void {
    this.say({ type: 'ack', id, ...ids });
  }

  reject({ id }: Command, problem: Problem): void {
    this.say({ type: 'rejected', id, problem });
  }

  /** Answer a subscription with the thread's messages. */
  snapshot(thread: Thread, messages: Message[], more: Partial<Snapshot> = {}): void {
    this.#seq += 1;
    this.say({
      type: 'snapshot',
      thread_id: thread.id,
      epoch: this.epoch,
      seq: this.#seq,
      thread,
      messages,
      versions: {},
      more: false,
      ...more
    });
  }

  /** An event of a thread, with the next number (or `skipped` numbers later). */
  tell(
    event: Unanswered & { type: 'message' | 'delta' | 'waiting' | 'summary' },
    skipped = 0
  ): void {
    this.#seq += 1 + skipped;
    this.say({ ...event, seq: this.#seq } as Event);
  }

  change(message: Message): void {
    this.tell({ type: 'message', thread_id: message.thread_id, message } as never);
  }

  grow(
    reply: Message,
    text: string,
    kind: 'text' | 'reasoning' = 'text',
    part = 0
  ): void {
    const { id: message_id, thread_id } = reply;
    this.tell({
      ...{ type: 'delta', thread_id, message_id, part, kind, text, handle: HANDLE }
    } as never);
  }

  #measured(query: ContextQuery): Context {
    return typeof this.context === 'function' ? this.context(query) : this.context;
  }

  readonly #fetch = (url: string, init: RequestInit): Promise<Response> => {
    const path = url.replace('http://localhost/jupyter-chat/api/', '');
    const method = init.method ?? 'GET';
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : null;
    this.requests.push({ method, path, body });
    const [resource] = path.split(/[/?]/);
    const answer =
      this.answers.get(`${method} ${path}`) ??
      this.page(path) ??
      (path === 'context/count' ? counted(body as CountQuery) : null) ??
      (path === 'context' ? this.#measured(body as ContextQuery) : null) ??
      {
        account: this.account,
        models: this.models,
        threads: this.threads,
        search: this.search,
        budget: this.budget,
        usage: this.usage(path),
        library: this.library
      }[resource];
    // lists of models have a `problem` too, among other things
    const fails = answer !== undefined && Object.keys(answer).join() === 'problem';
    const status = fails ? 409 : 200;
    return Promise.resolve(new Response(JSON.stringify(answer), { status }));
  };
}

/** Each part has a token for each letter, and nothing in it is a secret. */
function counted({ parts }: CountQuery): Counted {
  const length = (part: CountQuery['parts'][number]) =>
    part.type === 'image' ? 100 : part.text.length;
  return { tokens: parts.map(length), warnings: parts.map(() => []) };
}

let count = 0;

function newId(): string {
  count += 1;
  return `id-${String(count).padStart(6, '0')}`;
}

export function aThread(changes: Partial<Thread> = {}): Thread {
  const now = Date.now();
  return {
    id: newId(),
    title: 'Trees',
    settings: {},
    created_at: now,
    updated_at: now,
    ...changes
  };
}

export function aQuestion(
  thread: Thread,
  text: string,
  parent: Message | null = null
): Message {
  return {
    ...{ id: newId(), thread_id: thread.id, parent_id: parent?.id ?? null, role: 'user' },
    ...{ parts: [{ type: 'text', text }], status: 'complete', created_at: Date.now() }
  };
}

export function anAnswer(
  question: Message,
  text: string,
  changes: Partial<Message> = {}
): Message {
  return {
    ...{ id: newId(), thread_id: question.thread_id, parent_id: question.id },
    ...{ role: 'assistant', status: 'complete', created_at: question.created_at },
    parts: text === '' ? [] : [{ type: 'text', text }],
    model: 'small',
    ...changes
  };
}

export const DOWN: Problem = {
  code: 'store_down',
  message: 'The history does not answer.'
};
