// @vitest-environment-options { "url": "http://localhost/" }

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Message } from '../../src/chat/protocol';
import { MOST_SHOWN } from '../../src/chat/state/window';
import type { Services } from '../../src/chat/state/services';
import { followAddress } from '../../src/page/address';
import { Server, aQuestion, aThread } from '../server';

const first = aThread({ id: '019a0000-0000-7000-8000-000000000001' });
const second = aThread({ id: '019a0000-0000-7000-8000-000000000002' });
const before = window.location.href;
let server: Server;
let chat: Services;

beforeEach(async () => {
  server = new Server();
  chat = await server.chat();
  followAddress(chat);
});

afterEach(() => {
  vi.restoreAllMocks();
  chat.dispose();
  history.replaceState(null, '', before);
});

it('is a step of the history for each conversation that is opened', () => {
  const push = vi.spyOn(history, 'pushState');
  chat.following.open(first.id);
  expect(window.location.pathname).toContain(first.id);
  chat.following.open(second.id);
  expect(window.location.pathname).toContain(second.id);
  expect(push).toHaveBeenCalledTimes(2);
});

it('makes no step of its own when the browser goes back from a long one', async () => {
  chat.following.open(first.id);
  const address = window.location.href;
  chat.following.open(second.id);
  const long: Message[] = [];
  for (let count = 0; count < MOST_SHOWN + 10; count++) {
    long.push(aQuestion(second, 'On', long.at(-1) ?? null));
  }
  await vi.waitUntil(() => server.commands.some(({ type }) => type === 'subscribe'));
  server.snapshot(second, long);
  const push = vi.spyOn(history, 'pushState');
  // What the browser does: the address changes first, then the page hears of it.
  history.replaceState(null, '', address);
  window.dispatchEvent(new PopStateEvent('popstate'));
  expect(chat.store.state.open.threadId).toBe(first.id);
  expect(window.location.href).toBe(address);
  expect(push).not.toHaveBeenCalled();
});
