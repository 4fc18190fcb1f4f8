import { beforeEach, expect, it, vi } from 'vitest';
import type { Services } from '../../src/chat/state/services';
import { DOWN, Server, aThread } from '../server';

let server: Server;
let chat: Services;
const thread = aThread();

beforeEach(async () => {
  server = new Server();
  server.threads = { threads: [thread], next: 'more' };
  chat = await server.chat();
});

const titles = () => chat.store.state.threads.threads.map(({ title }) => title);

it('loads the pages one after the other, and stops at the last', async () => {
  const older = aThread({ title: 'Older', updated_at: 1 });
  server.answers.set('GET threads?cursor=more', { threads: [older], next: null });
  await Promise.all([chat.listing.loadMore(), chat.listing.loadMore()]);
  await chat.listing.loadMore();
  expect(titles()).toEqual(['Trees', 'Older']);
  expect(server.requests.filter(({ path }) => path.includes('cursor'))).toHaveLength(1);
});

it('does not fetch a page again by itself that could not be had', async () => {
  server.answers.set('GET threads?cursor=more', { problem: DOWN });
  await chat.listing.loadMore();
  await chat.listing.loadMore();
  expect(chat.store.state.threads.phase).toBe('failed');
  expect(server.requests.filter(({ path }) => path.includes('cursor'))).toHaveLength(1);
});

it('renames at once, and back where that is refused', async () => {
  server.answers.set(`PATCH threads/${thread.id}`, { problem: DOWN });
  const renamed = chat.listing.rename(thread, 'Woods');
  expect(titles()).toEqual(['Woods']);
  await renamed;
  expect(titles()).toEqual(['Trees']);
  expect(chat.store.state.refusal).toEqual(DOWN);
});

it('takes no answer that the news have overtaken', async () => {
  server.answers.set(`PATCH threads/${thread.id}`, {
    ...thread,
    title: 'Woods',
    revision: 1
  });
  const renamed = chat.listing.rename(thread, 'Woods');
  const deleted = { ...thread, title: 'Woods', revision: 2, deleted_at: 5 };
  server.say({ type: 'thread', thread: deleted });
  await renamed;
  expect(chat.store.state.threads.threads).toEqual([deleted]);
});

it('keeps settings of a new conversation for its first question', async () => {
  await chat.listing.changeSettings({ temperature: 0.5 });
  expect(chat.store.state.newSettings).toEqual({ temperature: 0.5 });
  expect(server.requests.some(({ method }) => method === 'PATCH')).toBe(false);
});

it('changes the settings of a thread where it is kept', async () => {
  chat.following.open(thread.id);
  server.answers.set(`PATCH threads/${thread.id}`, {
    ...thread,
    settings: { model: 'x' }
  });
  await chat.listing.changeSettings({ model: 'x' });
  expect(server.lastChange?.body).toEqual({ settings: { model: 'x' } });
  expect(chat.store.state.threads.threads[0].settings).toEqual({ model: 'x' });
});

it('is not said to be missing where only the one before it could not be had', async () => {
  const fetchNow = globalThis.fetch;
  let fail: () => void = () => undefined;
  vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
    url.includes('view=trash')
      ? new Promise((_, reject) => {
          fail = () => {
            reject(new TypeError('Failed to fetch'));
          };
        })
      : fetchNow(url, init)
  );
  server.answers.set('GET threads?view=archived', { threads: [], next: null });
  const trash = chat.listing.show({ view: 'trash', folder: null, tag: null });
  await chat.listing.show({ view: 'archived', folder: null, tag: null });
  fail();
  await trash;
  expect(chat.store.state.threads.phase).toBe('ready');
});

it('says why it cannot be had, and comes when the history is back', async () => {
  chat.store.update(state => ({ ...state, health: DOWN }));
  server.threads = { threads: [], next: null };
  server.say({ type: 'health', problem: null });
  await vi.waitUntil(() => chat.store.state.threads.threads.length === 0);
  expect(chat.store.state.health).toBeNull();
});
