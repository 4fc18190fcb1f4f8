import { beforeEach, describe, expect, it, vi } from 'vitest';
import { textOf } from '../../src/chat/state/parts';
import type { Message, Thread } from '../../src/chat/protocol';
import { path, versions } from '../../src/chat/state/conversation';
import type { Pending } from '../../src/chat/state/pending';
import type { Services } from '../../src/chat/state/services';
import { view } from '../../src/chat/state/view';
import { DOWN, Server, aQuestion, aThread, anAnswer } from '../server';

let server: Server;
let chat: Services;

beforeEach(async () => {
  server = new Server();
  chat = await server.chat();
});

function shown(): string[] {
  const { open, conversations, pending } = chat.store.state;
  const { messages, pending: coming } = view(
    conversations[open.threadId],
    pending.filter(({ threadId }) => threadId === open.threadId)
  );
  const texts = messages.map(textOf);
  return [...texts, ...coming.map(({ text }) => text)];
}

async function opened(thread: Thread, messages: Message[]): Promise<void> {
  chat.following.open(thread.id);
  const subscribed = await server.next('subscribe');
  server.snapshot(thread, messages);
  server.acknowledge(subscribed);
}

describe('the first question of a conversation', () => {
  it('is shown at once, makes the thread with its settings, and is followed', async () => {
    await chat.listing.changeSettings({ model: 'thinker' });
    chat.asking.send('Why?');
    expect(shown()).toEqual(['Why?']);
    const sent = await server.next('send');
    expect(sent).toMatchObject({
      ...{ create: true, parent_id: null, settings: { model: 'thinker' } },
      parts: [{ type: 'text', text: 'Why?' }]
    });
    const thread = aThread({ id: sent.thread_id });
    const question = { ...aQuestion(thread, 'Why?'), client_id: sent.client_id };
    server.acknowledge(sent, { message_id: question.id });
    const subscribed = await server.next('subscribe');
    server.snapshot(thread, [question, anAnswer(question, 'Because.')]);
    expect(shown()).toEqual(['Why?', 'Because.']); // never twice
    server.acknowledge(subscribed);
    await vi.waitUntil(() => chat.store.state.pending.length === 0);
    expect(shown()).toEqual(['Why?', 'Because.']);
    expect(chat.store.state.open.isNew).toBe(false);
  });

  it('asked without a connection goes out when it is back, as the same question', async () => {
    chat.asking.send('Why?');
    const first = await server.next('send');
    server.hangUp();
    chat.reconnect();
    server.welcome();
    const again = await server.next('send');
    expect({ ...again, id: '' }).toEqual({ ...first, id: '' });
  });
});

describe('more questions', () => {
  const thread = aThread();
  const question = aQuestion(thread, 'One?');
  const answer = anAnswer(question, 'One.');

  it('follow each other in the order of asking', async () => {
    await opened(thread, [question, answer]);
    chat.asking.send('Two?');
    chat.asking.send('Three?');
    const second = await server.next('send');
    expect(second.parent_id).toBe(answer.id);
    expect(server.commands).toEqual([]); // the next waits until this one has its place
    server.acknowledge(second, { message_id: 'q2', reply_id: 'a2' });
    const third = await server.next('send');
    expect(third.parent_id).toBe('a2');
  });

  it('in the place of an older one hide what followed that', async () => {
    await opened(thread, [question, answer]);
    chat.asking.send('Uno?', { parentId: null });
    expect(shown()).toEqual(['Uno?']);
    expect((await server.next('send')).parent_id).toBeNull();
  });

  it('in the place of an older one hide what waits after that, until taken back', async () => {
    await opened(thread, [question, answer]);
    server.hangUp();
    chat.asking.send('Two?');
    chat.asking.send('Uno?', { parentId: null });
    chat.asking.send('Due?');
    expect(shown()).toEqual(['Uno?', 'Due?']);
    const [, uno, due] = chat.store.state.pending as Pending[];
    await chat.asking.discard(due);
    await chat.asking.discard(uno);
    expect(shown()).toEqual(['One?', 'One.', 'Two?']);
  });

  it('that are refused stay, with the reason, until sent again or taken back', async () => {
    await opened(thread, [question, answer]);
    chat.asking.send('Two?');
    server.reject(await server.next('send'), DOWN);
    await vi.waitUntil(() => chat.store.state.pending[0].problem !== null);
    expect(shown()).toEqual(['One?', 'One.', 'Two?']);
    const refused = chat.store.state.pending[0] as Pending;
    expect(refused.problem).toEqual(DOWN);
    chat.asking.retry(refused);
    const again = await server.next('send');
    expect(again.client_id).toBe(refused.clientId);
    expect(await chat.asking.discard(refused)).toBe(false); // the server may have it
    server.reject(again, DOWN);
    await vi.waitUntil(() => chat.store.state.pending[0].state === 'refused');
    await chat.asking.takeBack(refused);
    expect(shown()).toEqual(['One?', 'One.']);
    expect(chat.drafts.read(chat.store.state.open)).toBe('Two?'); // nothing is lost
  });
});

describe('far from the newest', () => {
  const thread = aThread();
  const start = aQuestion(thread, 'Start');
  const started = anAnswer(start, 'Started');
  const far = aQuestion(thread, 'Far?', started);
  const there = anAnswer(far, 'There');
  const newest = aQuestion(thread, 'Newest?', { ...there, id: 'id-between' });
  const last = anAnswer(newest, 'Last');
  const around = {
    ...{ messages: [start, started, far, there], versions: {} },
    ...{ more: false, newer: true }
  };

  beforeEach(async () => {
    await opened(thread, [newest, last]);
    server.answers.set(`GET threads/${thread.id}/messages?around=${far.id}`, around);
    chat.following.open(thread.id, far.id);
    server.acknowledge(await server.next('subscribe'));
    await vi.waitUntil(() => chat.store.state.open.reached !== undefined);
  });

  function isWhole(): boolean {
    const { conversations, pending } = chat.store.state;
    return !view(conversations[thread.id], pending).newer;
  }

  function announce(message: Message, leaf: boolean): void {
    const thread_id = thread.id;
    server.tell({ type: 'message', thread_id, message, leaf } as never);
  }

  it('an edited question ends what is shown, and knows its versions at once', async () => {
    expect(isWhole()).toBe(false);
    chat.asking.edit(far, 'Near?');
    const asked = ['Start', 'Started', 'Near?'];
    expect(shown()).toEqual(asked);
    expect(isWhole()).toBe(true);
    const sent = await server.next('send');
    const near = { ...aQuestion(thread, 'Near?', started), client_id: sent.client_id };
    announce(near, false);
    expect(shown()).toEqual(asked); // not for a moment what was there before
    announce(anAnswer(near, 'Here'), true);
    expect(shown()).toEqual([...asked, 'Here']);
    const conversation = chat.store.state.conversations[thread.id];
    expect(versions(conversation, near)).toEqual([far.id, near.id]);
    server.acknowledge(sent, { message_id: near.id });
    await vi.waitUntil(() => chat.store.state.pending.length === 0);
    expect(shown()).toEqual([...asked, 'Here']);
    expect(server.commands).toEqual([]);
  });

  it('an answer is made again where it stands', async () => {
    void chat.asking.regenerate(there);
    expect(shown()).toEqual(['Start', 'Started', 'Far?']);
    expect(isWhole()).toBe(true);
    const command = await server.next('regenerate');
    const other = { ...anAnswer(far, 'Here'), client_id: command.client_id };
    announce(other, true);
    expect(shown()).toEqual(['Start', 'Started', 'Far?', 'Here']);
    const conversation = chat.store.state.conversations[thread.id];
    expect(versions(conversation, other)).toEqual([there.id, other.id]);
  });

  it('an edit that is refused brings back what is there', async () => {
    chat.asking.edit(far, 'Near?');
    server.reject(await server.next('send'), DOWN);
    await vi.waitUntil(() => chat.store.state.pending[0].problem !== null);
    expect(shown()).toEqual(['Start', 'Started', 'Far?', 'There', 'Near?']);
    expect(isWhole()).toBe(false);
  });

  it('a version is shown until the other that is chosen has come', async () => {
    chat.asking.edit(far, 'Near?');
    const sent = await server.next('send');
    const near = { ...aQuestion(thread, 'Near?', started), client_id: sent.client_id };
    announce(near, false);
    announce(anAnswer(near, 'Here'), true);
    server.acknowledge(sent, { message_id: near.id });
    await vi.waitUntil(() => chat.store.state.pending.length === 0);
    const before = ['Start', 'Started', 'Near?', 'Here'];
    expect(shown()).toEqual(before);
    const chosen = chat.asking.select(thread.id, far.id);
    const selected = await server.next('select');
    server.say({ type: 'thread', thread: { ...thread, leaf_id: last.id } });
    expect(shown()).toEqual(before); // though the other branch's end is at hand
    await chat.browsing.loadNewer();
    server.snapshot(thread, [newest, last], { more: true });
    expect(shown()).toEqual(before);
    server.acknowledge(selected);
    await chosen;
    expect(shown()).toEqual(['Start', 'Started', 'Far?', 'There']);
    expect(isWhole()).toBe(false);
  });

  it('what is asked in a place that is not at hand is fetched with its versions', async () => {
    chat.browsing.showNewest();
    for (const { id } of [newest, last]) {
      server.answers.set(`GET threads/${thread.id}/messages?around=${id}`, {
        ...{ messages: [newest, last], versions: {}, more: true, elsewhere: true }
      });
    }
    const near = aQuestion(thread, 'Near?', started);
    announce(near, false);
    const here = anAnswer(near, 'Here');
    announce(here, true);
    const subscribed = await server.next('subscribe');
    expect(subscribed.after).toBeUndefined();
    server.snapshot(thread, [start, started, near, here], {
      versions: { [near.id]: [far.id, near.id] }
    });
    const conversation = chat.store.state.conversations[thread.id];
    expect(versions(conversation, near)).toEqual([far.id, near.id]);
  });
});

describe('answers', () => {
  const thread = aThread();
  const question = aQuestion(thread, 'One?');
  const answer = anAnswer(question, 'One.');

  it('made again hide the one before until the new one is there', async () => {
    await opened(thread, [question, answer]);
    void chat.asking.regenerate(answer);
    expect(shown()).toEqual(['One?']);
    const command = await server.next('regenerate');
    expect(command.message_id).toBe(answer.id);
    const other = { ...anAnswer(question, 'Uno.'), client_id: command.client_id };
    server.acknowledge(command, { reply_id: other.id });
    await vi.waitUntil(() => chat.store.state.pending[0].state === 'arrived');
    expect(shown()).toEqual(['One?']);
    server.change(other);
    server.say({ type: 'thread', thread: { ...thread, leaf_id: other.id } });
    expect(shown()).toEqual(['One?', 'Uno.']);
    expect(chat.store.state.pending).toEqual([]);
  });

  it('that cannot be made again come back, with the reason', async () => {
    await opened(thread, [question, answer]);
    void chat.asking.regenerate(answer);
    server.reject(await server.next('regenerate'), DOWN);
    await vi.waitUntil(() => chat.store.state.pending.length === 0);
    expect(shown()).toEqual(['One?', 'One.']);
    expect(chat.store.state.refusal).toEqual(DOWN);
  });

  it.each(['streaming', 'queued'] as const)(
    'that are %s are stopped when their question is edited, and no others',
    async status => {
      const thread = aThread();
      const question = aQuestion(thread, 'Wyh?');
      const done = anAnswer(question, 'So.');
      const coming = anAnswer(question, '', { status });
      const next = aQuestion(thread, 'And then?', coming);
      const queued = anAnswer(next, '', { status: 'queued' });
      await opened(thread, [question, done, coming, next, queued]);
      chat.asking.edit(question, 'Why?');
      expect(await server.next('stop')).toMatchObject({ message_id: coming.id });
      expect(await server.next('send')).toMatchObject({ parent_id: null });
      expect(server.commands.some(({ type }) => type === 'stop')).toBe(false);
    }
  );

  it('are stopped and chosen by name', async () => {
    await opened(thread, [question, answer]);
    void chat.asking.stop(answer);
    void chat.asking.select(thread.id, answer.id);
    expect((await server.next('stop')).message_id).toBe(answer.id);
    expect((await server.next('select')).message_id).toBe(answer.id);
    expect(path(chat.store.state.conversations[thread.id])).toEqual([question, answer]);
  });
});
