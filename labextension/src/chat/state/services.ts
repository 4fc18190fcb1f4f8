import { Commands } from '../client/commands';
import { Rest } from '../client/rest';
import type { ServerSettings } from '../client/server';
import { socketUrl } from '../client/server';
import { type Connection, Socket, type WebSocketLike } from '../client/socket';
import { newId } from '../ids';
import type { Event, Welcome } from '../protocol';
import { AccountSettings } from './account';
import { Asking } from './asking';
import { Drafts } from './drafts';
import { Following } from './following';
import { Listing } from './listing';
import { LiveReplies } from './live';
import { Memory } from './memory';
import { type ChatState, initialState } from './state';
import { Store } from './store';

/** Everything behind the interface; a shell makes it and hands it to `<Chat>`. */
export class Services {
  readonly server: ServerSettings;
  readonly store: Store<ChatState>;
  readonly live = new LiveReplies();
  readonly memory: Memory;
  readonly drafts: Drafts;
  readonly following: Following;
  readonly asking: Asking;
  readonly listing: Listing;
  readonly account: AccountSettings;
  readonly #commands: Commands;
  readonly #socket: Socket;

  constructor(server: ServerSettings, connect?: (url: string) => WebSocketLike) {
    this.server = server;
    this.store = new Store(
      initialState({ threadId: newId(), isNew: true, problem: null })
    );
    this.memory = new Memory(server.baseUrl);
    this.drafts = new Drafts(this.memory);
    this.#socket = new Socket({
      url: () => socketUrl(server),
      onConnection: this.#takeConnection,
      onFrame: frame => {
        this.#take(JSON.parse(frame) as Event);
      },
      connect
    });
    this.#commands = new Commands(frame => this.#socket.send(frame));
    const rest = new Rest(server);
    this.following = new Following(
      this.store,
      this.live,
      this.#commands,
      rest,
      this.memory,
      this.drafts
    );
    this.asking = new Asking(this.store, this.#commands, this.following);
    this.listing = new Listing(this.store, rest, this.following);
    this.account = new AccountSettings(this.store, rest);
  }

  /** Connect and load what is shown first. */
  start(): void {
    this.#socket.start();
    void this.account.load();
  }

  dispose(): void {
    this.#socket.close();
  }

  readonly reconnect = (): void => {
    this.#socket.retryNow();
  };

  readonly #takeConnection = (connection: Connection): void => {
    this.store.update(state => ({ ...state, connection }));
    if (connection.phase === 'waiting') {
      this.#commands.lose();
    }
  };

  #take(event: Event): void {
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
        this.listing.take(event.thread);
        break;
      case 'message':
        this.following.takeMessage(event);
        break;
      case 'delta':
        this.following.takeDelta(event);
        break;
      case 'waiting':
        this.following.takeWaiting(event);
        break;
      case 'thread':
        this.listing.take(event.thread);
        this.following.takeThread(event.thread);
        break;
      case 'health':
        this.#takeHealth(event.problem);
        break;
      default: // heartbeat, pong and goodbye, and what a newer server may say
        break;
    }
  }

  #welcome({ user, problem = null }: Welcome): void {
    this.store.update(state => ({ ...state, user, health: problem }));
    void this.following.follow();
    void this.listing.reload();
    this.#commands.resend();
    if (this.store.state.account === null) {
      void this.account.load();
    }
  }

  #takeHealth(problem: ChatState['health']): void {
    this.store.update(state => ({ ...state, health: problem }));
    if (problem === null) {
      void this.listing.reload();
      void this.following.follow();
      void this.account.load();
    }
  }
}
