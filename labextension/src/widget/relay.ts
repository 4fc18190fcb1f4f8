import type { WebSocketLike } from '../chat/client/socket';
import type { Transport } from '../chat/client/server';
import type { Model } from './model';

/** What the kernel says (see `relay.py`). */
type Said =
  | { readonly type: 'frame'; readonly view: string; readonly frame: string }
  | { readonly type: 'closed'; readonly view: string }
  | {
      readonly type: 'fetched';
      readonly id: string;
      readonly status: number;
      readonly body: string;
    };

const UNREACHABLE = 599;
const PATIENCE = 60_000;

/** The way to the server through the kernel, where the page cannot reach it. */
export class Relay implements Transport {
  readonly #model: Model;
  readonly #sockets = new Map<string, RelayedSocket>();
  readonly #requests = new Map<string, (response: Response | null) => void>();
  #count = 0;
  #ended = false;

  constructor(
    model: Model,
    private readonly onEnd: () => void
  ) {
    this.#model = model;
    model.on('msg:custom', this.#take);
    model.on('comm_live_update', this.#look);
  }

  readonly connect = (): WebSocketLike => {
    const view = this.#name();
    const socket = new RelayedSocket(
      message => {
        this.#send({ ...message, view });
      },
      () => {
        this.#sockets.delete(view);
      }
    );
    this.#sockets.set(view, socket);
    this.#send({ type: 'open', view });
    if (this.#ended) {
      queueMicrotask(() => {
        socket.end();
      });
    }
    return socket;
  };

  readonly fetch = (
    path: string,
    { method, body }: { method: string; body?: string }
  ): Promise<Response> => {
    const id = this.#name();
    return new Promise((resolve, reject) => {
      const settle = (response: Response | null) => {
        clearTimeout(timer);
        this.#requests.delete(id);
        if (response === null) {
          reject(new Error('The kernel could not reach the server.'));
        } else {
          resolve(response);
        }
      };
      const timer = setTimeout(settle, PATIENCE, null);
      this.#requests.set(id, settle);
      this.#send({ type: 'fetch', id, method, path, body });
      if (this.#ended) {
        settle(null);
      }
    });
  };

  /** The kernel has ended, and with it the way to the server. */
  end(): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.onEnd();
    for (const socket of [...this.#sockets.values()]) {
      socket.end();
    }
    for (const settle of [...this.#requests.values()]) {
      settle(null);
    }
  }

  #send(message: object): void {
    if (this.#ended) {
      return;
    }
    try {
      this.#model.send(message);
    } catch {
      this.end();
    }
  }

  /** The kernel was restarted, perhaps: a message that it has no use for finds out. */
  readonly #look = (): void => {
    this.#send({ type: 'close', view: '' });
  };

  dispose(): void {
    this.#model.off('msg:custom', this.#take);
    this.#model.off('comm_live_update', this.#look);
  }

  readonly #take = (said: Said): void => {
    if (said.type === 'frame') {
      this.#sockets.get(said.view)?.onmessage?.({ data: said.frame });
    } else if (said.type === 'closed') {
      this.#sockets.get(said.view)?.end();
    } else if (said.type === 'fetched') {
      const isReached = said.status !== UNREACHABLE;
      // A response with one of these statuses may not have a body.
      const body = said.status === 204 || said.status === 304 ? null : said.body;
      this.#requests.get(said.id)?.(
        isReached ? new Response(body, { status: said.status }) : null
      );
    }
  };

  /** Other views of the same widget use the same comm. */
  #name(): string {
    this.#count += 1;
    return `${VIEW}-${String(this.#count)}`;
  }
}

const VIEW = Math.random().toString(36).slice(2);

class RelayedSocket implements WebSocketLike {
  onmessage: WebSocketLike['onmessage'] = null;
  onclose: WebSocketLike['onclose'] = null;
  readonly #tell: (message: object) => void;
  readonly #forget: () => void;

  constructor(tell: (message: object) => void, forget: () => void) {
    this.#tell = tell;
    this.#forget = forget;
  }

  send(frame: string): void {
    this.#tell({ type: 'frame', frame });
  }

  close(): void {
    this.#forget();
    this.#tell({ type: 'close' });
  }

  /** The other side has closed. */
  end(): void {
    this.#forget();
    this.onclose?.(undefined as never);
  }
}
