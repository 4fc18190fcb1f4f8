import { beforeEach, describe, expect, it, vi } from 'vitest';
import { textOf, writtenIn } from '../../src/chat/state/parts';
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
  const parts = chat.live.get(reply.id)?.parts ?? writtenIn(messages[reply.id]);
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

it('follows a thread that it left and came back to before the first answer', async () => {
  const other = aThread();
  chat.following.open(other.id);
  const first = await server.next('subscribe');
  chat.following.openNew();
  chat.following.open(other.id);
  server.snapshot(other, []);
  server.acknowledge(first);
  // The server has heard that the page went away, and only this says that it is back.
  const second = await server.next('subscribe');
  expect(second.thread_id).toBe(other.id);
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
  chat.browsing.showNewest();
  server.answers.set(`GET threads/${thread.id}/messages?before=${first.id}`, {
    ...{ messages: [early], versions: {}, more: false }
  });
  await Promise.all([chat.browsing.loadOlder(), chat.browsing.loadOlder()]);
  await chat.browsing.loadOlder();
  expect(path(chat.store.state.conversations[thread.id])).toEqual([early, first]);
  expect(server.requests.filter(({ path }) => path.includes('before='))).toHaveLength(1);
});

it('fetches messages of one thread while those of another are on their way', async () => {
  const fetchNow = globalThis.fetch;
  vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
    url.includes(thread.id) ? new Promise(() => undefined) : fetchNow(url, init)
  );
  server.snapshot(thread, [{ ...question, parent_id: 'early' }], { more: true });
  void chat.browsing.loadOlder(); // never comes
  const other = aThread();
  const early = aQuestion(other, 'Early');
  const late = aQuestion(other, 'Late', early);
  server.answers.set(`GET threads/${other.id}/messages?before=${late.id}`, {
    ...{ messages: [early], versions: {}, more: false }
  });
  chat.following.open(other.id);
  server.snapshot(other, [late], { more: true });
  await chat.browsing.loadOlder();
  expect(path(chat.store.state.conversations[other.id])).toEqual([early, late]);
});

describe('a message that is opened', () => {
  const early = aQuestion(thread, 'Early');
  const other = anAnswer(early, 'Other');
  const around = `GET threads/${thread.id}/messages?around=${early.id}`;
  const branch = (messages: Message[], elsewhere = false) => ({
    ...{ messages, versions: {}, more: false, newer: !elsewhere, elsewhere }
  });
  const shown = () => path(chat.store.state.conversations[thread.id]);
  const requests = () => server.requests.filter(({ path }) => path.includes('around='));

  async function open(messageId: string): Promise<void> {
    chat.following.open(thread.id, messageId);
    server.acknowledge(await server.next('subscribe'));
  }

  it('needs no fetching where it is shown already', async () => {
    await open(question.id);
    expect(chat.store.state.open.target).toEqual({ messageId: question.id });
    expect(requests()).toEqual([]);
  });

  it('is fetched with what is around it', async () => {
    server.answers.set(around, branch([early]));
    await open(early.id);
    await vi.waitUntil(() => shown()[0].id === early.id);
    expect(shown()).toEqual([early]);
    expect(chat.store.state.open.target).toEqual({ messageId: early.id });
    chat.browsing.showNewest();
    expect(shown()).toEqual([question, reply]);
    expect(chat.store.state.open.target).toBeUndefined();
  });

  it('brings its own branch with it', async () => {
    server.answers.set(around, branch([early, other], true));
    await open(early.id);
    const selected = await server.next('select');
    expect(selected.message_id).toBe(early.id);
    expect(shown()).toEqual([question, reply]);
    server.snapshot({ ...thread, leaf_id: other.id }, [other], { more: true });
    expect(shown()).toEqual([question, reply]); // until all of it is there
    server.acknowledge(selected);
    await vi.waitUntil(() => shown().length === 2 && shown()[1].id === other.id);
    expect(shown()).toEqual([early, other]);
  });

  it('is not gone back to once it was shown, whatever the reader does then', async () => {
    server.answers.set(around, branch([early]));
    await open(early.id);
    await vi.waitUntil(() => shown()[0].id === early.id);
    // Another window shows another branch.
    const version = aQuestion(thread, 'Version');
    server.change(version);
    server.say({ type: 'thread', thread: { ...thread, leaf_id: version.id } });
    expect(shown()).toEqual([version]);
    server.hangUp();
    chat.reconnect();
    server.welcome();
    server.acknowledge(await server.next('subscribe'));
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(requests()).toHaveLength(1);
    expect(shown()).toEqual([version]);
  });

  it('is left for another version that is chosen', async () => {
    await open(question.id);
    const version = aQuestion(thread, 'Version');
    server.change(version);
    const chosen = chat.asking.select(thread.id, version.id);
    const selected = await server.next('select');
    server.say({ type: 'thread', thread: { ...thread, leaf_id: version.id } });
    server.acknowledge(selected);
    await chosen;
    expect(shown()).toEqual([version]);
    expect(chat.store.state.open.target).toBeUndefined();
  });

  it('that is not there is said, and the newest are shown', async () => {
    const problem = { code: 'not_found', message: 'There is no such message.' };
    server.answers.set(around, { problem });
    await open(early.id);
    await vi.waitUntil(() => chat.store.state.refusal !== null);
    expect(chat.store.state.refusal?.message).toContain('not in this conversation');
    expect(chat.store.state.open.target).toBeUndefined();
    expect(shown()).toEqual([question, reply]);
  });

  it('is forgotten when another is opened before it has come', async () => {
    let answer: () => void = () => undefined;
    const late = new Promise<void>(resolve => {
      answer = resolve;
    });
    const fetchNow = globalThis.fetch;
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      if (url.includes('around=')) {
        await late;
      }
      return fetchNow(url, init);
    });
    server.answers.set(around, branch([early]));
    await open(early.id);
    chat.following.open(thread.id);
    answer();
    await vi.waitUntil(() => requests().length === 1);
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(shown()).toEqual([question, reply]);
  });
});

it('shows a version that was chosen where it stands, however much follows it', async () => {
  const version = anAnswer(question, 'Version');
  const far = anAnswer(aQuestion(thread, 'Far'), 'away');
  server.answers.set(`GET threads/${thread.id}/messages?around=${version.id}`, {
    ...{ messages: [question, version], versions: {}, more: false, newer: true }
  });
  const chosen = chat.asking.select(thread.id, version.id);
  const selected = await server.next('select');
  server.snapshot({ ...thread, leaf_id: far.id }, [far], { more: true });
  const { conversations } = chat.store.state;
  expect(path(conversations[thread.id])).toEqual([question, reply]); // no detour
  server.acknowledge(selected);
  await chosen;
  expect(path(chat.store.state.conversations[thread.id])).toEqual([question, version]);
});

it('stays where one reads when the connection comes back after much has come', async () => {
  const early = aQuestion(thread, 'Early');
  server.answers.set(`GET threads/${thread.id}/messages?around=${early.id}`, {
    ...{ messages: [early], versions: {}, more: false, newer: true }
  });
  chat.following.open(thread.id, early.id);
  server.acknowledge(await server.next('subscribe'));
  const shown = () => path(chat.store.state.conversations[thread.id]);
  await vi.waitUntil(() => shown()[0].id === early.id);
  server.hangUp();
  chat.reconnect();
  server.welcome();
  const subscribed = await server.next('subscribe');
  server.snapshot(thread, [anAnswer(question, 'Much later')], { more: true });
  server.acknowledge(subscribed);
  expect(shown()).toEqual([early]);
  chat.browsing.showNewest();
  expect(shown().map(textOf)).toEqual(['Why?', 'Much later']);
});

describe('one who reads far from the newest', () => {
  const early = aQuestion(thread, 'Early');
  const answer = anAnswer(early, 'Answer');
  const middle = aQuestion(thread, 'Middle', answer);
  const around = (message: Message, messages: Message[], elsewhere = false) => {
    server.answers.set(`GET threads/${thread.id}/messages?around=${message.id}`, {
      ...{ messages, versions: {}, more: false, newer: true, elsewhere }
    });
  };
  const shown = () => path(chat.store.state.conversations[thread.id]).map(textOf);
  const settled = () => new Promise(resolve => setTimeout(resolve, 30));
  // What the newest follow on is not at hand.
  const late = { ...question, parent_id: 'before' };

  beforeEach(async () => {
    server.snapshot(thread, [late, { ...reply, status: 'complete' }], { more: true });
    around(early, [early, answer]);
    around(answer, [early, answer]);
    chat.following.open(thread.id, early.id);
    server.acknowledge(await server.next('subscribe'));
    await vi.waitUntil(() => shown()[0] === 'Early');
  });

  it('stays there when the last answer is made again elsewhere', async () => {
    const again = anAnswer(question, 'Again');
    server.tell({
      ...{ type: 'message', thread_id: thread.id, message: again, leaf: true }
    } as never);
    server.say({ type: 'thread', thread: { ...thread, leaf_id: again.id } });
    await settled();
    expect(shown()).toEqual(['Early', 'Answer']);
    chat.browsing.showNewest();
    expect(shown()).toEqual(['Why?', 'Again']);
  });

  it('stays there when a branch is chosen elsewhere that begins after it', async () => {
    const other = { ...aQuestion(thread, 'Other'), parent_id: 'between' };
    server.snapshot({ ...thread, leaf_id: other.id }, [other], { more: true });
    expect(shown()).toEqual(['Early', 'Answer']);
    await settled();
    expect(shown()).toEqual(['Early', 'Answer']);
    chat.browsing.showNewest();
    expect(shown()).toEqual(['Other']);
  });

  it('stays there when something is asked elsewhere in a place that is not at hand', async () => {
    const other = { ...aQuestion(thread, 'Other'), parent_id: 'between' };
    const said = anAnswer(other, 'Said');
    server.change(other);
    server.tell({
      ...{ type: 'message', thread_id: thread.id, message: said, leaf: true }
    } as never);
    const subscribed = await server.next('subscribe');
    server.snapshot({ ...thread, leaf_id: said.id }, [other, said], { more: true });
    server.acknowledge(subscribed);
    await settled();
    expect(shown()).toEqual(['Early', 'Answer']);
    chat.browsing.showNewest();
    expect(shown()).toEqual(['Other', 'Said']);
  });

  it('sees where a branch begins that is chosen elsewhere', async () => {
    const version = anAnswer(early, 'Version');
    const other = { ...aQuestion(thread, 'Other'), parent_id: 'between' };
    around(answer, [early, answer], true);
    around(early, [early, version]);
    server.snapshot({ ...thread, leaf_id: other.id }, [other], { more: true });
    await vi.waitUntil(() => shown()[1] === 'Version');
    expect(shown()).toEqual(['Early', 'Version']);
  });

  it('sees the newest of a branch that has nothing of what was read', async () => {
    const other = { ...aQuestion(thread, 'Other'), parent_id: 'between' };
    around(answer, [early, answer], true);
    around(early, [early, answer], true);
    server.snapshot({ ...thread, leaf_id: other.id }, [other], { more: true });
    const { jumps = 0 } = chat.store.state.open;
    await vi.waitUntil(() => shown()[0] === 'Other');
    expect(chat.store.state.open.jumps).toBe(jumps + 1); // there is no place to keep
  });

  it('sees in the place of what is deleted what there is of another branch', async () => {
    const edited = { ...aQuestion(thread, 'Edited', answer) };
    server.snapshot({ ...thread, leaf_id: edited.id }, [early, answer, edited]);
    expect(shown()).toEqual(['Early', 'Answer', 'Edited']);
    around(answer, [early, answer, middle]);
    const end = { ...reply, status: 'complete' } as const;
    server.answers.set(`GET threads/${thread.id}/messages?around=${edited.id}`, {
      problem: { code: 'not_found', message: 'There is no such message.' }
    });
    // The end of the other branch is at hand, and is told first.
    server.say({ type: 'thread', thread: { ...thread, leaf_id: reply.id } });
    const whole = { more: true, deleted: edited.id };
    server.snapshot({ ...thread, leaf_id: reply.id }, [late, end], whole);
    await vi.waitUntil(() => shown().length === 3);
    expect(shown()).toEqual(['Early', 'Answer', 'Middle']);
  });
});

it('fetches newer messages until there is no gap', async () => {
  const [first, second] = [aQuestion(thread, 'First'), aQuestion(thread, 'Second')];
  const place = `GET threads/${thread.id}/messages?`;
  server.answers.set(`${place}around=${first.id}`, {
    ...{ messages: [first], versions: {}, more: false, newer: true }
  });
  server.answers.set(`${place}after=${first.id}`, {
    ...{
      messages: [
        { ...second, parent_id: first.id },
        { ...question, parent_id: second.id }
      ]
    },
    ...{ versions: {}, more: true, newer: true }
  });
  chat.following.open(thread.id, first.id);
  server.acknowledge(await server.next('subscribe'));
  const shown = () => path(chat.store.state.conversations[thread.id]).map(({ id }) => id);
  await vi.waitUntil(() => shown()[0] === first.id);
  await Promise.all([chat.browsing.loadNewer(), chat.browsing.loadNewer()]);
  expect(shown()).toEqual([first.id, second.id, question.id, reply.id]);
  await chat.browsing.loadNewer();
  expect(server.requests.filter(({ path }) => path.includes('after='))).toHaveLength(1);
});

describe('while a question is being changed, what is shown of its thread', () => {
  const other = anAnswer(question, 'Theirs.');
  const elsewhere = aQuestion(thread, 'Elsewhere?');
  const theirs = anAnswer(elsewhere, 'Known.');
  const chosen = { ...thread, leaf_id: theirs.id };
  const editing = (message: Message | null) => {
    chat.store.update(state => ({ ...state, editing: message }));
  };
  const shown = () => path(chat.store.state.conversations[thread.id]).map(({ id }) => id);
  const here = [question.id, reply.id];

  beforeEach(async () => {
    await calm();
    editing(question);
    server.grow(reply, 'Be');
  });

  it('stays when a branch that is not known is chosen elsewhere', async () => {
    server.snapshot(chosen, [elsewhere, theirs]);
    server.say({ type: 'thread', thread: chosen });
    expect(shown()).toEqual(here);
    server.grow(reply, 'cause');
    expect(await text()).toBe('Because');
    server.tell({
      ...{ type: 'message', thread_id: thread.id, grown: 7 },
      message: { ...reply, status: 'complete', parts: [] }
    } as never);
    expect(await text()).toBe('Because');
    expect(shown()).toEqual(here);
    expect(server.commands).toEqual([]);
  });

  it('stays when a known branch is chosen elsewhere, and goes on itself', () => {
    server.change(elsewhere);
    server.change(theirs);
    server.say({ type: 'thread', thread: chosen });
    expect(shown()).toEqual(here);
    const next = aQuestion(thread, 'And?', reply);
    server.change(next);
    expect(shown()).toEqual([...here, next.id]);
  });

  it('stays when an answer is made again elsewhere', () => {
    server.tell({
      ...{ type: 'message', thread_id: thread.id, leaf: true },
      message: { ...other, client_id: 'theirs' }
    } as never);
    expect(shown()).toEqual(here);
  });

  it('gives way to an answer that is made again here', async () => {
    void chat.asking.regenerate(reply);
    const { client_id } = await server.next('regenerate');
    server.tell({
      ...{ type: 'message', thread_id: thread.id, leaf: true },
      message: { ...other, client_id }
    } as never);
    expect(shown()).toEqual([question.id, other.id]);
  });

  it('gives way to a version that is chosen here', async () => {
    void chat.asking.select(thread.id, elsewhere.id);
    const command = await server.next('select');
    server.snapshot(chosen, [elsewhere, theirs]);
    server.acknowledge(command);
    expect(shown()).toEqual([elsewhere.id, theirs.id]);
  });

  it('gives way where it is deleted', () => {
    server.snapshot(chosen, [elsewhere, theirs], { deleted: question.id });
    expect(shown()).toEqual([elsewhere.id, theirs.id]);
  });

  it('gives way once the change is dropped', async () => {
    server.snapshot(chosen, [elsewhere, theirs]);
    editing(null);
    chat.following.editDropped();
    const subscribed = await server.next('subscribe');
    expect(subscribed.after).toBeUndefined();
    server.snapshot(chosen, [elsewhere, theirs]);
    server.acknowledge(subscribed);
    expect(shown()).toEqual([elsewhere.id, theirs.id]);
  });

  it('is fetched anew only where another branch was chosen', async () => {
    editing(null);
    chat.following.editDropped();
    await calm();
    expect(server.commands).toEqual([]);
  });

  it('gives way where something of its answer was missed', async () => {
    server.hangUp();
    chat.reconnect();
    server.welcome();
    const subscribed = await server.next('subscribe');
    server.snapshot(chosen, [elsewhere, theirs]);
    server.acknowledge(subscribed);
    expect(shown()).toEqual([elsewhere.id, theirs.id]);
  });

  it('is as it was chosen when somebody comes back to it', async () => {
    server.snapshot(chosen, [elsewhere, theirs]);
    chat.following.openNew();
    chat.following.open(thread.id);
    expect((await server.next('subscribe')).after).toBeUndefined();
  });
});

function calm(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 20));
}
