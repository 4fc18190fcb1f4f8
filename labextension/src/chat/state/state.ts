import { UNREACHED } from '../client/problem';
import type { Connection } from '../client/socket';
import type {
  Account,
  Folders,
  Message,
  ModelList,
  Problem,
  ThreadSettings,
  User
} from '../protocol';
import type { Conversation } from './conversation';
import { type Exchange, noExchange } from './exchange';
import type { Attachment } from './parts';
import type { Entry } from './pending';
import { type SearchState, noSearch } from './found';
import { type ThreadList, noThreads } from './threads';

/** The conversation being shown. */
export interface Open {
  /** Made here for a new conversation; the server hears of it with the first question. */
  readonly threadId: string;
  readonly isNew: boolean;
  /** Why the thread cannot be shown. */
  readonly problem: Problem | null;
  /** The message that was opened, where it is not simply the newest. */
  readonly target?: Target;
  /** That message, once it was shown: from then on the reader may go wherever they like. */
  readonly reached?: Target;
  /** The version that was chosen last. */
  readonly chosen?: Target;
  /** Counts the wishes to be at the newest. */
  readonly jumps?: number;
  /** Counts the wishes to be at the first message, which is at hand then. */
  readonly returns?: number;
}

/** A message to go to; each time it is opened, it is another target. */
export interface Target {
  readonly messageId: string;
  /** What it was found by, as it is written there. */
  readonly words?: readonly string[];
}

/** Something that was done, while it can be taken back. */
export interface Undo {
  /** What tells this offer from the others, also when its time changes. */
  readonly id: number;
  readonly text: string;
  readonly run: () => void;
  /** The time at which it is offered no longer, unless it is looked at then. */
  readonly until: number;
  /** It is being taken back; what cannot be is on offer again. */
  readonly underWay: boolean;
  /** The threads that it was done to: it goes with any of them. */
  readonly threadIds: readonly string[];
}

/** What is on offer, of all that can be taken back. */
export function offered({ undos }: ChatState): Undo | null {
  return undos.find(({ underWay }) => !underWay) ?? null;
}

export type Screen = 'conversation' | 'settings';

/** All that the interface shows, but for the replies being made (see `live.ts`). */
export interface ChatState {
  readonly connection: Connection;
  /** The server has said that it stops. */
  readonly stopping: boolean;
  /** Why the server, which is there, does not let this page in. */
  readonly shutOut: Problem | null;
  readonly user: User | null;
  /** What keeps the history from being read or written. */
  readonly health: Problem | null;
  readonly account: Account | null;
  readonly models: ModelList | null;
  readonly threads: ThreadList;
  readonly search: SearchState;
  readonly open: Open;
  readonly screen: Screen;
  /** By thread id. */
  readonly conversations: Readonly<Record<string, Conversation>>;
  /** The question that is being changed in this window. */
  readonly editing: Message | null;
  /** What goes with the next question of each conversation, by `placeOf`. */
  readonly attached: Readonly<Partial<Record<string, readonly Attachment[]>>>;
  /** What is on its way to the server, in all threads (see `outbox.ts`). */
  readonly pending: readonly Entry[];
  /** The ids of those that the browser has not kept yet: they end with this page. */
  readonly unkept: ReadonlySet<string>;
  /** Whether what is on its way outlives this page. */
  readonly lasting: boolean;
  /** Settings of a conversation that has no thread yet. */
  readonly newSettings: ThreadSettings;
  /** Whether the thread of a new conversation is to be temporary. */
  readonly newTemporary: boolean;
  /** Folders and tags; `null` until they are known. */
  readonly folders: Folders | null;
  /** The threads chosen to do something to all of them; `null`: nothing is chosen. */
  readonly selection: ReadonlySet<string> | null;
  /** Threads whose answer has come while another one was open. */
  readonly unread: ReadonlySet<string>;
  /** What can be taken back: the newest first, each that was done before it after that. */
  readonly undos: readonly Undo[];
  readonly exchange: Exchange;
  /** Why the last change was refused. */
  readonly refusal: Problem | null;
}

/** Where what is not sent yet is kept: for each conversation, and once for the new one. */
export function placeOf({ threadId, isNew }: Open): string {
  return isNew ? 'new' : threadId;
}

/** A conversation that was open, as it is now: its thread may have been made meanwhile, and
 * of those that have none there is one. */
export function current({ open, conversations }: ChatState, was: Open): Open {
  if (open.threadId === was.threadId || placeOf(open) === placeOf(was)) {
    return open;
  }
  return was.threadId in conversations ? { ...was, isNew: false } : was;
}

/** Whether the server has said who we are: one whose history is away cannot. */
export function isKnown(user: User | null): user is User {
  return user !== null && user.id !== '';
}

/** Whether a change was refused for no other reason than that the server is out of reach. */
export function isOfConnection({ refusal, shutOut }: ChatState): boolean {
  return refusal !== null && (refusal === UNREACHED || refusal.code === shutOut?.code);
}

export function initialState(open: Open): ChatState {
  return {
    connection: { phase: 'connecting' },
    stopping: false,
    shutOut: null,
    user: null,
    health: null,
    account: null,
    models: null,
    threads: noThreads,
    search: noSearch,
    open,
    screen: 'conversation',
    conversations: {},
    editing: null,
    attached: {},
    pending: [],
    unkept: new Set(),
    lasting: true,
    newSettings: {},
    newTemporary: false,
    folders: null,
    selection: null,
    unread: new Set(),
    undos: [],
    exchange: noExchange,
    refusal: null
  };
}
