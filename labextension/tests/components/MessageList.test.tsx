import { act, screen, waitFor } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { textOf } from '../../src/chat/state/parts';
import type { Message } from '../../src/chat/protocol';
import { aQuestion, aThread, anAnswer } from '../server';
import { type OnScreen, openThread, showChat } from './chat';

const thread = aThread();
const long: Message[] = [];
for (let number = 0; number < 100; number++) {
  const question = aQuestion(thread, `Question ${String(number)}`, long.at(-1));
  long.push(question, anAnswer(question, `Answer ${String(number)}`));
}
const few = long.slice(-20);

/** Open the long thread at its newest messages. */
async function openLong(chat: OnScreen, messages = long): Promise<void> {
  chat.services.following.open(thread.id);
  const subscribed = await chat.server.next('subscribe');
  chat.server.snapshot(thread, messages, { more: messages !== long });
  chat.server.acknowledge(subscribed);
  await screen.findByText(/^Answer 99$/);
}

it('draws all of a few messages, so that the browser finds them', async () => {
  const chat = await showChat();
  await openThread(chat, thread, few);
  expect(screen.getAllByRole('article')).toHaveLength(20);
});

it('draws only the newest of many, in their order', async () => {
  const chat = await showChat();
  await openLong(chat);
  const drawn = screen.getAllByRole('article');
  expect(drawn.length).toBeLessThan(60);
  expect(drawn[drawn.length - 1]).toHaveTextContent('Answer 99');
  expect(screen.queryByText('Question 0')).toBeNull();
});

it('goes to the message that was opened, points it out and gives it the focus', async () => {
  const chat = await showChat();
  await openThread(chat, thread, few);
  vi.useFakeTimers();
  try {
    act(() => {
      chat.services.following.open(thread.id, few[4].id);
    });
    const opened = screen.getByText(textOf(few[4])).closest('article');
    expect(opened).toHaveFocus();
    expect(opened?.parentElement).toHaveAttribute('data-opened');
    act(() => {
      vi.advanceTimersByTime(4000);
    });
    expect(opened?.parentElement).not.toHaveAttribute('data-opened');
    expect(opened).toHaveFocus();
  } finally {
    vi.useRealTimers();
  }
});

it('shows nothing but that it loads until the message that was opened is there', async () => {
  const chat = await showChat();
  const [first] = long;
  chat.server.answers.set(`GET threads/${thread.id}/messages?around=${first.id}`, {
    ...{ messages: long.slice(0, 10), versions: {}, more: false, newer: true }
  });
  chat.services.following.open(thread.id, first.id);
  const subscribed = await chat.server.next('subscribe');
  chat.server.snapshot(thread, few, { more: true });
  expect(await screen.findByText('Loading…')).toBeInTheDocument();
  expect(screen.queryByRole('article')).toBeNull();
  chat.server.acknowledge(subscribed);
  expect(await screen.findByText('Question 0')).toBeInTheDocument();
  expect(screen.queryByText('Answer 99')).toBeNull();
});

it('leads back to the newest, and counts what has come there', async () => {
  const chat = await showChat();
  const [first] = long;
  chat.server.answers.set(`GET threads/${thread.id}/messages?around=${first.id}`, {
    ...{ messages: long.slice(0, 10), versions: {}, more: false, newer: true }
  });
  chat.server.answers.set(`GET threads/${thread.id}/messages?after=${long[9].id}`, {
    ...{ messages: long.slice(10, 60), versions: {}, more: true, newer: true }
  });
  await openLong(chat, few);
  chat.services.following.open(thread.id, first.id);
  chat.server.acknowledge(await chat.server.next('subscribe'));
  await screen.findByText('Question 0');
  const next = aQuestion(thread, 'Late', few[few.length - 1]);
  chat.server.change(next);
  chat.server.change(anAnswer(next, 'Later'));
  // not by role: to name all buttons of so many messages takes jsdom seconds
  const jump = await screen.findByTitle('Jump to the newest: 2 new');
  expect(screen.queryByText('Later')).toBeNull();
  await chat.user.click(jump);
  expect(await screen.findByText('Later')).toBeInTheDocument();
  await waitFor(() => {
    expect(screen.queryByTitle(/^Jump/)).toBeNull();
  });
});

it('follows an answer that takes the place of the last row', async () => {
  const chat = await showChat();
  await openThread(chat, thread, few);
  const waits = anAnswer(few[few.length - 2], '', { status: 'queued' });
  const scroller = screen.getByRole('log');
  await new Promise(resolve => setTimeout(resolve, 100));
  const scrollTo = vi.spyOn(scroller, 'scrollTo');
  act(() => {
    chat.server.tell({
      ...{ type: 'message', thread_id: thread.id, message: waits, leaf: true }
    } as never);
  });
  expect(screen.getByText(/^Queued/)).toBeVisible();
  expect(scrollTo).toHaveBeenCalled();
});

describe('Home', () => {
  const last = few[few.length - 1];
  const first = `GET threads/${thread.id}/messages?first=${last.id}`;
  const begin = { messages: long.slice(0, 20), versions: {}, more: false, newer: true };

  async function press(chat: OnScreen, key: string): Promise<void> {
    screen.getByRole('log').focus();
    await chat.user.keyboard(key);
  }

  it.each(['{Home}', '{Control>}{Home}{/Control}'])(
    'leads to the first message, which is fetched, and End back (%s)',
    async key => {
      const chat = await showChat();
      chat.server.answers.set(first, begin);
      await openLong(chat, few);
      await press(chat, key);
      expect(await screen.findByText('Question 0')).toBeInTheDocument();
      expect(screen.queryByText('Answer 99')).toBeNull();
      expect(screen.getByRole('log')).toHaveFocus();
      const { messages } = chat.services.store.state.conversations[thread.id];
      expect(Object.keys(messages)).toHaveLength(20 + few.length);
      await press(chat, '{End}');
      expect(await screen.findByText('Answer 99')).toBeInTheDocument();
    }
  );

  it('fetches nothing where the first message is at hand', async () => {
    const chat = await showChat();
    await openLong(chat);
    const fetched = () =>
      chat.server.requests.filter(({ path }) => path.includes('/messages')).length;
    const before = fetched();
    await press(chat, '{Home}');
    expect(chat.services.store.state.open.returns).toBe(1);
    expect(fetched()).toBe(before);
  });

  it('is given up for End, and says why it cannot lead there', async () => {
    const chat = await showChat();
    await openLong(chat, few);
    chat.server.answers.set(first, begin);
    await press(chat, '{Home}{End}');
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(screen.getByText('Answer 99')).toBeInTheDocument();
    expect(screen.queryByText('Question 0')).toBeNull();
    const problem = { code: 'store_down', message: 'The history does not answer.' };
    chat.server.answers.set(first, { problem });
    await press(chat, '{Home}');
    expect(await screen.findByText(problem.message)).toBeVisible();
  });

  it.each(['{Home}', '{Control>}{Home}{/Control}'])(
    'works in the empty composer, and End too; not where something is typed (%s)',
    async key => {
      const chat = await showChat();
      await openLong(chat);
      await chat.user.click(chat.composer());
      await chat.user.keyboard(key);
      const state = () => chat.services.store.state.open;
      expect(state().returns).toBe(1);
      const jumps = state().jumps ?? 0;
      await chat.user.keyboard(key.replaceAll('Home', 'End'));
      expect(state().jumps).toBe(jumps + 1);
      await chat.user.keyboard(`x${key}`);
      expect(state().returns).toBe(1);
      expect(chat.composer()).toHaveFocus();
    }
  );

  it('works on a message that was opened', async () => {
    const chat = await showChat();
    await openLong(chat);
    act(() => {
      chat.services.following.open(thread.id, last.id);
    });
    expect(document.activeElement?.tagName).toBe('ARTICLE');
    await chat.user.keyboard('{Home}');
    expect(chat.services.store.state.open).toMatchObject({
      ...{ returns: 1, target: undefined }
    });
  });
});

it('says where a page could not be had, and fetches it again when asked to', async () => {
  const chat = await showChat();
  const before = `GET threads/${thread.id}/messages?before=${few[0].id}`;
  const problem = { code: 'store_down', message: 'The history does not answer.' };
  chat.server.answers.set(before, { problem });
  await openLong(chat, few);
  const again = await screen.findByText('Try again');
  expect(screen.getByText(problem.message)).toBeVisible();
  chat.server.answers.set(before, {
    ...{ messages: long.slice(170, 180), versions: {}, more: false }
  });
  await chat.user.click(again);
  expect(await screen.findByText('Question 85')).toBeInTheDocument();
  expect(screen.queryByText(problem.message)).toBeNull();
});
