import { beforeEach, expect, it, vi } from 'vitest';
import type { Thread } from '../../src/chat/protocol';
import type { Services } from '../../src/chat/state/services';
import { offered } from '../../src/chat/state/state';
import { listed } from '../../src/chat/state/threads';
import { DOWN, Server, aQuestion, aThread } from '../server';

let server: Server;
let chat: Services;
const trees = aThread({ title: 'Trees', folder: 'Woods' });
const birds = aThread({ title: 'Birds', pinned: true });

beforeEach(async () => {
  localStorage.clear();
  server = new Server();
  server.threads = { threads: [birds, trees], next: null };
  answer();
  chat = await server.chat();
});

const titles = () => listed(chat.store.state.threads).map(({ title }) => title);
const bulks = () =>
  server.requests.filter(({ path }) => path === 'threads/bulk').map(({ body }) => body);

function answer(...refused: Thread[]): void {
  server.answers.set('POST threads/bulk', {
    outcomes: [trees, birds].map(({ id }) => ({
      thread_id: id,
      problem: refused.some(thread => thread.id === id) ? DOWN : undefined
    }))
  });
}

it('deletes at once, leaves what is deleted, and takes it back', async () => {
  chat.following.open(trees.id);
  await chat.organising.change([trees], { action: 'delete' }, () => 'Deleted.');
  expect(titles()).toEqual(['Birds']);
  expect(chat.store.state.open.isNew).toBe(true);
  chat.store.state.undos.at(0)?.run();
  await vi.waitUntil(() => chat.store.state.open.threadId === trees.id);
  expect(titles()).toEqual(['Birds', 'Trees']);
  expect(bulks()).toEqual([
    { thread_ids: [trees.id], action: 'delete' },
    { thread_ids: [trees.id], action: 'restore' }
  ]);
});

it('takes back each of several deletions, whatever was done after them', async () => {
  await chat.organising.change([trees], { action: 'delete' }, () => 'Deleted trees.');
  await chat.organising.change([birds], { action: 'delete' }, () => 'Deleted birds.');
  await chat.organising.change([birds], { action: 'pin' });
  const texts = () =>
    chat.store.state.undos.filter(undo => !undo.underWay).map(({ text }) => text);
  expect(texts()).toEqual(['Deleted birds.', 'Deleted trees.']);
  chat.store.state.undos[0].run();
  await vi.waitUntil(() => titles().length === 1);
  expect(texts()).toEqual(['Deleted trees.']);
  offered(chat.store.state)?.run();
  await vi.waitUntil(() => titles().length === 2);
  expect(texts()).toEqual([]);
});

it('offers again what it could not take back, before what was done earlier', async () => {
  chat.following.open(birds.id);
  await chat.organising.change([trees], { action: 'delete' }, () => 'Deleted trees.');
  await chat.organising.change([birds], { action: 'delete' }, () => 'Deleted birds.');
  server.answers.set('POST threads/bulk', { problem: DOWN });
  offered(chat.store.state)?.run();
  await vi.waitUntil(() => chat.store.state.refusal !== null);
  await vi.waitUntil(() => offered(chat.store.state)?.text === 'Deleted birds.');
  expect(chat.store.state.open.isNew).toBe(true); // it is still in the trash
  expect(titles()).toEqual([]);
  answer();
  offered(chat.store.state)?.run();
  await vi.waitUntil(() => chat.store.state.open.threadId === birds.id);
  expect(chat.store.state.refusal).toBeNull();
  expect(titles()).toEqual(['Birds']);
  await vi.waitUntil(() => offered(chat.store.state)?.text === 'Deleted trees.');
});

it('offers to take back nothing of what is gone for good', async () => {
  await chat.organising.change([trees], { action: 'delete' }, () => 'Deleted trees.');
  await chat.organising.change([birds], { action: 'delete' }, () => 'Deleted birds.');
  server.say({ type: 'gone', thread_id: birds.id });
  expect(chat.store.state.undos.map(({ text }) => text)).toEqual(['Deleted trees.']);
});

it('ends no other offer where it is refused', async () => {
  await chat.organising.change([trees], { action: 'delete' }, () => 'Deleted trees.');
  answer(birds);
  await chat.organising.change([birds], { action: 'delete' }, () => 'Deleted birds.');
  expect(chat.store.state.undos.map(({ text }) => text)).toEqual(['Deleted trees.']);
});

it('takes back what did not leave the thread without going there again', async () => {
  chat.following.open(trees.id);
  await chat.organising.change([trees], { action: 'archive' }, () => 'Archived.');
  chat.following.open(birds.id);
  chat.store.state.undos.at(0)?.run();
  await vi.waitUntil(() => bulks().length === 2);
  await new Promise(resolve => setTimeout(resolve, 20));
  expect(chat.store.state.open.threadId).toBe(birds.id);
});

it('puts back only those that refuse, and says why', async () => {
  answer(birds);
  await chat.organising.change([trees, birds], { action: 'archive' }, () => 'Archived.');
  expect(titles()).toEqual(['Birds']);
  expect(chat.store.state.refusal).toEqual(DOWN);
});

it('says of which threads something was done, and takes that back of those', async () => {
  answer(birds);
  const text = (done: readonly Thread[]) => done.map(({ title }) => title).join();
  const refused = await chat.organising.change(
    [trees, birds],
    { action: 'delete' },
    text
  );
  expect(refused).toEqual([birds]);
  expect(chat.store.state.undos.map(undo => undo.text)).toEqual(['Trees']);
  chat.store.state.undos[0].run();
  await vi.waitUntil(() => bulks().length === 2);
  expect(bulks()[1]).toEqual({ thread_ids: [trees.id], action: 'restore' });
});

it('comes back to what could not be deleted, unless one has gone on', async () => {
  server.answers.set('POST threads/bulk', { problem: DOWN });
  chat.following.open(trees.id);
  await chat.organising.change([trees], { action: 'delete' }, () => 'Deleted.');
  expect(chat.store.state.open.threadId).toBe(trees.id);
  const deleting = chat.organising.change([trees], { action: 'delete' });
  chat.following.open(birds.id);
  await deleting;
  expect(chat.store.state.open.threadId).toBe(birds.id);
});

it('puts all back where the server cannot do it at all', async () => {
  server.answers.set('POST threads/bulk', { problem: DOWN });
  await chat.organising.change([trees, birds], { action: 'delete' }, () => 'Deleted.');
  expect(titles()).toEqual(['Birds', 'Trees']);
  expect(chat.store.state.undos).toEqual([]);
});

it('moves back each to where it was', async () => {
  await chat.organising.change(
    [trees, birds],
    { action: 'move', value: 'x' },
    () => 'Moved.'
  );
  chat.store.state.undos.at(0)?.run();
  await vi.waitUntil(() => bulks().length === 3);
  expect(bulks().slice(1)).toEqual([
    { thread_ids: [trees.id], action: 'move', value: 'Woods' },
    { thread_ids: [birds.id], action: 'move', value: null }
  ]);
});

it('unpins, when that is undone, only what was not pinned before', async () => {
  await chat.organising.change([trees, birds], { action: 'pin' }, () => 'Pinned.');
  chat.store.state.undos.at(0)?.run();
  await vi.waitUntil(() => bulks().length === 2);
  expect(bulks()[1]).toEqual({ thread_ids: [trees.id], action: 'unpin' });
});

it('drops what was deleted for good elsewhere, also while it is open', () => {
  chat.following.open(trees.id);
  server.say({ type: 'gone', thread_id: trees.id });
  expect(titles()).toEqual(['Birds']);
  expect(chat.store.state.open.isNew).toBe(true);
});

it('keeps what was being typed in what is deleted for good elsewhere', () => {
  const question = aQuestion(trees, 'Why?');
  const fresh = () => chat.drafts.read(chat.store.state.open);
  chat.following.open(trees.id);
  chat.drafts.put(chat.store.state.open, 'And then?');
  chat.store.update(state => ({ ...state, editing: question }));
  chat.edits.put(question.id, 'Why not?');
  server.say({ type: 'gone', thread_id: trees.id });
  expect(chat.store.state.open.isNew).toBe(true);
  expect(fresh()).toBe('And then?\n\nWhy not?');
  expect(chat.store.state.refusal?.message).toContain('is in the field below');
  expect(chat.edits.read(question.id)).toBeNull();

  chat.store.update(state => ({ ...state, refusal: null }));
  chat.following.open(birds.id);
  server.say({ type: 'gone', thread_id: birds.id });
  expect(fresh()).toBe('And then?\n\nWhy not?');
  expect(chat.store.state.refusal).toBeNull(); // nothing was being typed there
});

it('marks what was answered while one was elsewhere, until it is opened', () => {
  server.say({ type: 'thread', thread: { ...trees, running: true } });
  server.say({ type: 'thread', thread: trees });
  expect([...chat.store.state.unread]).toEqual([trees.id]);
  chat.following.open(trees.id);
  expect(chat.store.state.unread.size).toBe(0);
});

it('asks for a temporary thread once, and only for the new conversation', async () => {
  chat.listing.setTemporary(true);
  chat.asking.send('Psst');
  expect(await server.next('send')).toMatchObject({ create: true, temporary: true });
  chat.following.openNew();
  expect(chat.store.state.newTemporary).toBe(false);
});

it('shows the list that was asked for last', async () => {
  const old = aThread({ title: 'Old', archived: true });
  server.answers.set('GET threads?view=archived', { threads: [old], next: null });
  const first = chat.listing.show({ view: 'trash', folder: null, tag: null });
  const second = chat.listing.show({ view: 'archived', folder: null, tag: null });
  await Promise.all([first, second]);
  expect(titles()).toEqual(['Old']);
});
