import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { textOf } from '../../src/chat/state/parts';
import type { Message, Thread } from '../../src/chat/protocol';
import type { Pending } from '../../src/chat/state/pending';
import type { Services } from '../../src/chat/state/services';
import { findThread } from '../../src/chat/state/threads';
import { ADA, Browser, DOWN, Server, aQuestion, aThread, anAnswer } from '../server';

const EVE = { id: 'eve', name: 'Eve', initials: 'E' };
const thread = aThread();
const question = aQuestion(thread, 'One?');
const answer = anAnswer(question, 'One.');

let browser: Browser;
let server: Server;
let chat: Services;

beforeEach(async () => {
  browser = new Browser();
  server = new Server();
  chat = await server.chat(browser);
});

afterEach(() => {
  vi.useRealTimers();
});

async function open(
  tab: Services,
  at: Server,
  which: Thread = thread,
  messages: Message[] = [question, answer]
): Promise<void> {
  tab.following.open(which.id);
  const subscribed = await at.next('subscribe');
  at.snapshot(which, messages);
  at.acknowledge(subscribed);
}

function waiting(tab: Services): string[] {
  return tab.store.state.pending
    .filter((entry): entry is Pending => entry.kind === 'question')
    .map(({ text }) => text);
}

/** The page is closed; what a new one of the same browser does is seen by a new server. */
async function reopen(user = ADA): Promise<void> {
  chat.dispose();
  server = new Server();
  chat = await server.chat(browser, user);
}

function comeBack(): void {
  chat.reconnect();
  server.welcome();
}

function sends(): string[] {
  return server.commands.filter(command => command.type === 'send').map(textOf);
}

/** Everything that was started has had its turn. */
async function calm(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 20));
}

describe('what is asked without a connection', () => {
  it('is not said to wait before the browser has kept it', async () => {
    await open(chat, server);
    server.hangUp();
    chat.asking.send('Two?');
    const [{ id }] = chat.store.state.pending;
    expect([...chat.store.state.unkept]).toEqual([id]);
    await calm();
    expect(chat.store.state.unkept.size).toBe(0);
    expect(waiting(chat)).toEqual(['Two?']);
  });

  it('is known to be asked without one as soon as the browser is offline', async () => {
    await open(chat, server);
    window.dispatchEvent(new Event('offline'));
    chat.asking.send('Two?');
    await calm();
    expect(sends()).toEqual([]);
    expect(chat.store.state.pending[0].tried).toBe(false);
    window.dispatchEvent(new Event('online'));
    server.welcome();
    await server.next('send');
    await calm();
    expect(sends()).toEqual([]);
  });

  it('goes by another connection where the first is dead and does not say so', async () => {
    await open(chat, server);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    chat.asking.send('Two?');
    const first = await server.next('send');
    await vi.advanceTimersByTimeAsync(11_000);
    vi.useRealTimers();
    expect(server.commands.some(({ type }) => type === 'ping')).toBe(true);
    expect(chat.store.state.connection.phase).toBe('connecting');
    server.welcome();
    const second = await server.next('send');
    expect(second.client_id).toBe(first.client_id);
    server.acknowledge(second, { message_id: 'm', reply_id: 'r' });
    await vi.waitUntil(() => chat.store.state.pending[0].state === 'arrived');
    await calm();
    expect(sends()).toEqual([]);
  });

  it('outlives the page, and is sent once, in order, each after the reply before', async () => {
    await open(chat, server);
    server.hangUp();
    for (const text of ['Two?', 'Three?', 'Four?']) {
      chat.asking.send(text);
    }
    await calm();
    await reopen();
    expect(waiting(chat)).toEqual(['Two?', 'Three?', 'Four?']);
    const second = await server.next('send');
    expect(second.parent_id).toBe(answer.id);
    await calm();
    expect(sends()).toEqual([]);
    server.acknowledge(second, { message_id: 'q2', reply_id: 'a2' });
    const third = await server.next('send');
    expect(third.parent_id).toBe('a2');
    // The page is closed before it hears that the third has been stored.
    await reopen();
    expect(waiting(chat)).toEqual(['Three?', 'Four?']);
    const again = await server.next('send');
    expect({ ...again, id: '' }).toEqual({ ...third, id: '' });
    server.acknowledge(again, { message_id: 'q3', reply_id: 'a3' });
    const fourth = await server.next('send');
    expect(fourth.parent_id).toBe('a3');
    server.acknowledge(fourth, { message_id: 'q4', reply_id: 'a4' });
    await vi.waitUntil(() => waiting(chat).length === 0);
    await reopen();
    await calm();
    expect(sends()).toEqual([]);
  });

  it('begins a conversation that is open again after the reload', async () => {
    await chat.listing.changeSettings({ model: 'thinker' });
    server.hangUp();
    chat.asking.send('Why?');
    chat.asking.send('And how?');
    await calm();
    await reopen();
    const first = await server.next('send');
    expect(first).toMatchObject({
      ...{ create: true, parent_id: null, settings: { model: 'thinker' } }
    });
    expect(chat.following.remembered).toBe(first.thread_id);
    chat.following.open(first.thread_id);
    const subscribed = await server.next('subscribe');
    server.reject(subscribed, { code: 'not_found', message: 'There is none.' });
    await vi.waitUntil(() => chat.store.state.open.isNew); // no error: it is on its way
    expect(chat.store.state.open.problem).toBeNull();
    server.acknowledge(first, { message_id: 'q', reply_id: 'a' });
    expect((await server.next('subscribe')).thread_id).toBe(first.thread_id);
    expect((await server.next('send')).parent_id).toBe('a');
  });

  it('begins it with the settings that were chosen last, and no other with them', async () => {
    server.hangUp();
    await chat.listing.changeSettings({ model: 'small' });
    chat.asking.send('Why?');
    await chat.listing.changeSettings({ model: 'thinker' });
    chat.listing.setTemporary(true);
    comeBack();
    const sent = await server.next('send');
    expect(sent).toMatchObject({ settings: { model: 'thinker' }, temporary: true });
    server.acknowledge(sent, { message_id: 'q', reply_id: 'a' });
    const subscribed = await server.next('subscribe');
    const made = aThread({ id: sent.thread_id, temporary: true });
    server.snapshot(made, []);
    server.acknowledge(subscribed);
    expect(chat.store.state.newSettings).toEqual({});
    expect(chat.store.state.newTemporary).toBe(false); // it may be kept yet
  });

  it('is made in the folder that the list shows, also where its first is taken back', async () => {
    await chat.listing.show({ view: 'active', folder: 'Work', tag: null });
    server.hangUp();
    chat.asking.send('Why?');
    chat.asking.send('Why not?');
    await vi.waitUntil(() => chat.store.state.unkept.size === 0);
    await chat.asking.takeBack(chat.store.state.pending[0] as Pending);
    comeBack();
    expect(await server.next('send')).toMatchObject({ create: true, folder: 'Work' });
    chat.following.openNew();
    await chat.listing.show({ view: 'active', folder: null, tag: null });
    chat.asking.send('Elsewhere?');
    expect((await server.next('send')).folder).toBeUndefined();
  });

  it('takes settings also between the sending and the answer of the server', async () => {
    chat.asking.send('Why?');
    const sent = await server.next('send');
    const made = aThread({ id: sent.thread_id });
    const settings = { model: 'thinker' };
    server.answers.set(`PATCH threads/${made.id}`, { ...made, settings });
    await chat.listing.changeSettings(settings);
    const patches = () => server.requests.filter(({ method }) => method === 'PATCH');
    expect(patches()).toEqual([]);
    server.say({ type: 'thread', thread: made });
    await vi.waitUntil(() => patches().length === 1);
    await calm();
    expect(patches().map(({ body }) => body)).toEqual([{ settings }]);
    expect(findThread(chat.store.state.threads, made.id)?.settings).toEqual(settings);
  });

  it('leaves alone what is typed meanwhile in its conversation', async () => {
    const { threadId } = chat.store.state.open;
    server.hangUp();
    chat.asking.send('Why?');
    chat.following.openNew();
    chat.following.open(threadId);
    chat.drafts.put(chat.store.state.open, 'And how?');
    const typed = () => chat.drafts.read(chat.store.state.open);
    await calm();
    comeBack();
    server.reject(await server.next('subscribe'), {
      code: 'not_found',
      message: 'There is none.'
    });
    await vi.waitUntil(() => chat.store.state.open.isNew);
    expect(typed()).toBe('And how?');
    server.acknowledge(await server.next('send'), { message_id: 'q', reply_id: 'a' });
    await vi.waitUntil(() => !chat.store.state.open.isNew);
    expect(typed()).toBe('And how?');
  });

  it('stays an edit of the question it was one of, and a regeneration of its answer', async () => {
    await open(chat, server);
    server.hangUp();
    void chat.asking.regenerate(answer);
    chat.asking.edit(question, 'Uno?');
    await calm();
    await reopen();
    const again = await server.next('regenerate');
    expect(again.message_id).toBe(answer.id);
    server.acknowledge(again, { reply_id: 'a2' });
    expect(await server.next('send')).toMatchObject({ parent_id: null, create: false });
  });

  it('is never sent as somebody else', async () => {
    await open(chat, server);
    server.hangUp();
    chat.asking.send('Secret?');
    void chat.asking.stop(answer);
    await calm();
    server.user = EVE; // who has signed in meanwhile, in the same browser
    comeBack();
    await calm();
    expect(chat.store.state.conversations).toEqual({});
    expect(server.commands).toEqual([]); // nor stopped, nor followed
    expect(waiting(chat)).toEqual([]);
    await reopen(EVE);
    await calm();
    expect(sends()).toEqual([]);
    await reopen(ADA);
    expect(textOf(await server.next('send'))).toBe('Secret?');
  });

  it('waits until the server knows who is asking', async () => {
    server.hangUp();
    chat.asking.send('Who am I?');
    server.user = { id: '', name: '', initials: '' };
    chat.reconnect();
    server.welcome(DOWN);
    await calm();
    expect(sends()).toEqual([]);
    server.say({ type: 'health', problem: null });
    expect(textOf(await server.next('send'))).toBe('Who am I?');
  });
});

describe('what waits', () => {
  beforeEach(async () => {
    await open(chat, server);
    server.hangUp();
    chat.asking.send('Two?');
    chat.asking.send('Three?');
    await calm();
  });

  const entry = (at: number) => chat.store.state.pending[at] as Pending;

  it('can be taken back; what follows it takes its place', async () => {
    await chat.asking.takeBack(entry(0));
    comeBack();
    expect(await server.next('send')).toMatchObject({
      ...{ parent_id: answer.id, parts: [{ text: 'Three?' }] }
    });
  });

  it('can be changed; it and what follows wait until that is done', async () => {
    expect(await chat.asking.hold(entry(0))).toBe(true);
    comeBack();
    await calm();
    expect(sends()).toEqual([]);
    await chat.asking.release(entry(0), 'Due?');
    const sent = await server.next('send');
    expect(textOf(sent)).toBe('Due?');
    server.acknowledge(sent, { message_id: 'q2', reply_id: 'a2' });
    expect((await server.next('send')).parent_id).toBe('a2');
  });

  it('is shown when it goes on its way changed, with the answer that comes', async () => {
    const { store } = chat;
    await chat.asking.hold(entry(0));
    const before = store.state.open.jumps ?? 0;
    await chat.asking.release(entry(0), 'Due?');
    expect(store.state.open.jumps).toBe(before + 1);
  });

  it('is kept back still when the page is closed while it is changed', async () => {
    await chat.asking.hold(entry(0));
    await reopen();
    await calm();
    expect(sends()).toEqual([]);
    await chat.asking.release(entry(0), null);
    expect(textOf(await server.next('send'))).toBe('Two?');
  });

  it('can be neither once the server may have it', async () => {
    comeBack();
    await server.next('send');
    server.hangUp();
    await calm();
    expect(await chat.asking.hold(entry(0))).toBe(false);
    expect(await chat.asking.discard(entry(0))).toBe(false);
    expect(waiting(chat)).toEqual(['Two?', 'Three?']);
  });

  it('is not changed either when the connection goes before it is sent again', async () => {
    comeBack();
    await server.next('send');
    server.hangUp();
    await calm();
    // This time it goes while the browser still writes down that it is being sent.
    const { shelf } = browser;
    const update = shelf.update.bind(shelf);
    const updates = vi.spyOn(shelf, 'update').mockImplementation((owner, change) => {
      if (updates.mock.calls.length === 2) {
        server.hangUp();
      }
      return update(owner, change);
    });
    comeBack();
    await calm();
    updates.mockRestore();
    expect(sends()).toEqual([]);
    expect(await chat.asking.hold(entry(0))).toBe(false);
  });

  it('is sent when the history that refused it is well again', async () => {
    comeBack();
    const refused = await server.next('send');
    server.reject(refused, DOWN);
    await vi.waitUntil(() => entry(0).state === 'refused');
    await calm();
    expect(sends()).toEqual([]); // what follows it waits
    server.say({ type: 'health', problem: null });
    expect((await server.next('send')).client_id).toBe(refused.client_id);
  });
});

it('asks at the end what is sent again after the conversation went on', async () => {
  await open(chat, server);
  chat.asking.send('Two?');
  server.reject(await server.next('send'), {
    code: 'internal',
    message: 'Something is wrong.'
  });
  await vi.waitUntil(() => chat.store.state.pending[0].state === 'refused');
  chat.asking.send('Three?');
  const third = await server.next('send');
  expect(third.parent_id).toBe(answer.id); // it does not wait for what was refused
  const asked = { ...aQuestion(thread, 'Three?', answer), client_id: third.client_id };
  const answered = anAnswer(asked, 'Three.');
  server.change(asked);
  server.change(answered);
  server.acknowledge(third, { message_id: asked.id, reply_id: answered.id });
  await calm();
  chat.asking.retry(chat.store.state.pending[0] as Pending);
  expect((await server.next('send')).parent_id).toBe(answered.id);
});

describe('two tabs of a browser', () => {
  let other: Services;
  let elsewhere: Server;

  beforeEach(async () => {
    elsewhere = new Server();
    other = await elsewhere.chat(browser);
    await open(chat, server);
    await open(other, elsewhere);
  });

  it('show the same, and one of them sends it', async () => {
    server.hangUp();
    chat.asking.send('Two?');
    const sent = await elsewhere.next('send'); // by the tab that can
    expect(waiting(other)).toEqual(['Two?']);
    chat.reconnect();
    server.welcome();
    await calm();
    expect(sends()).toEqual([]);
    elsewhere.acknowledge(sent, { message_id: 'q2', reply_id: 'a2' });
    await calm();
    expect(waiting(chat)).toEqual(['Two?']); // until its own conversation shows it
    server.change({ ...aQuestion(thread, 'Two?', answer), client_id: sent.client_id });
    expect(waiting(chat)).toEqual([]);
    expect(sends()).toEqual([]);
  });

  it('wait for each other', async () => {
    chat.asking.send('Two?');
    const second = await server.next('send');
    other.asking.send('Three?');
    await calm();
    expect(elsewhere.commands.some(({ type }) => type === 'send')).toBe(false);
    server.acknowledge(second, { message_id: 'q2', reply_id: 'a2' });
    const third = await Promise.race([server.next('send'), elsewhere.next('send')]);
    expect(textOf(third)).toBe('Three?');
    expect(third.parent_id).toBe('a2');
  });

  it('go on where the one that was sending is gone', async () => {
    chat.asking.send('Two?');
    const second = await server.next('send');
    server.hangUp();
    expect((await elsewhere.next('send')).client_id).toBe(second.client_id);
  });

  it('never begin anew with what was to follow something that is gone', async () => {
    server.hangUp();
    elsewhere.hangUp();
    chat.asking.send('Two?');
    chat.asking.send('Three?');
    await calm();
    const [second, third] = chat.store.state.pending as Pending[];
    expect(third.place).toEqual({ after: second.id });
    // The third was asked in a tab that had not heard yet that the second was taken back.
    await browser.shelf.update(`http://localhost/ ${ADA.id}`, () => [third]);
    comeBack();
    await vi.waitUntil(() => chat.store.state.pending[0]?.state === 'refused');
    expect(sends()).toEqual([]);
    chat.asking.retry(chat.store.state.pending[0] as Pending);
    expect((await server.next('send')).parent_id).toBe(answer.id);
  });

  it('follow what another tab has just seen arrive', async () => {
    chat.asking.send('Two?');
    const second = await server.next('send');
    const [entry] = other.store.state.pending as Pending[];
    server.acknowledge(second, { message_id: 'q2', reply_id: 'a2' });
    await calm();
    // Asked before the other tab had heard of that, and put down after it.
    await other.outbox.add({
      ...entry,
      ...{ id: 'z', clientId: 'z', text: 'Three?', place: { after: entry.id } },
      tried: false
    });
    const third = await Promise.race([server.next('send'), elsewhere.next('send')]);
    expect(third.parent_id).toBe('a2');
  });

  it('take a question back once', async () => {
    server.hangUp();
    elsewhere.hangUp();
    chat.asking.send('Two?');
    await calm();
    const mine = chat.store.state.pending[0] as Pending;
    await Promise.all([chat.asking.takeBack(mine), other.asking.takeBack(mine)]);
    const typed = [chat, other].map(({ drafts, store }) => drafts.read(store.state.open));
    expect(typed.sort()).toEqual(['', 'Two?']);
  });

  it('lose neither text where both change the same waiting question', async () => {
    server.hangUp();
    elsewhere.hangUp();
    chat.asking.send('Two?');
    await calm();
    const mine = chat.store.state.pending[0] as Pending;
    const theirs = other.store.state.pending[0] as Pending;
    expect(await chat.asking.hold(mine)).toBe(true);
    expect(await other.asking.hold(theirs)).toBe(true);
    await chat.asking.release(mine, 'Due?');
    await other.asking.release(theirs, 'Deux?');
    await calm();
    expect(waiting(chat)).toEqual(['Due?', 'Deux?']);
    comeBack();
    const first = await server.next('send');
    server.acknowledge(first, { message_id: 'q2', reply_id: 'a2' });
    const second = await server.next('send');
    expect([first, second].map(textOf)).toEqual(['Due?', 'Deux?']);
    expect(second.parent_id).toBe(first.parent_id); // versions of each other
  });
});
