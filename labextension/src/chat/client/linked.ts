// A user's server on a hub that is linked with the hub's chat service (see `hub.py` of the
// protocol): it says where the service is, and all but files goes there.

import {
  ACCESS_PROTOCOL_PREFIX,
  ACCESS_SCHEME,
  type Access,
  type Problem,
  SOCKET_PROTOCOL
} from '../protocol';
import { ProblemError, UNREAD, isProblem, problemIn, problemOf } from './problem';
import { signInAgain } from './signingIn';
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
const OWN_STOPPED: Problem = {
  code: 'service_down',
  message:
    'Your server on this hub is stopped. The history is kept, and so is what you typed. ' +
    'Start your server again: the chat then goes on by itself.'
};
/** What proxies say where nobody answers them. */
const OF_PROXIES = [502, 503, 504];
/** What a hub says in place of a server that does not run, besides. */
const NOT_RUNNING = 424;

/**
 * The way to the service.  Access is renewed by whatever needs it next, so nothing is missed while
 * a computer sleeps, and open sockets stay as they are.  Where the service is not reached, or does
 * not let one in, the server is asked once more: it knows which replica answers.
 */
export class LinkedTransport implements Transport {
  readonly #own: Transport['fetch'];
  #held: Held | null = null;
  /** The access with which the service could not be reached. */
  #useless: Held | null = null;
  #asking: Promise<Held> | null = null;
  /** Why the own server gave no access when it was asked last. */
  #unasked: Problem | null = null;

  constructor(own: ServerSettings) {
    this.#own = browserTransport(own).fetch;
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
      throw new ProblemError(this.#unasked === OWN_STOPPED ? OWN_STOPPED : AWAY);
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
      const problem = problemOf(error);
      const isOfService = problem.code === 'service_down' && problem !== OWN_STOPPED;
      const isFinal = problem.code === 'forbidden' || (isUseless && isOfService);
      if (held === null || isFinal || Date.now() >= held.endsAt) {
        throw error;
      }
      return held; // it is good for a while yet
    }
  }

  /** All who need it at the same time ask once. */
  #ask(method: 'GET' | 'POST'): Promise<Held> {
    this.#asking ??= this.#askOwn(method)
      .then(access => {
        this.#unasked = null;
        return (this.#held = take(access));
      })
      .catch((error: unknown) => {
        this.#unasked = problemOf(error);
        throw error;
      })
      .finally(() => {
        this.#asking = null;
      });
    return this.#asking;
  }

  async #askOwn(method: 'GET' | 'POST'): Promise<Access> {
    let [response, answer] = await this.#answerOf(method);
    if (method === 'POST' && isUnexplained(response, answer)) {
      // A hub that answers in place of a stopped server refuses all but reading.
      [response, answer] = await this.#answerOf('GET');
    }
    // A server on a hub that was started again knows nobody who had signed in before.
    if (isForbidden(response) && (await signInAgain())) {
      [response, answer] = await this.#answerOf('GET');
    }
    if (response.ok && answer !== null) {
      return answer as Access;
    }
    throw new ProblemError(
      isOwnStopped(response, answer) ? OWN_STOPPED : problemIn(answer, response)
    );
  }

  async #answerOf(method: 'GET' | 'POST'): Promise<[Response, unknown]> {
    try {
      const response = await this.#own('access', { method });
      return [response, await response.json().catch(() => null)];
    } catch {
      throw new ProblemError(UNREAD);
    }
  }
}

function problemSaid(answer: unknown): boolean {
  return isProblem((answer as { problem?: unknown } | null)?.problem);
}

function isForbidden({ status }: Response): boolean {
  return status === 401 || status === 403;
}

/** Refused, and not by the chat, which would say why. */
function isUnexplained(response: Response, answer: unknown): boolean {
  return (isForbidden(response) || response.status === 405) && !problemSaid(answer);
}

/** Somebody else has answered in place of the own server. */
function isOwnStopped({ status }: Response, answer: unknown): boolean {
  return [NOT_RUNNING, ...OF_PROXIES].includes(status) && !problemSaid(answer);
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
