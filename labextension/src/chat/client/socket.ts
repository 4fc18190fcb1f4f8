import { HEARTBEAT_SECONDS } from '../protocol';

/** How the connection stands; times are milliseconds since the epoch. */
export type Connection =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'open' }
  | { readonly phase: 'waiting'; readonly retryAt: number }
  | { readonly phase: 'closed' };

/** The part of the browser's `WebSocket` that is used here. */
export interface WebSocketLike {
  onmessage: ((event: { data: string }) => void) | null;
  onclose: ((event: never) => void) | null;
  send(frame: string): void;
  close(): void;
}

export interface SocketOptions {
  readonly url: () => string;
  readonly onConnection: (connection: Connection) => void;
  readonly onFrame: (frame: string) => void;
  readonly connect?: (url: string) => WebSocketLike;
  readonly random?: () => number;
}

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
const HEARD_WITHIN = 2 * HEARTBEAT_SECONDS * 1000;
/** Through a kernel the first frame may lie behind a cell that runs; another one does not. */
const OPEN_WITHIN = HEARD_WITHIN / 4;
const PROBE_MS = 5000;

/**
 * A WebSocket that comes back: exponential backoff with jitter, and a watchdog for
 * connections that are dead without having been closed.  Where the browser says that it is
 * offline, or whoever waits for an answer asks for a probe that nothing follows, it does not
 * wait for the watchdog.
 *
 * It is open once the server's first frame has come, and knows nothing of what the
 * frames mean.
 */
export class Socket {
  readonly #options: SocketOptions;
  #socket: WebSocketLike | null = null;
  #open = false;
  #attempts = 0;
  #heardAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  start(): void {
    window.addEventListener('online', this.retryNow);
    window.addEventListener('offline', this.#whenOffline);
    document.addEventListener('visibilitychange', this.#whenVisible);
    this.#watchdog = setInterval(this.#watch, HEARD_WITHIN / 8);
    this.#connect();
  }

  close(): void {
    window.removeEventListener('online', this.retryNow);
    window.removeEventListener('offline', this.#whenOffline);
    document.removeEventListener('visibilitychange', this.#whenVisible);
    clearInterval(this.#watchdog);
    clearTimeout(this.#retry);
    this.#drop();
    this.#options.onConnection({ phase: 'closed' });
  }

  /** Send a frame if the connection is open; whoever needs it sent repeats it. */
  send(frame: string): boolean {
    if (!this.#open) {
      return false;
    }
    this.#socket?.send(frame);
    return true;
  }

  /** See whether the server can still be heard: `frame` is one that it answers. */
  probe(frame: string): void {
    if (this.#probe === undefined && this.send(frame)) {
      this.#probe = setTimeout(this.#giveUp, PROBE_MS);
    }
  }

  /** Connect at once instead of at the end of the wait. */
  readonly retryNow = (): void => {
    if (this.#socket === null && this.#watchdog !== undefined) {
      clearTimeout(this.#retry);
      this.#connect();
    }
  };

  #connect(): void {
    this.#options.onConnection({ phase: 'connecting' });
    this.#heardAt = Date.now();
    const { connect = (url: string) => new WebSocket(url) as WebSocketLike, url } =
      this.#options;
    const socket = connect(url());
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.#heardAt = Date.now();
      this.#endProbe();
      if (!this.#open) {
        this.#open = true;
        this.#attempts = 0;
        this.#options.onConnection({ phase: 'open' });
      }
      this.#options.onFrame(data);
    };
    socket.onclose = this.#giveUp;
  }

  #wait(): void {
    const { random = Math.random } = this.#options;
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempts);
    const delay = longest * (0.5 + 0.5 * random());
    this.#attempts += 1;
    this.#options.onConnection({ phase: 'waiting', retryAt: Date.now() + delay });
    this.#retry = setTimeout(() => {
      this.#connect();
    }, delay);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    this.#endProbe();
    if (socket !== null) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  #endProbe(): void {
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  /** This connection is of no use any more; another one is tried in a moment. */
  readonly #giveUp = (): void => {
    this.#drop();
    this.#wait();
  };

  readonly #watch = (): void => {
    const patience = this.#open ? HEARD_WITHIN : OPEN_WITHIN;
    if (this.#socket !== null && Date.now() - this.#heardAt > patience) {
      this.#giveUp();
    }
  };

  /** What is sent now would get nowhere, and the socket would not say so. */
  readonly #whenOffline = (): void => {
    if (this.#socket !== null) {
      this.#giveUp();
    }
  };

  readonly #whenVisible = (): void => {
    if (document.visibilityState === 'visible') {
      this.retryNow();
    }
  };
}
