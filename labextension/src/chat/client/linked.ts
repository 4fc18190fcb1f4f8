// A user's server on a hub that is linked with the hub's chat service (see `hub.py` of the
// protocol): it says where the service is, and all but files goes there.

import {
  ACCESS_PROTOCOL_PREFIX,
  ACCESS_SCHEME,
  type Access,
  type Problem,
  SOCKET_PROTOCOL
} from '../protocol';
import { ProblemError, problemOf } from './problem';
import { Rest } from './rest';
import {
  type Request,
  type ServerSettings,
  type Transport,
  apiUrl,
  browserTransport
} from './server';
import type { WebSocketLike } from './socket';

/** What lets one into the service for a while; nothing of the browser's keeps it. */
interface Held {
  readonly place: ServerSettings;
  readonly token: string;
  readonly madeAt: number;
  readonly renewAt: number;
  readonly endsAt: number;
}

/** Access that ends sooner is asked for again, or after three quarters of it. */
const SPARE_MS = 60_000;
/** What is refused with access that is newer is refused for another reason. */
const FRESH_MS = 5000;
/** Of the user's own server, which may read them. */
const FILES = 'attachments/';
const AWAY: Problem = {
  code: 'service_down',
  message:
    'The chat service of this hub does not answer. The history is kept there, and what you ' +
    'now ask is sent when it is back.'
};
/** What proxies say where nobody answers them. */
const OF_PROXIES = [502, 503, 504];

/**
 * The way to the service.  Access is renewed by whatever needs it next, so nothing is missed while
 * a computer sleeps, and open sockets stay as they are.  Where the service is not reached, or does
 * not let one in, the server is asked once more: it knows which replica answers.
 */
export class LinkedTransport implements Transport {
  readonly #own: Transport['fetch'];
  readonly #rest: Rest;
  #held: Held | null = null;
  /** The access with which the service could not be reached. */
  #useless: Held | null = null;
  #asking: Promise<Held> | null = null;

  constructor(own: ServerSettings) {
    this.#own = browserTransport(own).fetch;
    this.#rest = new Rest(own);
  }

  readonly fetch = async (path: string, request: Request): Promise<Response> => {
    if (path.startsWith(FILES)) {
      return this.#own(path, request);
    }
    const held = await this.#current();
    const response = await ask(held, path, request);
    if (response !== null && !isRefused(response, held)) {
      return response;
    }
    request.signal?.throwIfAborted();
    this.#useless = held;
    const again = await ask(await this.#current(), path, request);
    if (again === null) {
      throw new ProblemError(AWAY);
    }
    return again;
  };

  readonly connect = (): WebSocketLike => {
    let socket: WebSocket | null = null;
    let isClosed = false;
    const outer: WebSocketLike = {
      onmessage: null,
      onclose: null,
      send: frame => {
        socket?.send(frame);
      },
      close: () => {
        isClosed = true;
        socket?.close();
      }
    };
    const end = () => {
      outer.onclose?.(undefined as never);
    };
    const open = (held: Held) => {
      if (isClosed) {
        return;
      }
      const { place, token } = held;
      let wasOpen = false;
      const access = `${ACCESS_PROTOCOL_PREFIX}${token}`;
      const url = apiUrl(place, 'socket').replace(/^http/, 'ws');
      socket = new WebSocket(url, [SOCKET_PROTOCOL, access]);
      socket.onmessage = (event: MessageEvent<string>) => {
        wasOpen = true;
        outer.onmessage?.(event);
      };
      socket.onclose = () => {
        if (!wasOpen) {
          this.#useless = held;
        }
        end();
      };
    };
    this.#current().then(open, end);
    return outer;
  };

  async #current(): Promise<Held> {
    const held = this.#held;
    const isUseless = held !== null && held === this.#useless;
    if (held !== null && !isUseless && Date.now() < held.renewAt) {
      return held;
    }
    try {
      return await this.#ask(isUseless ? 'POST' : 'GET');
    } catch (error) {
      const { code } = problemOf(error);
      const isFinal = code === 'forbidden' || (isUseless && code === 'service_down');
      if (held === null || isFinal || Date.now() >= held.endsAt) {
        throw error;
      }
      return held; // it is good for a while yet
    }
  }

  /** All who need it at the same time ask once. */
  #ask(method: 'GET' | 'POST'): Promise<Held> {
    this.#asking ??= this.#rest
      .ask<Access>(method, 'access')
      .then(access => (this.#held = take(access)))
      .finally(() => {
        this.#asking = null;
      });
    return this.#asking;
  }
}

function take({ url, token, seconds_left: seconds }: Access): Held {
  const now = Date.now();
  const left = seconds * 1000;
  return {
    place: { baseUrl: new URL(url, window.location.href).href },
    token,
    madeAt: now,
    renewAt: now + left - Math.min(SPARE_MS, left / 4),
    endsAt: now + left
  };
}

/** What the service answers; `null`: nobody has answered, but for a proxy. */
async function ask(
  { place, token }: Held,
  path: string,
  request: Request
): Promise<Response | null> {
  try {
    const response = await fetch(apiUrl(place, path), {
      ...request,
      headers: {
        'Content-Type': 'application/json',
        Authorization: `${ACCESS_SCHEME} ${token}`
      },
      cache: 'no-store',
      credentials: 'omit'
    });
    const isOfService = response.headers.get('Content-Type')?.includes('json') ?? false;
    return OF_PROXIES.includes(response.status) && !isOfService ? null : response;
  } catch {
    return null;
  }
}

/** The access may have been taken away before its time. */
function isRefused({ status }: Response, { madeAt }: Held): boolean {
  return status === 403 && Date.now() - madeAt > FRESH_MS;
}
