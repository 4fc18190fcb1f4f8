import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { DOWN, aThread } from '../server';
import { type OnScreen, showChat } from './chat';

const today = aThread({ title: 'Trees' });
const before = aThread({ title: 'Birds', updated_at: Date.now() - 86_400_000 * 2 });
const early = aThread({ title: null, updated_at: Date.now() - 86_400_000 * 3 });

async function showList(): Promise<OnScreen> {
  const chat = await showChat(server => {
    server.threads = { threads: [today, before, early], next: null };
    server.answers.set(`DELETE threads/${before.id}`, { ...before, deleted_at: 1 });
    server.answers.set(`POST threads/${before.id}/restore`, before);
  });
  await chat.user.click(screen.getByRole('button', { name: 'Show conversations' }));
  return chat;
}

async function expectFocus(title: string): Promise<void> {
  await waitFor(() => {
    expect(item(title)).toHaveFocus();
  });
}

function item(title: string): HTMLElement {
  return screen.getByTitle(title);
}

it('shows all conversations under their headings', async () => {
  await showList();
  const list = screen.getByRole('group', { name: 'Conversations' });
  const headings = within(list).getAllByRole('heading', { level: 4 });
  expect(headings.map(({ textContent }) => textContent)).toEqual([
    'Today',
    'Previous 7 days'
  ]);
  expect(within(list).getAllByRole('listitem')).toHaveLength(3);
  expect(item('Untitled')).toBeVisible();
});

it('opens one and makes room for it', async () => {
  const chat = await showList();
  await chat.user.click(item('Birds'));
  expect((await chat.server.next('subscribe')).thread_id).toBe(before.id);
  expect(screen.queryByRole('group', { name: 'Conversations' })).toBeNull();
});

describe('with the keyboard', () => {
  it('is one stop of Tab, and arrows move in it', async () => {
    const chat = await showList();
    item('Trees').focus();
    const moves = [
      ['{ArrowDown}', 'Birds'],
      ['{End}', 'Untitled'],
      ['{ArrowDown}', 'Untitled'],
      ['{Home}', 'Trees'],
      ['{ArrowUp}', 'Trees']
    ];
    for (const [key, title] of moves) {
      await chat.user.keyboard(key);
      await expectFocus(title);
    }
    expect(screen.getAllByTitle(/^(Trees|Birds|Untitled)$/).map(e => e.tabIndex)).toEqual(
      [0, -1, -1]
    );
  });

  it('renames with F2', async () => {
    const chat = await showList();
    chat.server.answers.set(`PATCH threads/${today.id}`, { ...today, title: 'Woods' });
    item('Trees').focus();
    await chat.user.keyboard('{F2}');
    const title = screen.getByRole('textbox', { name: 'Title' });
    expect(title).toHaveValue('Trees');
    await chat.user.clear(title);
    await chat.user.type(title, 'Woods{Enter}');
    await expectFocus('Woods');
    expect(chat.server.requests.at(-1)).toMatchObject({
      method: 'PATCH',
      body: { title: 'Woods' }
    });
  });

  it('leaves the title with Escape', async () => {
    const chat = await showList();
    item('Trees').focus();
    await chat.user.keyboard('{F2}');
    await chat.user.type(screen.getByRole('textbox', { name: 'Title' }), 'xyz{Escape}');
    await expectFocus('Trees');
    expect(chat.server.requests.some(({ method }) => method === 'PATCH')).toBe(false);
  });

  it('deletes, goes to the neighbour, and takes it back', async () => {
    const chat = await showList();
    item('Birds').focus();
    await chat.user.keyboard('{Delete}');
    expect(screen.queryByTitle('Birds')).toBeNull();
    await expectFocus('Untitled');
    expect(screen.getAllByText('Deleted “Birds”.')).toHaveLength(2); // shown and spoken
    await chat.user.click(screen.getByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(screen.getByTitle('Birds — click to rename')).toBeVisible();
    });
  });
});

it('puts back what could not be deleted, and says why', async () => {
  const chat = await showList();
  chat.server.answers.set(`DELETE threads/${today.id}`, { problem: DOWN });
  const line = item('Trees').closest('li') as HTMLElement;
  await chat.user.click(within(line).getByRole('button', { name: 'Delete' }));
  expect(await screen.findByText(DOWN.message)).toBeVisible();
  expect(item('Trees')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
});
