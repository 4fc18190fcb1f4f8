import { ProblemError, problemIn } from './problem';
import type { WebSocketLike } from './socket';

export interface Request {
  readonly method: string;
  readonly body?: string | Blob;
  readonly signal?: AbortSignal;
}

/** A way to the server. */
export interface Transport {
  connect(): WebSocketLike;
  /**
   * `path` is a part of the REST interface; rejects where the server is not reached, with a
   * `ProblemError` where there is more to be said of that.
   */
  fetch(path: string, request: Request): Promise<Response>;
}

/** Where the Jupyter server is and how to be let in. */
export interface ServerSettings {
  /** Ends with a slash, e.g. `http://localhost:8888/user/ada/`. */
  readonly baseUrl: string;
  /** The same with `ws:` or `wss:`; derived from `baseUrl` where it is empty. */
  readonly wsUrl?: string;
  /** Only where the cookie does not do. */
  readonly token?: string;
  /** In place of the browser's own, where a session may have to be renewed. */
  readonly fetch?: (url: string, request: RequestInit) => Promise<Response>;
  /** Only where the browser's own way does not lead there. */
  readonly transport?: Transport;
}

const API = 'jupyter-chat/api/';
/** So long the browser has to begin with a file. */
const KEPT_MS = 60_000;

/** The absolute address of a part of the REST interface. */
export function apiUrl(server: ServerSettings, path: string): string {
  return new URL(API + path, absolute(server.baseUrl)).href;
}

/** The absolute address of the socket. */
export function socketUrl(server: ServerSettings): string {
  const base = absolute(server.wsUrl || server.baseUrl);
  const url = new URL(`${API}socket`, base.replace(/^http/, 'ws'));
  if (server.token) {
    url.searchParams.set('token', server.token);
  }
  const xsrf = xsrfToken();
  if (xsrf !== undefined) {
    url.searchParams.set('_xsrf', xsrf); // a socket has no headers to put it in
  }
  return url.href;
}

/** What shows the server that a request comes from one of its own pages. */
export function xsrfToken(): string | undefined {
  const pairs = document.cookie.split('; ').map(pair => pair.split('='));
  return pairs.find(([name]) => name === '_xsrf')?.[1];
}

/** The address of the page: at a thread, at one of its messages, or at a new one. */
export function pageUrl(
  server: ServerSettings,
  threadId: string | null,
  messageId: string | null = null
): string {
  const place = [threadId, messageId].filter(id => id !== null).join('/');
  const path = threadId === null ? 'jupyter-chat/' : `jupyter-chat/t/${place}`;
  return new URL(path, absolute(server.baseUrl)).href;
}

/** The browser's own way. */
export function browserTransport(server: ServerSettings): Pick<Transport, 'fetch'> {
  const { fetch: ask = fetch, token } = server;
  return {
    fetch: (path, request) => {
      const headers: Record<string, string> = { 'Content-Type': 'application/json' };
      const xsrf = xsrfToken();
      if (xsrf !== undefined) {
        headers['X-XSRFToken'] = xsrf;
      }
      if (token) {
        headers.Authorization = `token ${token}`;
      }
      return ask(apiUrl(server, path), {
        ...request,
        headers,
        cache: 'no-store',
        credentials: 'same-origin'
      });
    }
  };
}

/** Let the browser save what a part of the REST interface answers. */
export async function save(server: ServerSettings, path: string): Promise<void> {
  const { transport, token } = server;
  const link = document.createElement('a');
  if (transport === undefined) {
    const url = new URL(apiUrl(server, path));
    if (token) {
      url.searchParams.set('token', token);
    }
    link.href = url.href;
    link.download = ''; // the server names it
  } else {
    const response = await transport.fetch(path, { method: 'GET' });
    if (!response.ok) {
      throw new ProblemError(
        problemIn(await response.json().catch(() => null), response)
      );
    }
    link.href = URL.createObjectURL(await response.blob());
    link.download = fileName(response);
    setTimeout(URL.revokeObjectURL, KEPT_MS, link.href);
  }
  document.body.append(link);
  link.click();
  link.remove();
}

/** What the server calls a file. */
export function fileName(response: Response): string {
  const saved = response.headers.get('Content-Disposition') ?? '';
  return decodeURIComponent(/filename\*=UTF-8''([^;]+)/.exec(saved)?.[1] ?? 'export');
}

function absolute(url: string): string {
  return new URL(url, window.location.href).href;
}
