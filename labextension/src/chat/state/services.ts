import { Commands } from '../client/commands';
import { toJson } from '../client/json';
import { problemOf } from '../client/problem';
import { Rest } from '../client/rest';
import type { ServerSettings } from '../client/server';
import { socketUrl } from '../client/server';
import { BestShelf, DatabaseShelf, type Shelf } from '../client/shelf';
import { type Connection, Socket, type WebSocketLike } from '../client/socket';
import { BrowserTabs, type Tabs } from '../client/tabs';
import { newId } from '../ids';
import type { Event, More, Welcome, User } from '../protocol';
import { AccountSettings } from './account';
import { Asking } from './asking';
import { Attaching } from './attaching';
import { Branches } from './branches';
import { Drafts } from './drafts';
import { Edits } from './edits';
import { TakingAlong } from './exchange';
import { Browsing } from './browsing';
import { Following } from './following';
import { Listing } from './listing';
import { LiveReplies } from './live';
import { Memory } from './memory';
import { Organising } from './organising';
import { type Note, Outbox } from './outbox';
import type { Entry } from './pending';
import { Searching } from './searching';
import { type ChatState, initialState, isKnown, isOfConnection } from './state';
import { Store } from './store';

const PING = toJson({ type: 'ping', id: 'probe' });

/** What belongs to the browser, and what tests take the place of. */
interface Browser {
  readonly connect?: (url: string) => WebSocketLike;
  readonly shelf?: Shelf<Entry>;
  readonly tabs?: (onNote: (note: Note) => void) => Tabs<Note>;
  readonly memory?: Memory;
}

/** Whose things these are, among all that the browser keeps. */
export function ownerOf({ baseUrl }: ServerSettings, { id }: User): string {
  return `${new URL(baseUrl, window.location.href).href} ${id}`;
}

/** Everything behind the interface; a shell makes it and hands it to `<Chat>`. */
export class Services {
  readonly server: ServerSettings;
  readonly store: Store<ChatState>;
  readonly live = new LiveReplies();
  readonly memory: Memory;
  readonly attaching: Attaching;
  readonly drafts: Drafts;
  readonly edits: Edits;
  readonly browsing: Browsing;
  readonly following: Following;
  readonly outbox: Outbox;
  readonly asking: Asking;
  readonly branches: Branches;
  readonly listing: Listing;
  readonly organising: Organising;
  readonly searching: Searching;
  readonly account: AccountSettings;
  readonly takingAlong: TakingAlong;
  readonly rest: Rest;
  /** Who hears of every event as well: parts that not every shell has. */
  readonly listeners = new Set<(event: Event) => void>();
  readonly #commands: Commands;
  readonly #socket: Socket;
  readonly #tabs: Tabs<Note>;

  constructor(server: ServerSettings, browser: Browser = {}) {
    this.server = server;
    this.store = new Store(
      initialState({ threadId: newId(), isNew: true, problem: null })
    );
    this.memory = browser.memory ?? new Memory(server.baseUrl);
    this.attaching = new Attaching(this.store);
    this.drafts = new Drafts(this.memory);
    this.edits = new Edits(new Memory(server.baseUrl, () => sessionStorage));
    this.#socket = new Socket({
      url: () => socketUrl(server),
      onConnection: this.#takeConnection,
      onFrame: frame => {
        this.#take(JSON.parse(frame) as Event | More);
      },
      connect: browser.connect ?? server.transport?.connect
    });
    this.#commands = new Commands(
      frame => this.#socket.send(frame),
      () => {
        this.#socket.probe(PING);
      }
    );
    const rest = (this.rest = new Rest(server));
    this.browsing = new Browsing(this.store, this.#commands, rest);
    this.following = new Following(
      this.store,
      this.live,
      this.#commands,
      this.browsing,
      this.memory,
      this.drafts,
      this.attaching,
      this.edits
    );
    const onNote = (note: Note) => {
      this.outbox.takeNote(note);
    };
    this.#tabs = browser.tabs?.(onNote) ?? new BrowserTabs<Note>('jupyter-chat', onNote);
    this.outbox = new Outbox(
      this.store,
      this.#commands,
      this.following,
      new BestShelf<Entry>(browser.shelf ?? new DatabaseShelf(), () => {
        this.store.update(state => ({ ...state, lasting: false }));
      }),
      this.#tabs
    );
    this.asking = new Asking(
      this.store,
      this.#commands,
      this.following,
      this.browsing,
      this.outbox,
      this.drafts,
      this.attaching
    );
    this.listing = new Listing(
      this.store,
      rest,
      this.following,
      this.outbox,
      this.memory
    );
    this.organising = new Organising(this.store, rest, this.listing, this.following);
    this.searching = new Searching(this.store, rest);
    this.branches = new Branches(
      this.store,
      this.#commands,
      this.following,
      this.organising
    );
    this.account = new AccountSettings(this.store, rest);
    this.takingAlong = new TakingAlong(
      this.store,
      rest,
      server,
      this.listing,
      this.memory
    );
  }

  /** Connect and load what is shown first. */
  start(): void {
    this.#socket.start();
    void this.account.load();
  }

  dispose(): void {
    this.#socket.close();
    this.#tabs.close();
  }

  readonly reconnect = (): void => {
    this.#socket.retryNow();
  };

  readonly #takeConnection = (connection: Connection): void => {
    this.store.update(state => ({ ...state, connection }));
    if (connection.phase === 'waiting' || connection.phase === 'closed') {
      this.outbox.disconnected();
      this.#commands.lose();
    }
    if (connection.phase === 'waiting') {
      void this.#askWhy();
    }
  };

  /** A socket that is refused does not say why; a request is told. */
  async #askWhy(): Promise<void> {
    try {
      await this.rest.account();
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === 'forbidden' || problem.code === 'service_down') {
        this.store.update(state => ({ ...state, shutOut: problem }));
      }
    }
  }

  #take(event: Event | More): void {
    if (Array.isArray(event)) {
      this.following.takeMore(event);
      return;
    }
    switch (event.type) {
      case 'welcome':
        this.#welcome(event);
        break;
      case 'ack':
      case 'rejected':
        if (!this.#commands.settle(event) && event.type === 'rejected') {
          this.store.update(state => ({ ...state, refusal: event.problem }));
        }
        break;
      case 'snapshot':
        this.following.takeSnapshot(event);
        this.outbox.shown(event.thread_id);
        this.listing.take(event.thread);
        break;
      case 'message':
        this.following.takeMessage(event);
        if (event.message.client_id != null) {
          this.outbox.shown(event.thread_id, event.message.client_id);
        }
        break;
      case 'delta':
        this.following.takeDelta(event);
        break;
      case 'waiting':
        this.following.takeWaiting(event);
        break;
      case 'summary':
        this.following.takeSummary(event);
        break;
      case 'thread':
        this.listing.take(event.thread);
        this.searching.take(event.thread);
        this.following.takeThread(event.thread);
        break;
      case 'gone':
        this.listing.drop(event.thread_id);
        break;
      case 'import':
        this.takingAlong.take(event.progress);
        break;
      case 'health':
        this.#takeHealth(event.problem);
        break;
      case 'goodbye':
        this.store.update(state => ({ ...state, stopping: true }));
        break;
      default: // heartbeat and pong, what listeners know, and what a newer server may say
        break;
    }
    this.listeners.forEach(listener => {
      listener(event);
    });
  }

  #welcome({ user, problem = null }: Welcome): void {
    const before = this.store.state.user;
    if (isKnown(before) && isKnown(user) && before.id !== user.id) {
      this.#changePerson();
    }
    this.store.update(state => ({
      ...state,
      user,
      health: problem,
      stopping: false,
      shutOut: null,
      refusal: isOfConnection(state) ? null : state.refusal // one can try again now
    }));
    this.browsing.resume();
    void this.following.follow();
    void this.listing.reload();
    this.#commands.resend();
    this.#sendWhatWaits();
    if (this.store.state.exchange.progress !== null) {
      void this.takingAlong.load(); // it may have ended meanwhile
    }
    if (this.store.state.account === null) {
      void this.account.load();
    }
  }

  /** Somebody else has signed in: nothing of the one before is shown or sent. */
  #changePerson(): void {
    this.#commands.abandon();
    this.browsing.abandon();
    this.account.entered.clear();
    this.store.update(({ open, connection, lasting }) => ({
      ...initialState({ ...open, isNew: true }),
      ...{ connection, lasting }
    }));
    this.following.openNew();
  }

  #sendWhatWaits(): void {
    const { user, health } = this.store.state;
    if (isKnown(user)) {
      void this.outbox.connected(ownerOf(this.server, user)).then(() => {
        this.following.expectNew();
        if (health === null) {
          void this.outbox.revive();
        }
      });
    }
  }

  #takeHealth(problem: ChatState['health']): void {
    this.store.update(state => ({ ...state, health: problem }));
    if (problem === null) {
      void this.listing.reload();
      void this.following.follow();
      void this.account.load().then(() => {
        // A server whose history was away when we came could not say who we are.
        const { account } = this.store.state;
        if (account !== null && !isKnown(this.store.state.user)) {
          this.store.update(state => ({ ...state, user: account.user }));
        }
        this.#sendWhatWaits();
      });
    }
  }
}
