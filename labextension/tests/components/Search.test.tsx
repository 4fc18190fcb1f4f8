import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { MessageHit, SearchPage, Thread, TitleHit } from '../../src/chat/protocol';
import { DOWN, type Server, aThread } from '../server';
import { type OnScreen, showChat } from './chat';

const trees = aThread({ title: 'Trees' });
const birds = aThread({ title: 'Birds of the forest' });

function said(thread: Thread, text: string, word: string, number = 0): MessageHit {
  const begin = text.indexOf(word);
  return {
    thread,
    message_id: `${thread.id}-said-${String(number)}`,
    role: number % 2 === 0 ? 'user' : 'assistant',
    created_at: Date.now(),
    snippet: { text, marks: [{ begin, end: begin + word.length }] }
  };
}

const title: TitleHit = {
  thread: birds,
  title: { text: 'Birds of the forest', marks: [{ begin: 13, end: 19 }] }
};
const messages = [
  said(trees, 'Which <b>forest</b> is old?', 'forest'),
  said(trees, 'An old forest is one that…', 'forest', 1)
];

async function showSearch(page: SearchPage | { problem: object }): Promise<OnScreen> {
  const chat = await showChat(server => {
    server.threads = { threads: [trees, birds], next: null };
    server.search = page;
  });
  await chat.user.click(screen.getByRole('button', { name: 'Show conversations' }));
  return chat;
}

const field = () => screen.getByRole('combobox', { name: 'Search conversations' });
const results = () => screen.findAllByRole('option');

async function look(chat: OnScreen, text = 'forest') {
  await chat.user.type(field(), text);
}

function searches(server: Server): URLSearchParams[] {
  return server.requests
    .filter(({ path }) => path.startsWith('search?'))
    .map(({ path }) => new URLSearchParams(path.slice('search?'.length)));
}

describe('what was found', () => {
  it('stands in place of the list, and what was looked for stands out', async () => {
    const chat = await showSearch({ titles: [title], messages });
    expect(screen.getByTitle('Trees')).toBeVisible();
    await look(chat);
    const [first, second, third] = await results();
    expect(screen.queryByTitle('Trees')).not.toBeVisible();
    expect(first).toHaveTextContent('Birds of the forest');
    expect(second).toHaveTextContent('You: Which <b>forest</b> is old?');
    expect(third).toHaveTextContent('Answer: An old forest is one that…');
    for (const option of [first, second, third]) {
      expect(within(option).getByText('forest').tagName).toBe('MARK');
    }
    expect(await screen.findByText('3 results')).toBeInTheDocument();
  });

  it('is marked where it is in a fork', async () => {
    const fork = aThread({
      title: 'Trees (fork)',
      forked_from: { thread_id: trees.id, message_id: 'm' }
    });
    const found = said(fork, 'An old forest', 'forest');
    const chat = await showSearch({ titles: [title], messages: [found] });
    await look(chat);
    const [plain, forked] = await results();
    expect(within(forked).getByRole('img', { name: 'Fork' })).toBeVisible();
    expect(within(plain).queryByRole('img')).toBeNull();
  });

  it('is asked for once, when nothing is typed for a moment', async () => {
    const chat = await showSearch({ messages });
    for (const value of ['f', 'fo', 'for', 'forest']) {
      fireEvent.change(field(), { target: { value } }); // however slow the machine is
    }
    await results();
    expect(searches(chat.server).map(query => query.get('q'))).toEqual(['forest']);
    expect(searches(chat.server)[0].get('minutes_west')).toMatch(/^-?\d+$/);
  });

  it('is never that of an older search', async () => {
    const chat = await showSearch({ messages });
    const answers: ((page: SearchPage) => void)[] = [];
    chat.services.searching['rest'].search = () =>
      new Promise(resolve => answers.push(resolve));
    await look(chat, 'old');
    await vi.waitUntil(() => answers.length === 1);
    await look(chat, 'er');
    await vi.waitUntil(() => answers.length === 2);
    act(() => {
      answers[1]({ messages: [messages[1]] });
    });
    await results();
    act(() => {
      answers[0]({ messages });
    });
    expect(await results()).toHaveLength(1);
  });

  it('goes when its conversation is deleted', async () => {
    const chat = await showSearch({ titles: [title], messages });
    await look(chat);
    await results();
    act(() => {
      chat.server.say({ type: 'thread', thread: { ...trees, deleted_at: 1 } });
    });
    expect(await results()).toHaveLength(1);
  });

  it('is joined by what can be found now', async () => {
    const chat = await showSearch({});
    await look(chat);
    expect(await screen.findByText('Nothing found for “forest”.')).toBeVisible();
    chat.server.search = { messages };
    act(() => {
      chat.server.say({ type: 'thread', thread: trees });
    });
    await waitFor(
      () => {
        expect(screen.getAllByRole('option')).toHaveLength(2);
      },
      { timeout: 3000 }
    );
    // What could not be looked for again stays as it was.
    chat.server.search = { problem: DOWN };
    const before = searches(chat.server).length;
    act(() => {
      chat.server.say({ type: 'thread', thread: trees });
    });
    await waitFor(
      () => {
        expect(searches(chat.server)).toHaveLength(before + 1);
      },
      { timeout: 3000 }
    );
    expect(screen.getAllByRole('option')).toHaveLength(2);
  });

  it('comes page by page, also where a page is short', async () => {
    const chat = await showSearch({ messages: [messages[0]], next: 'messages:5' });
    const west = String(new Date().getTimezoneOffset());
    chat.server.answers.set(
      `GET search?q=forest&cursor=messages%3A5&minutes_west=${west}`,
      { messages: [messages[1]] }
    );
    await look(chat);
    await waitFor(async () => {
      expect(await results()).toHaveLength(2);
    });
  });
});

describe('with the keyboard', () => {
  it('arrows move, Enter opens the thread at the message', async () => {
    const chat = await showSearch({ titles: [title], messages });
    await look(chat);
    await results();
    const active = () =>
      document.getElementById(field().getAttribute('aria-activedescendant') ?? '');
    expect(active()).toHaveTextContent('Birds');
    await chat.user.keyboard('{ArrowUp}{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}');
    expect(active()).toHaveTextContent('An old forest');
    expect(active()).toHaveAttribute('aria-selected', 'true');
    await chat.user.keyboard('{ArrowUp}{Enter}');
    expect((await chat.server.next('subscribe')).thread_id).toBe(trees.id);
    expect(chat.services.store.state.open.target?.messageId).toBe(messages[0].message_id);
    expect(screen.queryByRole('group', { name: 'Conversations' })).toBeNull();
  });

  it('Enter opens the first result as soon as there is one', async () => {
    const chat = await showSearch({ messages });
    await chat.user.type(field(), 'forest{Enter}');
    expect(chat.services.store.state.open.isNew).toBe(true);
    expect((await chat.server.next('subscribe')).thread_id).toBe(trees.id);
  });

  it('Enter is forgotten where something else is typed after it', async () => {
    const chat = await showSearch({ messages });
    await chat.user.type(field(), 'fores{Enter}t');
    expect(await results()).toHaveLength(2);
    expect(chat.services.store.state.open.isNew).toBe(true);
  });

  it('Enter of an input method chooses nothing', async () => {
    const chat = await showSearch({ messages });
    await look(chat);
    await results();
    fireEvent.keyDown(field(), { key: 'Enter', isComposing: true });
    expect(chat.services.store.state.open.isNew).toBe(true);
  });

  it('Escape clears, and the list is back', async () => {
    const chat = await showSearch({ messages });
    await look(chat);
    await results();
    await chat.user.keyboard('{Escape}');
    expect(field()).toHaveValue('');
    expect(screen.queryByRole('listbox', { name: 'Search results' })).toBeNull();
    expect(screen.getByTitle('Trees')).toBeVisible();
  });

  it('the button clears too, and the field keeps the focus', async () => {
    const chat = await showSearch({ messages });
    await look(chat);
    await chat.user.click(screen.getByRole('button', { name: 'Clear the search' }));
    expect(field()).toHaveFocus();
    expect(screen.queryByRole('button', { name: 'Clear the search' })).toBeNull();
  });
});

it('opens what is clicked', async () => {
  const chat = await showSearch({ titles: [title], messages });
  await look(chat);
  await chat.user.click((await results())[0]);
  expect((await chat.server.next('subscribe')).thread_id).toBe(birds.id);
  expect(chat.services.store.state.open.target).toBeUndefined();
});

it('says what to try where nothing is found', async () => {
  const chat = await showSearch({});
  await look(chat);
  expect(await screen.findByText('Nothing found for “forest”.')).toBeVisible();
  expect(screen.getByText(/Try fewer or other words/)).toBeVisible();
  expect(await screen.findByText('Nothing found')).toBeInTheDocument(); // for screen readers
  await look(chat, ' role:user');
  expect(await screen.findByText(/without quotes or filters/)).toBeVisible();
});

it('says that the index is still being made', async () => {
  const chat = await showSearch({ messages, indexing: true });
  await look(chat);
  expect(await screen.findByText(/still being prepared/)).toBeVisible();
});

it('says what went wrong, and tries again', async () => {
  const chat = await showSearch({ problem: DOWN });
  await look(chat);
  expect(await screen.findByText(DOWN.message)).toBeVisible();
  chat.server.search = { messages };
  await chat.user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await results()).toHaveLength(2);
  expect(screen.queryByText(DOWN.message)).toBeNull();
});

it('explains a filter that means nothing, without alarm', async () => {
  const message = '“has:” takes “code”: messages with a block of code.';
  const chat = await showSearch({ problem: { code: 'invalid', message } });
  await look(chat, 'has:cheese');
  expect(await screen.findByText(message)).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});
