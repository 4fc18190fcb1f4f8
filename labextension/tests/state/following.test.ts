import { beforeEach, expect, it, vi } from 'vitest';
import type { Message } from '../../src/chat/protocol';
import { path } from '../../src/chat/state/conversation';
import type { Services } from '../../src/chat/state/services';
import { HANDLE, Server, aQuestion, aThread, anAnswer } from '../server';

const thread = aThread();
const question = aQuestion(thread, 'Why?');
const reply = anAnswer(question, '', { status: 'streaming' });
let server: Server;
let chat: Services;

beforeEach(async () => {
  server = new Server();
  chat = await server.chat();
  chat.following.open(thread.id);
  const subscribed = await server.next('subscribe');
  expect(subscribed.after).toBeUndefined();
  server.snapshot(thread, [question, reply]);
  server.acknowledge(subscribed);
  await vi.waitUntil(() => path(chat.store.state.conversations[thread.id]).length === 2);
});

async function text(): Promise<string> {
  await new Promise(requestAnimationFrame);
  const { messages } = chat.store.state.conversations[thread.id];
  const parts = chat.live.get(reply.id)?.parts ?? messages[reply.id].parts;
  return parts.map(part => part.text).join('|');
}

const delta = (text: string) =>
  ({
    type: 'delta',
    thread_id: thread.id,
    message_id: reply.id,
    part: 0,
    kind: 'text',
    text,
    handle: HANDLE
  }) as const;

it('puts an answer together from its deltas', async () => {
  server.grow(reply, 'Hm', 'reasoning');
  server.grow(reply, 'Be', 'text', 1);
  server.grow(reply, 'cause', 'text', 1);
  expect(await text()).toBe('Hm|Because');
});

it('ends with what the server has stored', async () => {
  server.grow(reply, 'Beca');
  server.change({
    ...reply,
    status: 'complete',
    parts: [{ type: 'text', text: 'Because.' }]
  });
  expect(await text()).toBe('Because.');
  expect(chat.live.get(reply.id)).toBeUndefined();
});

it('takes in nothing twice', async () => {
  server.grow(reply, 'Be');
  server.say({ seq: 1, ...delta('Be') });
  expect(await text()).toBe('Be');
});

it('asks for what it missed, and shows nothing with a gap in it', async () => {
  server.grow(reply, 'Be');
  server.tell(delta('use') as never, 1);
  const caughtUp = await server.next('subscribe');
  expect(caughtUp.epoch).toBe('first');
  expect(caughtUp.after).toBeGreaterThan(0);
  expect(await text()).toBe('Be');
});

it('goes on after a break from the last event it had', async () => {
  server.grow(reply, 'Be');
  server.hangUp();
  chat.reconnect();
  server.welcome();
  const caughtUp = await server.next('subscribe');
  server.acknowledge(caughtUp);
  server.grow(reply, 'cause');
  expect(await text()).toBe('Because');
});

it('starts over from the snapshot of a server that was restarted', async () => {
  server.grow(reply, 'Be');
  server.hangUp();
  chat.reconnect();
  server.epoch = 'second';
  server.welcome();
  const subscribed = await server.next('subscribe');
  expect(subscribed.epoch).toBe('first'); // the server sees that it is out of date
  const kept = { ...reply, status: 'interrupted' as const };
  server.snapshot(thread, [
    question,
    { ...kept, parts: [{ type: 'text', text: 'Bec' }] }
  ]);
  server.acknowledge(subscribed);
  expect(await text()).toBe('Bec');
});

it('asks for everything anew where a delta does not fit what it has', async () => {
  server.grow(reply, 'x', 'text', 5);
  const subscribed = await server.next('subscribe');
  expect(subscribed.after).toBeUndefined();
});

it('asks for everything anew also where that shows while it catches up', async () => {
  server.grow(reply, 'Be');
  server.hangUp();
  chat.reconnect();
  server.welcome();
  const caughtUp = await server.next('subscribe');
  expect(caughtUp.after).toBeDefined();
  server.grow(reply, 'x', 'text', 5); // does not fit
  server.acknowledge(caughtUp);
  const subscribed = await server.next('subscribe');
  expect(subscribed.after).toBeUndefined();
  server.snapshot(thread, [question, anAnswer(question, 'Because.')]);
  server.acknowledge(subscribed);
  await new Promise(requestAnimationFrame);
  expect(server.commands).toEqual([]);
});

it('takes the text of an answer from what has come, if all of it has', async () => {
  server.grow(reply, 'Be');
  server.say([HANDLE, 3, 'cause.'] as never);
  const ended: Message = { ...reply, status: 'complete', parts: [] };
  server.say({ type: 'message', thread_id: thread.id, seq: 4, message: ended, grown: 8 });
  expect(await text()).toBe('Because.');
  expect(chat.live.get(reply.id)).toBeUndefined();
});

it('asks for the text of an answer of which something is missing', async () => {
  server.grow(reply, 'Be');
  const ended: Message = { ...reply, status: 'complete', parts: [] };
  server.say({ type: 'message', thread_id: thread.id, seq: 3, message: ended, grown: 8 });
  expect((await server.next('subscribe')).after).toBeUndefined();
});

it('asks for nothing because of an answer on a branch that is not shown', async () => {
  server.grow(reply, 'Be');
  server.snapshot(thread, [question, anAnswer(question, 'Since.')]);
  server.grow(reply, 'cause');
  server.tell({
    ...{ type: 'message', thread_id: thread.id, grown: 7 },
    message: { ...reply, status: 'complete', parts: [] }
  } as never);
  await new Promise(requestAnimationFrame);
  expect(server.commands).toEqual([]);
  // Half a text is not kept: it comes whole when that branch is shown.
  expect(chat.store.state.conversations[thread.id].messages[reply.id]).toBeUndefined();
});

it('follows the branch that an answer elsewhere has begun', async () => {
  const other = anAnswer(question, '', { status: 'streaming' });
  server.tell({
    ...{ type: 'message', thread_id: thread.id, message: other, leaf: true }
  } as never);
  expect(path(chat.store.state.conversations[thread.id])[1].id).toBe(other.id);
});

it('leaves a thread for another, and hears no more of it', async () => {
  const other = aThread();
  chat.following.open(other.id);
  expect((await server.next('unsubscribe')).thread_id).toBe(thread.id);
  const subscribed = await server.next('subscribe');
  server.snapshot(other, []);
  server.acknowledge(subscribed);
  server.grow(reply, 'late');
  expect(await text()).toBe('');
});

it('remembers the thread over a reload, but not one that is gone', async () => {
  expect(chat.following.remembered).toBe(thread.id);
  const gone = aThread();
  chat.following.open(gone.id);
  const problem = {
    code: 'not_found',
    message: 'There is no such conversation.'
  } as const;
  server.reject(await server.next('subscribe'), problem);
  await vi.waitUntil(() => chat.store.state.open.problem !== null);
  expect(chat.store.state.open.problem).toEqual(problem);
  expect(chat.following.remembered).toBeNull();
});

it('shows the branch that was chosen in another window', async () => {
  const other = anAnswer(question, 'Since.');
  server.change(other);
  server.say({ type: 'thread', thread: { ...thread, leaf_id: other.id } });
  await vi.waitUntil(
    () => path(chat.store.state.conversations[thread.id])[1].id === other.id
  );
});

it('fetches older messages once, however often it is asked to', async () => {
  const early = aQuestion(thread, 'Early');
  const first = aQuestion(thread, 'Late', early);
  server.snapshot(thread, [first], { more: true });
  server.answers.set(`GET threads/${thread.id}/messages?before=${first.id}`, {
    ...{ messages: [early], versions: {}, more: false }
  });
  await Promise.all([chat.following.loadOlder(), chat.following.loadOlder()]);
  await chat.following.loadOlder();
  expect(path(chat.store.state.conversations[thread.id])).toEqual([early, first]);
  expect(server.requests.filter(({ path }) => path.includes('before='))).toHaveLength(1);
});
