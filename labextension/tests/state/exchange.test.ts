import { expect, it, vi } from 'vitest';
import type { Import } from '../../src/chat/protocol';
import { Server } from '../server';

const FIRST: Import = { id: 'f1', name: 'one.json', size: 3, state: 'uploading' };
const SECOND: Import = { ...FIRST, id: 'f2', name: 'two.json' };

it('sends a file whatever becomes of one before it that was cancelled', async () => {
  const server = new Server();
  const chat = await server.chat();
  const { takingAlong, store } = chat;
  server.answers.set('POST imports', FIRST);
  const away = { code: 'internal', message: 'The server cannot be reached.' };
  server.answers.set('PUT imports/f1?offset=0', { problem: away });
  const puts = () => server.requests.filter(({ method }) => method === 'PUT');
  const first = takingAlong.import(new File(['one'], 'one.json'));
  await vi.waitUntil(() => puts().length === 1); // and waits now, to try again
  server.answers.set('DELETE imports/f1', { ...FIRST, state: 'cancelled' });
  await takingAlong.cancel();

  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>(resolve => {
    arrive = resolve;
  });
  const fetchNow = globalThis.fetch;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (url.includes('imports/f2')) {
      await arrived;
    }
    return fetchNow(url, init);
  });
  server.answers.set('POST imports', SECOND);
  server.answers.set('PUT imports/f2?offset=0', { ...SECOND, state: 'done' });
  const problem = { code: 'not_found', message: 'There is no such import.' };
  server.answers.set('PUT imports/f1?offset=0', { problem });
  const second = takingAlong.import(new File(['two'], 'two.json'));
  await first;
  expect(store.state.exchange).toMatchObject({ sending: true, problem: null });
  expect(store.state.exchange.progress?.id).toBe('f2');
  arrive();
  await second;
  expect(store.state.exchange).toMatchObject({ sending: false, problem: null });
  expect(store.state.exchange.progress).toMatchObject({ id: 'f2', state: 'done' });
});

it('remembers over a reload an import that a restarted server knows nothing of', async () => {
  const server = new Server();
  const before = await server.chat();
  const running: Import = { ...FIRST, state: 'running', read: 42, total: 100 };
  server.say({ type: 'import', progress: running });
  before.dispose();
  server.answers.set('GET imports', { imports: [] });
  const after = await server.chat();
  await after.takingAlong.load();
  const { exchange } = after.store.state;
  expect(exchange.interrupted).toBe(true);
  expect(exchange.progress).toMatchObject({ name: 'one.json', read: 42 });

  const later = await server.chat(); // it was said once
  await later.takingAlong.load();
  expect(later.store.state.exchange.progress).toBeNull();
});

it('forgets an import that has ended', async () => {
  const server = new Server();
  const chat = await server.chat();
  server.say({ type: 'import', progress: { ...FIRST, state: 'running' } });
  server.say({ type: 'import', progress: { ...FIRST, state: 'done' } });
  server.answers.set('GET imports', { imports: [] });
  const after = await server.chat();
  await after.takingAlong.load();
  expect(after.store.state.exchange.progress).toBeNull();
  chat.dispose();
});
