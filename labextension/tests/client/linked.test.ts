import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LinkedTransport } from '../../src/chat/client/linked';
import { ProblemError } from '../../src/chat/client/problem';
import { Rest } from '../../src/chat/client/rest';
import { type ServerSettings, save } from '../../src/chat/client/server';
import { signInAgain } from '../../src/chat/client/signingIn';

vi.mock('../../src/chat/client/signingIn', () => ({
  signInAgain: vi.fn(() => Promise.resolve(false))
}));

const { host, origin } = window.location;
const OWN = `${origin}/user/ada/jupyter-chat/api/`;
const SETTINGS: ServerSettings = {
  baseUrl: `${origin}/user/ada/`,
  token: 'of-the-page'
};
const of = (replica: number) =>
  `${origin}/services/chat-${String(replica)}/jupyter-chat/api/`;

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly credentials?: string;
}

/** A hub with a user's server and two replicas of the service. */
class Hub {
  readonly asked: Asked[] = [];
  readonly away = new Set<number>();
  present = 1;
  seconds = 900;
  given = 0;
  refused: object | null = null;
  ownIsAway = false;
  /** What answers in place of the user's own server, or before anybody is let in there. */
  instead: ((method: string) => Promise<Response>) | null = null;
  /** Access that is good. */
  good = '';
  answers: (url: string) => Response | undefined = () => undefined;

  readonly fetch = (url: string, init: RequestInit): Promise<Response> => {
    const { method = 'GET', headers, credentials } = init;
    this.asked.push({ method, url, headers: headers as never, credentials });
    if (url === `${OWN}access`) {
      return this.#access(method);
    }
    if (url.startsWith(OWN)) {
      return json({ own: true });
    }
    const replica = url.startsWith(of(1)) ? 1 : 2;
    if (this.away.has(replica)) {
      const page = new Response('<html>', { status: 503 });
      return replica === 1 ? Promise.resolve(page) : Promise.reject(new TypeError());
    }
    const shown = (headers as Record<string, string>).Authorization;
    if (shown !== `jupyter-chat-access ${this.good}`) {
      return json({ problem: { code: 'forbidden', message: 'It has ended.' } }, 403);
    }
    return Promise.resolve(
      this.answers(url) ?? new Response('{"user": {}}', JSON_HEADERS)
    );
  };

  #access(method: string): Promise<Response> {
    if (this.ownIsAway) {
      return Promise.reject(new TypeError('Failed to fetch'));
    }
    if (this.instead !== null) {
      return this.instead(method);
    }
    if (this.refused !== null) {
      return json({ problem: this.refused }, 403);
    }
    if (method === 'POST') {
      const answering = [this.present, 3 - this.present].find(
        each => !this.away.has(each)
      );
      if (answering === undefined) {
        return json({ problem: { code: 'service_down', message: 'All are away.' } }, 503);
      }
      this.present = answering;
    }
    this.given += 1;
    this.good = `access-${String(this.given)}`;
    const url = `/services/chat-${String(this.present)}/`;
    return json({ url, token: this.good, seconds_left: this.seconds });
  }

  /** What was asked of the user's own server for access. */
  get trades(): string[] {
    return this.asked
      .filter(({ url }) => url === `${OWN}access`)
      .map(({ method }) => method);
  }
}

const JSON_HEADERS = { headers: { 'Content-Type': 'application/json' } };

function json(body: object, status = 200): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status, ...JSON_HEADERS }));
}

/** What a hub says in place of a server that does not run. */
function notRunning(method: string): Promise<Response> {
  return json({ message: 'Not running' }, method === 'GET' ? 424 : 403);
}

class FakeSocket {
  static opened: FakeSocket[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: string[] = [];
  closed = false;

  constructor(
    readonly url: string,
    readonly protocols: string[]
  ) {
    FakeSocket.opened.push(this);
  }

  send(frame: string): void {
    this.sent.push(frame);
  }

  close(): void {
    this.closed = true;
  }
}

let hub: Hub;
let rest: Rest;
let transport: LinkedTransport;
let server: ServerSettings;

beforeEach(() => {
  vi.useFakeTimers();
  hub = new Hub();
  FakeSocket.opened = [];
  vi.stubGlobal('fetch', hub.fetch);
  vi.stubGlobal('WebSocket', FakeSocket);
  transport = new LinkedTransport(SETTINGS);
  server = { ...SETTINGS, transport };
  rest = new Rest(server);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  document.cookie = '_xsrf=; max-age=0';
  localStorage.clear();
});

async function problem(call: Promise<unknown>) {
  const error: unknown = await call.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ProblemError);
  return (error as ProblemError).problem;
}

/** A socket that is being opened, and the browser's own. */
async function connect() {
  const outer = transport.connect();
  outer.onclose = vi.fn();
  outer.onmessage = vi.fn();
  await vi.advanceTimersByTimeAsync(0);
  return { outer, inner: FakeSocket.opened.at(-1) };
}

describe('a request', () => {
  it('goes to the service with the access that the user’s own server gives', async () => {
    document.cookie = '_xsrf=2|abc';
    await rest.account();
    const [access, account] = hub.asked;
    expect(access).toMatchObject({
      method: 'GET',
      url: `${OWN}access`,
      credentials: 'same-origin',
      headers: { Authorization: 'token of-the-page', 'X-XSRFToken': '2|abc' }
    });
    expect(account).toEqual({
      method: 'GET',
      url: `${of(1)}account`,
      credentials: 'omit',
      headers: {
        Authorization: 'jupyter-chat-access access-1',
        'Content-Type': 'application/json'
      }
    });
  });

  it('asks for access once, however many there are', async () => {
    await Promise.all([rest.account(), rest.models(), rest.folders()]);
    await rest.account();
    expect(hub.trades).toEqual(['GET']);
  });

  it('for files goes to the user’s own server', async () => {
    await rest.files('read', { path: 'a.txt' });
    expect(hub.asked.map(({ url }) => url)).toEqual([`${OWN}attachments/read`]);
  });

  it('renews access that ends within a minute, and that the computer slept through', async () => {
    await rest.account();
    vi.setSystemTime(Date.now() + 839_000);
    await rest.account();
    expect(hub.trades).toEqual(['GET']);
    vi.setSystemTime(Date.now() + 2000);
    await rest.account();
    expect(hub.trades).toEqual(['GET', 'GET']);
    vi.setSystemTime(Date.now() + 3_600_000);
    await rest.account();
    expect(hub.trades).toEqual(['GET', 'GET', 'GET']);
    const shown = hub.asked.filter(({ url }) => url.endsWith('account'));
    expect(shown.map(({ headers }) => headers.Authorization.split('-').at(-1))).toEqual([
      ...['1', '1', '2', '3']
    ]);
  });

  it('uses what is good for a while yet where the own server does not answer', async () => {
    await rest.account();
    hub.ownIsAway = true;
    vi.setSystemTime(Date.now() + 880_000);
    await rest.account();
    vi.setSystemTime(Date.now() + 21_000);
    expect((await problem(rest.account())).message).toContain('could not be reached');
  });

  it.each([1, 2])('follows to the other replica where %i is away', async replica => {
    hub.present = replica;
    await rest.account();
    hub.away.add(replica);
    await rest.account();
    expect(hub.trades).toEqual(['GET', 'POST']);
    expect(hub.asked.at(-1)?.url).toBe(`${of(3 - replica)}account`);
  });

  it('is repeated with new access where it is refused, once', async () => {
    await rest.account();
    hub.good = 'another';
    vi.setSystemTime(Date.now() + 10_000);
    await rest.account();
    expect(hub.trades).toEqual(['GET', 'POST']);
  });

  it('that is refused for another reason asks for no access', async () => {
    await rest.account();
    const body = '{"problem": {"code": "forbidden", "message": "Not you."}}';
    hub.answers = () => new Response(body, { status: 403, ...JSON_HEADERS });
    expect((await problem(rest.account())).message).toBe('Not you.');
    expect(hub.trades).toEqual(['GET']);
  });

  it('says why there is no access', async () => {
    hub.refused = { code: 'forbidden', message: 'You were removed from this hub.' };
    expect(await problem(rest.account())).toEqual(hub.refused);
  });

  it('says that the own server is stopped, and goes on when it runs again', async () => {
    hub.instead = notRunning;
    const message: unknown = expect.stringMatching(/^Your server on this hub is stopped/);
    const stopped = { code: 'service_down', message };
    expect(await problem(rest.account())).toMatchObject(stopped);
    hub.instead = null;
    await rest.account();
    hub.away.add(1).add(2); // the service too
    hub.instead = notRunning;
    expect(await problem(rest.account())).toMatchObject(stopped);
    hub.away.clear();
    await rest.account(); // the access is still good
    hub.instead = null;
    await rest.account();
  });

  it('signs in again at an own server that was started again', async () => {
    const body = { problem: { code: 'forbidden', message: 'You are signed out.' } };
    hub.instead = () => json(body, 403);
    vi.mocked(signInAgain).mockImplementationOnce(() => {
      hub.instead = null;
      return Promise.resolve(true);
    });
    await rest.account();
    expect(hub.trades).toEqual(['GET', 'GET']);
  });

  it('says that the service is away, in the words of the own server', async () => {
    await rest.account();
    hub.away.add(1).add(2);
    expect(await problem(rest.account())).toMatchObject({
      code: 'service_down',
      message: 'All are away.'
    });
    hub.away.clear();
    await rest.account(); // it is back
  });

  it('says that the service is away where only the browser does not reach it', async () => {
    hub.away.add(2);
    hub.present = 2;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
      url.startsWith(OWN) ? hub.fetch(url, init) : Promise.reject(new TypeError())
    );
    expect(await problem(rest.account())).toMatchObject({ code: 'service_down' });
  });
});

describe('a socket', () => {
  it('shows its access as a subprotocol, and has nothing in its address', async () => {
    document.cookie = '_xsrf=2|abc';
    const { outer, inner } = await connect();
    expect(inner?.url).toBe(`ws://${host}/services/chat-1/jupyter-chat/api/socket`);
    expect(inner?.protocols).toEqual(['jupyter-chat', 'access.access-1']);
    outer.send('frame');
    expect(inner?.sent).toEqual(['frame']);
    inner?.onmessage?.({ data: 'welcome' });
    expect(outer.onmessage).toHaveBeenCalledWith({ data: 'welcome' });
  });

  it('stays as it is when access is renewed', async () => {
    const { inner } = await connect();
    inner?.onmessage?.({ data: 'welcome' });
    vi.setSystemTime(Date.now() + 3_600_000);
    await rest.account();
    expect(hub.trades).toEqual(['GET', 'GET']);
    expect(FakeSocket.opened).toHaveLength(1);
    expect(inner?.closed).toBe(false);
  });

  it('that breaks is opened again at the same place first, then at another replica', async () => {
    const first = await connect();
    first.inner?.onmessage?.({ data: 'welcome' });
    hub.away.add(1);
    first.inner?.onclose?.();
    expect(first.outer.onclose).toHaveBeenCalledOnce();
    const second = await connect();
    expect(second.inner?.url).toContain('/chat-1/');
    second.inner?.onclose?.();
    const third = await connect();
    expect(third.inner?.url).toContain('/chat-2/');
    expect(hub.trades).toEqual(['GET', 'POST']);
  });

  it('that cannot have access is closed, and another one tries again', async () => {
    hub.refused = { code: 'forbidden', message: 'No.' };
    const { outer, inner } = await connect();
    expect(inner).toBeUndefined();
    expect(outer.onclose).toHaveBeenCalledOnce();
    hub.refused = null;
    expect((await connect()).inner).toBeDefined();
  });

  it('that was closed before it had access is not opened', async () => {
    transport.connect().close();
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSocket.opened).toHaveLength(0);
  });
});

it('lets the browser save a file by its name, with nothing in the address', async () => {
  const saved: HTMLAnchorElement[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
    this: HTMLAnchorElement
  ) {
    saved.push(this);
  });
  const made = vi.fn((blob: Blob) => `blob:${String(blob.size)}`);
  const revoked = vi.fn();
  vi.stubGlobal(
    'URL',
    Object.assign(URL, { createObjectURL: made, revokeObjectURL: revoked })
  );
  const headers = { 'Content-Disposition': "attachment; filename*=UTF-8''Gr%C3%BCn.md" };
  hub.answers = () => new Response('# Trees', { headers });
  await save(server, 'threads/t/export?format=markdown');
  expect(saved.map(({ href, download }) => [href, download])).toEqual([
    ['blob:7', 'Grün.md']
  ]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(revoked).toHaveBeenCalledWith('blob:7');
});

it('has a problem where there is nothing to save', async () => {
  const body = '{"problem": {"code": "not_found", "message": "It is gone."}}';
  hub.answers = () => new Response(body, { status: 404, ...JSON_HEADERS });
  expect((await problem(save(server, 'threads/t/export'))).message).toBe('It is gone.');
});

it('keeps nothing of the access in the browser, nor in what is printed', async () => {
  await rest.account();
  await connect();
  expect(hub.good).toBe('access-1');
  const kept = JSON.stringify([localStorage, sessionStorage, document.cookie, transport]);
  expect(kept).not.toContain(hub.good);
});
