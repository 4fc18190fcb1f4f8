import { beforeEach, expect, it, vi } from 'vitest';
import { path } from '../../src/chat/state/conversation';
import type { Services } from '../../src/chat/state/services';
import { Server, aQuestion, aThread, anAnswer } from '../server';

const thread = aThread();
const question = aQuestion(thread, 'Why?');
const first = anAnswer(question, 'First');
const more = aQuestion(thread, 'More?', first);
const second = anAnswer(question, 'Second');
const third = anAnswer(question, 'Third');
let server: Server;
let chat: Services;

beforeEach(async () => {
  server = new Server();
  chat = await server.chat();
  await open();
});

/** Open the thread, of which all but the third answer is known; the second is shown. */
async function open(): Promise<void> {
  chat.following.open(thread.id);
  const subscribed = await server.next('subscribe');
  server.snapshot(thread, [question, first, more]);
  server.acknowledge(subscribed);
  server.snapshot({ ...thread, leaf_id: second.id }, [question, second], {
    versions: { [second.id]: [first.id, second.id, third.id] }
  });
}

async function lose(): Promise<void> {
  server.hangUp();
  await vi.waitUntil(() => chat.store.state.connection.phase === 'waiting');
}

/** The connection is back; the server has seen nothing but what it is told now. */
async function comeBack(): Promise<void> {
  chat.reconnect();
  await vi.waitUntil(() => server.connected);
  server.welcome();
  server.acknowledge(await server.next('subscribe'));
}

const shown = () => path(chat.store.state.conversations[thread.id]).map(({ id }) => id);
const waits = () => new Promise(resolve => setTimeout(resolve, 20));
const selects = () => server.commands.filter(({ type }) => type === 'select');

it('shows a version at hand at once without a connection, and tells it later', async () => {
  await lose();
  await chat.asking.select(thread.id, first.id);
  expect(shown()).toEqual([question.id, first.id, more.id]); // with what followed it
  expect(chat.store.state.refusal).toBeNull();
  await comeBack();
  const selected = await server.next('select');
  expect(selected.message_id).toBe(first.id);
  server.acknowledge(selected);
  await lose();
  await comeBack();
  await waits();
  expect(selects()).toEqual([]);
});

it('tells only the version that was chosen last', async () => {
  await lose();
  await chat.asking.select(thread.id, first.id);
  await chat.asking.select(thread.id, second.id);
  expect(shown()).toEqual([question.id, second.id]);
  await comeBack();
  await waits();
  expect(selects()).toMatchObject([{ message_id: second.id }]);
});

it('says that a version cannot be shown that is not at hand', async () => {
  await lose();
  await chat.asking.select(thread.id, third.id);
  expect(shown()).toEqual([question.id, second.id]);
  expect(chat.store.state.refusal?.message).toContain('nothing was changed');
  await comeBack();
  await waits();
  expect(selects()).toEqual([]);
});

it('tells no version in place of which something was asked since', async () => {
  const asks = [
    () => chat.asking.regenerate(second),
    () => {
      chat.asking.edit(question, 'Why not?');
    },
    () => {
      chat.asking.send('And then?');
    }
  ];
  for (const ask of asks) {
    await lose();
    await chat.asking.select(thread.id, first.id);
    void ask();
    await comeBack();
    await waits();
    expect(selects()).toEqual([]);
    server.commands.length = 0;
  }
});

it('tells again what got no answer, unless something was asked since', async () => {
  for (const asked of [false, true]) {
    const chosen = chat.asking.select(thread.id, first.id);
    await server.next('select');
    if (asked) {
      void chat.asking.regenerate(second);
    }
    await lose();
    await chosen;
    await comeBack();
    await waits();
    expect(selects().map(({ type }) => type)).toEqual(asked ? [] : ['select']);
    server.commands.length = 0;
  }
});

it('tells nothing in the name of somebody else', async () => {
  await lose();
  await chat.asking.select(thread.id, first.id);
  chat.reconnect();
  await vi.waitUntil(() => server.connected);
  server.user = { id: 'bob', name: 'Bob', initials: 'B' };
  server.welcome();
  await waits();
  expect(selects()).toEqual([]);
});
