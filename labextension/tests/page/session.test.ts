import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session } from '../../src/page/account/session';

const SERVER = { baseUrl: 'http://localhost/' };
const SESSION = 'http://localhost/jupyter-chat/api/session';

let status: number;
let asked: string[];
let opened: Session[];

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  status = 200;
  asked = [];
  opened = [];
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url);
    const body = url === SESSION ? { renew_in: 600 } : {};
    const answered = url === SESSION ? status : asked.length === 1 ? 403 : 200;
    return Promise.resolve(new Response(JSON.stringify(body), { status: answered }));
  });
});

afterEach(() => {
  opened.forEach(session => {
    session.close();
  });
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open(renewIn = 600): Session {
  const session = new Session(SERVER, { admin: false, renewIn });
  session.start();
  opened.push(session);
  return session;
}

describe('a session', () => {
  it('is renewed before it runs out, again and again', async () => {
    open(600);
    await vi.advanceTimersByTimeAsync(599_000);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual([SESSION]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked).toEqual([SESSION, SESSION]);
  });

  it('is renewed by one of the tabs that want to at the same time', async () => {
    open(600);
    open(600);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked).toEqual([SESSION]);
  });

  it('is tried again after a while where the server is away', async () => {
    open(10);
    status = 502;
    await vi.advanceTimersByTimeAsync(10_000);
    status = 200;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(asked).toEqual([SESSION, SESSION]);
  });

  it('that has ended is not asked for any more', async () => {
    open(10);
    status = 403;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked).toEqual([SESSION]);
  });

  it('is renewed when the computer wakes up and its time is over', async () => {
    const session = open(600);
    vi.setSystemTime(Date.now() + 3_600_000); // timers have stood still meanwhile
    document.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toEqual([SESSION]);
    session.close();
  });
});

describe('a request', () => {
  it('that is refused because the session had to be renewed is sent again', async () => {
    const answer = await open().fetch('http://localhost/x', { method: 'POST' });
    expect(answer.status).toBe(200);
    expect(asked).toEqual(['http://localhost/x', SESSION, 'http://localhost/x']);
  });

  it('that is refused for good says so', async () => {
    status = 403;
    const answer = await open().fetch('http://localhost/x', {});
    expect(answer.status).toBe(403);
    expect(asked).toEqual(['http://localhost/x', SESSION]);
  });

  it('renews the session once, however many are refused', async () => {
    const session = open();
    await Promise.all([session.renew(), session.renew(), session.renew()]);
    expect(asked).toEqual([SESSION]);
  });
});
