import type { WebSocketLike } from './socket';

/** Another way to the server than the browser's own. */
export interface Transport {
  connect(): WebSocketLike;
  /** `path` is a part of the REST interface; rejects where the server is not reached. */
  fetch(path: string, request: { method: string; body?: string }): Promise<Response>;
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
  /** Only where the page cannot reach the server itself. */
  readonly transport?: Transport;
}

const API = 'jupyter-chat/api/';

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

/** Let the browser save what a part of the REST interface answers. */
export function save(server: ServerSettings, path: string): void {
  const url = new URL(apiUrl(server, path));
  if (server.token) {
    url.searchParams.set('token', server.token);
  }
  const link = document.createElement('a');
  link.href = url.href;
  link.download = ''; // the server names it
  document.body.append(link);
  link.click();
  link.remove();
}

function absolute(url: string): string {
  return new URL(url, window.location.href).href;
}
