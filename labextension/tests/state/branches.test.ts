import { beforeEach, expect, it, vi } from 'vitest';
import { path, versions } from '../../src/chat/state/conversation';
import type { Services } from '../../src/chat/state/services';
import { offered } from '../../src/chat/state/state';
import { DOWN, Server, aQuestion, aThread, anAnswer } from '../server';

let server: Server;
let chat: Services;
const thread = aThread();
const question = aQuestion(thread, 'Why?');
const answer = anAnswer(question, 'Because', { status: 'stopped' });
const place = { thread_id: thread.id, message_id: answer.id };

beforeEach(async () => {
  server = new Server();
  chat = await server.chat();
  chat.following.open(thread.id);
  const subscribed = await server.next('subscribe');
  server.snapshot(thread, [question, answer]);
  server.acknowledge(subscribed);
});

const conversation = () => chat.store.state.conversations[thread.id];

it('goes on with an answer, once', async () => {
  const going = chat.branches.goOn(answer);
  const command = await server.next('continue');
  expect(command).toMatchObject(place);
  expect(command.client_id).not.toBe('');
  server.acknowledge(command);
  await going;
});

it('asks another model for one answer', async () => {
  void chat.asking.regenerate(answer, 'thinker');
  const command = await server.next('regenerate');
  expect(command).toMatchObject({ ...place, settings: { model: 'thinker' } });
});

it('hides nothing but the answers while a question is answered', async () => {
  void chat.asking.regenerate(question);
  const command = await server.next('regenerate');
  expect(command.message_id).toBe(question.id);
  expect(command.settings).toBeUndefined();
  expect(chat.store.state.pending[0]).toMatchObject({ place: { parentId: question.id } });
});

it('opens the fork of a conversation', async () => {
  const forking = chat.branches.fork(answer);
  const command = await server.next('fork');
  expect(command).toMatchObject(place);
  const fork = aThread({ forked_from: place });
  server.say({ type: 'ack', id: command.id, thread_id: fork.id });
  await forking;
  expect(chat.store.state.open).toMatchObject({ threadId: fork.id, isNew: false });
});

it('deletes a message, and takes that back', async () => {
  const removing = chat.branches.remove(answer, 'Answer deleted');
  server.acknowledge(await server.next('delete'));
  await removing;
  server.snapshot({ ...thread, leaf_id: question.id }, [question]);
  expect(path(conversation()).map(({ id }) => id)).toEqual([question.id]);
  const undo = chat.store.state.undos.at(0);
  expect(undo?.text).toBe('Answer deleted');
  undo?.run();
  const command = await server.next('restore');
  expect(command).toMatchObject(place);
  expect(offered(chat.store.state)).toBeNull();
  server.acknowledge(command);
  await vi.waitUntil(() => chat.store.state.undos.length === 0);
});

it('takes back each of several deletions, the newest first', async () => {
  for (const message of [answer, question]) {
    const removing = chat.branches.remove(message, `Deleted ${message.id}`);
    server.acknowledge(await server.next('delete'));
    await removing;
  }
  for (const message of [question, answer]) {
    expect(offered(chat.store.state)?.text).toBe(`Deleted ${message.id}`);
    offered(chat.store.state)?.run();
  }
  expect(offered(chat.store.state)).toBeNull();
  const first = await server.next('restore');
  expect(first.message_id).toBe(question.id);
  await new Promise(resolve => setTimeout(resolve, 20));
  expect(server.commands.map(({ type }) => type)).not.toContain('restore');
  server.acknowledge(first);
  expect((await server.next('restore')).message_id).toBe(answer.id);
});

it('offers again what could not be taken back, until it is', async () => {
  const now = vi.spyOn(Date, 'now').mockReturnValue(1_000_000);
  for (const message of [question, answer]) {
    const removing = chat.branches.remove(message, `Deleted ${message.id}`);
    server.acknowledge(await server.next('delete'));
    await removing;
  }
  now.mockReturnValue(1_019_000);
  offered(chat.store.state)?.run();
  expect(offered(chat.store.state)?.text).toBe(`Deleted ${question.id}`);
  const problem = { code: 'not_found', message: 'Take that back first.' } as const;
  server.reject(await server.next('restore'), problem);
  await vi.waitUntil(() => chat.store.state.refusal !== null);
  const again = await vi.waitUntil(() => {
    const undo = offered(chat.store.state);
    return undo?.text === `Deleted ${answer.id}` ? undo : null;
  });
  expect(again.until).toBe(1_027_000); // a few seconds more than it had
  now.mockRestore();
  again.run();
  expect(chat.store.state.refusal).toBeNull();
  server.acknowledge(await server.next('restore'));
  await vi.waitUntil(() => chat.store.state.undos.length === 0);
});

it('offers nothing again of a conversation that is gone for good', async () => {
  const removing = chat.branches.remove(answer, 'Answer deleted');
  server.acknowledge(await server.next('delete'));
  await removing;
  offered(chat.store.state)?.run();
  const command = await server.next('restore');
  server.say({ type: 'gone', thread_id: thread.id });
  server.reject(command, DOWN);
  await vi.waitUntil(() => chat.store.state.refusal !== null);
  expect(chat.store.state.undos).toEqual([]);
});

it('goes back to the conversation that a deletion is taken back in', async () => {
  const removing = chat.branches.remove(answer, 'Answer deleted');
  server.acknowledge(await server.next('delete'));
  await removing;
  chat.following.openNew();
  chat.store.state.undos.at(0)?.run();
  server.acknowledge(await server.next('restore'));
  await vi.waitUntil(() => chat.store.state.open.threadId === thread.id);
});

it('says why something was refused, and offers no undo of what was not done', async () => {
  const removing = chat.branches.remove(answer, 'Answer deleted');
  server.reject(await server.next('delete'), DOWN);
  await removing;
  expect(chat.store.state.undos).toEqual([]);
  expect(chat.store.state.refusal).toEqual(DOWN);
});

it('deletes nothing without a connection', async () => {
  server.hangUp();
  await vi.waitUntil(() => chat.store.state.connection.phase === 'waiting');
  await chat.branches.remove(answer, 'Answer deleted');
  expect(chat.store.state.undos).toEqual([]);
  expect(chat.store.state.refusal?.message).toContain('nothing was changed');
  chat.reconnect();
  await vi.waitUntil(() => server.connected);
  server.welcome();
  await server.next('subscribe');
  expect(server.commands.map(({ type }) => type)).not.toContain('delete');
});

it('takes nothing back without a connection, and offers that again', async () => {
  const removing = chat.branches.remove(answer, 'Answer deleted');
  server.acknowledge(await server.next('delete'));
  await removing;
  server.hangUp();
  await vi.waitUntil(() => chat.store.state.connection.phase === 'waiting');
  offered(chat.store.state)?.run();
  await vi.waitUntil(() => offered(chat.store.state)?.text === 'Answer deleted');
  expect(chat.store.state.refusal?.message).toContain('nothing was changed');
  chat.reconnect();
  await vi.waitUntil(() => server.connected);
  server.welcome();
  await server.next('subscribe');
  expect(server.commands.map(({ type }) => type)).not.toContain('restore');
  offered(chat.store.state)?.run();
  expect(await server.next('restore')).toMatchObject(place);
});

it('offers to take a deletion back from when it is done', async () => {
  const removing = chat.branches.remove(answer, 'Answer deleted');
  await server.next('delete');
  server.hangUp();
  await vi.waitUntil(() => chat.store.state.connection.phase === 'waiting');
  expect(chat.store.state.undos).toEqual([]);
  chat.reconnect();
  await vi.waitUntil(() => server.connected);
  server.welcome();
  server.acknowledge(await server.next('delete'));
  await removing;
  expect(chat.store.state.undos.map(({ text }) => text)).toEqual(['Answer deleted']);
});

it('counts no version that was deleted elsewhere', () => {
  const other = anAnswer(question, 'Or not');
  server.change(other);
  expect(versions(conversation(), answer)).toEqual([answer.id, other.id]);
  server.snapshot(thread, [question, answer]);
  expect(versions(conversation(), answer)).toEqual([answer.id]);
  server.snapshot({ ...thread, leaf_id: null }, []);
  expect(path(conversation())).toEqual([]);
});

it('sends what was not answered again when the connection is back', async () => {
  void chat.branches.remove(answer, 'Answer deleted');
  const first = await server.next('delete');
  server.hangUp();
  await vi.waitUntil(() => chat.store.state.connection.phase === 'waiting');
  chat.reconnect();
  await vi.waitUntil(() => server.connected);
  server.welcome();
  expect(await server.next('delete')).toEqual(first);
});
