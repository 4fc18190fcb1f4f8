import { act, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { DOWN, aThread } from '../server';
import { type OnScreen, openThread, showChat } from './chat';

const today = aThread({ title: 'Trees' });
const before = aThread({ title: 'Birds', updated_at: Date.now() - 86_400_000 * 2 });
const early = aThread({ title: null, updated_at: Date.now() - 86_400_000 * 3 });

async function showList(): Promise<OnScreen> {
  const chat = await showChat(server => {
    server.threads = { threads: [today, before, early], next: null };
    server.answers.set('POST threads/bulk', { outcomes: [{ thread_id: before.id }] });
  });
  await chat.user.click(screen.getByRole('button', { name: 'Show conversations' }));
  return chat;
}

function lastBulk({ server }: OnScreen): unknown {
  return server.requests.filter(({ path }) => path === 'threads/bulk').at(-1)?.body;
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

it('marks forks, however long their titles are', async () => {
  const title = `${'A very long title '.repeat(10)}(fork)`;
  const fork = aThread({ title, forked_from: { thread_id: today.id, message_id: 'm' } });
  const chat = await showChat(server => {
    server.threads = { threads: [today, fork], next: null };
  });
  await chat.user.click(screen.getByRole('button', { name: 'Show conversations' }));
  expect(within(item(title.trim())).getByRole('img', { name: 'Fork' })).toBeVisible();
  expect(within(item('Trees')).queryByRole('img')).toBeNull();
});

it('says which go to the trash by themselves, and when', async () => {
  const DAY = 86_400_000;
  const quiet = (title: string, days: number, more = {}) =>
    aThread({ title, retire_at: Date.now() + days * DAY, ...more });
  const chat = await showChat(server => {
    const threads = [
      today,
      quiet('Soon', 0.5),
      quiet('Later', 4.9),
      quiet('Overdue', -0.1),
      quiet('Deleted', 4, { deleted_at: 1 })
    ];
    server.threads = { threads, next: null };
  });
  await chat.user.click(screen.getByRole('button', { name: 'Show conversations' }));
  expect(item('Soon')).toHaveTextContent(/to the trash within a day, unless/);
  expect(item('Later')).toHaveTextContent(/to the trash in 5 days, unless/);
  expect(item('Overdue')).toHaveTextContent(/to the trash within a day, unless/);
  for (const title of ['Trees', 'Deleted']) {
    expect(screen.queryByTitle(title)?.textContent ?? '').not.toMatch(/trash/);
  }
});

it('does not say again what the banner says, but lets one try again', async () => {
  const chat = await showList();
  act(() => {
    chat.services.store.update(state => ({
      ...state,
      health: DOWN,
      threads: { ...state.threads, phase: 'failed', problem: DOWN }
    }));
  });
  expect(screen.getAllByText(DOWN.message)).toHaveLength(1);
  const list = within(screen.getByRole('group', { name: 'Conversations' }));
  expect(list.getByText('The conversations could not be loaded.')).toBeVisible();
  expect(list.getByRole('button', { name: 'Try again' })).toBeVisible();
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
    expect(chat.server.lastChange).toMatchObject({
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
    // shown and spoken
    await waitFor(() => {
      expect(screen.getAllByText('Deleted “Birds”.')).toHaveLength(2);
    });
    await chat.user.click(screen.getByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(item('Birds')).toBeVisible();
    });
  });
});

it('puts back what could not be deleted, and says why', async () => {
  const chat = await showList();
  chat.server.answers.set('POST threads/bulk', { problem: DOWN });
  const line = item('Trees').closest('li') as HTMLElement;
  await chat.user.click(within(line).getByRole('button', { name: 'Delete' }));
  expect(await screen.findByText(DOWN.message)).toBeVisible();
  expect(item('Trees')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
});

describe('choosing many', () => {
  it('takes single ones with Ctrl and a range with Shift, and acts on all', async () => {
    const chat = await showList();
    await chat.user.keyboard('{Control>}');
    await chat.user.click(item('Trees'));
    await chat.user.keyboard('{/Control}{Shift>}');
    await chat.user.click(item('Untitled'));
    await chat.user.keyboard('{/Shift}');
    expect(screen.getByText('3 chosen')).toBeVisible();
    await chat.user.click(item('Trees'));
    expect(screen.getByText('2 chosen')).toBeVisible();
    chat.server.answers.set('POST threads/bulk', { outcomes: [] });
    await chat.user.click(screen.getByRole('button', { name: 'Archive all chosen' }));
    expect(lastBulk(chat)).toMatchObject({
      action: 'archive',
      thread_ids: [before.id, early.id]
    });
    expect(screen.queryByTitle('Birds')).toBeNull();
    expect(screen.getAllByText('Archived 2 conversations.')).not.toHaveLength(0);
  });

  it('says nothing of what was refused, and leaves it chosen', async () => {
    const chat = await showList();
    chat.server.answers.set('POST threads/bulk', { problem: DOWN });
    await chat.user.keyboard('{Control>}');
    await chat.user.click(item('Trees'));
    await chat.user.click(item('Birds'));
    await chat.user.keyboard('{/Control}');
    await chat.user.click(screen.getByRole('button', { name: 'Delete all chosen' }));
    expect(await screen.findByText(DOWN.message)).toBeVisible();
    expect(await screen.findByText('2 chosen')).toBeVisible();
    expect(screen.queryByText('Deleted 2 conversations.')).toBeNull();
  });

  it('ends with Escape', async () => {
    const chat = await showList();
    await chat.user.keyboard('{Control>}');
    await chat.user.click(item('Trees'));
    await chat.user.keyboard('{/Control}{Escape}');
    expect(screen.queryByText('1 chosen')).toBeNull();
  });
});

describe('the menu of one', () => {
  async function openMenu(chat: OnScreen, title: string): Promise<void> {
    const line = item(title).closest('li') as HTMLElement;
    await chat.user.click(within(line).getByRole('button', { name: 'More' }));
  }

  it('gives it a tag that exists, in the spelling that it has', async () => {
    const chat = await showList();
    chat.services.store.update(state => ({
      ...state,
      folders: { folders: [], tags: [{ name: 'R', threads: 2 }], trash_days: 30 }
    }));
    await openMenu(chat, 'Birds');
    await chat.user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    await chat.user.type(screen.getByRole('textbox', { name: 'Tag' }), 'r{Enter}');
    expect(chat.server.lastChange?.body).toMatchObject({
      action: 'tag',
      value: 'R'
    });
    expect(within(item('Birds')).getByText('R')).toBeVisible();
  });

  it('keeps a tag that is typed though it is set, and says so', async () => {
    const chat = await showList();
    await openMenu(chat, 'Birds');
    await chat.user.click(screen.getByRole('menuitem', { name: 'Tags…' }));
    const field = screen.getByRole('textbox', { name: 'Tag' });
    await chat.user.type(field, 'R{Enter}');
    const { lastChange } = chat.server;
    await chat.user.type(field, 'r{Enter}');
    expect(chat.server.lastChange).toBe(lastChange);
    expect(within(item('Birds')).getByText('R')).toBeVisible();
    expect(screen.getAllByText('The tag “R” is set already.')[0]).toBeVisible();
    await chat.user.click(screen.getByRole('button', { name: 'R', pressed: true }));
    expect(lastBulk(chat)).toMatchObject({ action: 'untag', value: 'R' });
  });

  it('leaves it in the folder that is typed though it is there', async () => {
    const chat = await showChat();
    await openThread(chat, aThread({ folder: 'Zoo' }), []);
    await chat.user.click(
      screen.getByRole('button', { name: 'More for this conversation' })
    );
    await chat.user.click(screen.getByRole('menuitem', { name: 'Move to folder…' }));
    await chat.user.type(screen.getByRole('textbox', { name: 'Folder' }), 'zoo{Enter}');
    expect(chat.server.lastChange).toBeUndefined();
    expect(screen.queryByRole('dialog', { name: 'Move to folder' })).toBeNull();
  });

  it('moves it to a new folder', async () => {
    const chat = await showList();
    await openMenu(chat, 'Birds');
    await chat.user.click(screen.getByRole('menuitem', { name: 'Move to folder…' }));
    await chat.user.type(screen.getByRole('textbox', { name: 'Folder' }), 'Zoo{Enter}');
    expect(lastBulk(chat)).toMatchObject({ action: 'move', value: 'Zoo' });
    expect(screen.queryByRole('dialog', { name: 'Move to folder' })).toBeNull();
  });

  it('closes with Escape and gives the focus back', async () => {
    const chat = await showList();
    await openMenu(chat, 'Birds');
    await chat.user.keyboard('{Escape}');
    expect(screen.queryByRole('menu')).toBeNull();
    await expectFocus('Birds');
  });

  it('closes with its own button', async () => {
    const chat = await showList();
    await openMenu(chat, 'Birds');
    expect(screen.getByRole('menu', { name: 'Birds' })).toBeVisible();
    await openMenu(chat, 'Birds');
    expect(screen.queryByRole('menu')).toBeNull();
  });

  it.each(['{Shift>}{F10}{/Shift}', '{ContextMenu}'])('opens with %s', async keys => {
    const chat = await showList();
    item('Birds').focus();
    await chat.user.keyboard(keys);
    expect(screen.getByRole('menu', { name: 'Birds' })).toBeVisible();
    expect(screen.getByRole('menuitem', { name: 'Rename' })).toHaveFocus();
    await chat.user.keyboard('p{Enter}');
    expect(lastBulk(chat)).toMatchObject({ action: 'pin', thread_ids: [before.id] });
    await expectFocus('Birds');
  });

  it('renames in the list', async () => {
    const chat = await showList();
    await openMenu(chat, 'Birds');
    await chat.user.keyboard('{Enter}');
    await new Promise(requestAnimationFrame);
    expect(screen.getByRole('textbox', { name: 'Title' })).toHaveFocus();
  });

  it.each(['Delete', 'Archive'])('%s puts the focus on the neighbour', async label => {
    const chat = await showList();
    await openMenu(chat, 'Birds');
    await chat.user.click(screen.getByRole('menuitem', { name: label }));
    expect(screen.queryByTitle('Birds')).toBeNull();
    await expectFocus('Untitled');
  });

  it('deletes for good only when asked twice, and not by a double press', async () => {
    const chat = await showList();
    const deleted = { ...before, deleted_at: Date.now() };
    chat.server.answers.set('GET threads?view=trash', { threads: [deleted], next: null });
    await chat.user.selectOptions(
      screen.getByRole('combobox', { name: 'Which conversations' }),
      'Trash'
    );
    await waitFor(() => {
      expect(screen.queryByTitle('Trees')).toBeNull();
    });
    await openMenu(chat, 'Birds');
    await chat.user.keyboard('d{Enter}{Enter}');
    expect(screen.queryByRole('menu')).toBeNull();
    expect(lastBulk(chat)).toBeUndefined();
    await openMenu(chat, 'Birds');
    await chat.user.click(screen.getByRole('menuitem', { name: 'Delete for good' }));
    expect(lastBulk(chat)).toBeUndefined();
    await chat.user.click(
      screen.getByRole('menuitem', { name: 'Really delete for good' })
    );
    expect(lastBulk(chat)).toMatchObject({ action: 'purge', thread_ids: [before.id] });
    expect(screen.queryByTitle('Birds')).toBeNull();
  });

  it('puts the focus on the list when nothing is left in it', async () => {
    const chat = await showChat(server => {
      server.threads = { threads: [today], next: null };
      server.answers.set('POST threads/bulk', { outcomes: [{ thread_id: today.id }] });
    });
    await chat.user.click(screen.getByRole('button', { name: 'Show conversations' }));
    await openMenu(chat, 'Trees');
    await chat.user.click(screen.getByRole('menuitem', { name: 'Delete' }));
    expect(document.querySelector('.jc-ThreadList-items')).toHaveFocus();
    await chat.user.keyboard('{Escape}');
    expect(screen.queryByRole('group', { name: 'Conversations' })).toBeNull();
  });
});

describe('the menu of the conversation that is open', () => {
  async function openIt(): Promise<OnScreen & { more: HTMLElement }> {
    const chat = await showChat(server => {
      server.threads = { threads: [today, before], next: null };
    });
    chat.services.following.open(today.id);
    const more = await screen.findByRole('button', {
      name: 'More for this conversation'
    });
    return { ...chat, more };
  }

  it('closes with its own button, and with Tab', async () => {
    const { user, more } = await openIt();
    await user.click(more);
    expect(screen.getByRole('menu', { name: 'Trees' })).toBeVisible();
    await user.click(more);
    expect(screen.queryByRole('menu')).toBeNull();
    await user.click(more);
    await user.keyboard('{Tab}');
    expect(screen.queryByRole('menu')).toBeNull();
    expect(more).toHaveFocus();
  });

  it('gives it tags, in the place of the menu', async () => {
    const { user, more } = await openIt();
    await user.click(more);
    await user.keyboard('t{Enter}');
    expect(screen.queryByRole('menu')).toBeNull();
    expect(screen.getByRole('textbox', { name: 'Tag' })).toHaveFocus();
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(more).toHaveFocus();
  });

  it('begins to choose several', async () => {
    const { user, more } = await openIt();
    await user.click(more);
    await user.click(screen.getByRole('menuitem', { name: 'Select' }));
    expect(screen.getByText('1 chosen')).toBeVisible();
    await user.click(item('Birds'));
    expect(screen.getByText('2 chosen')).toBeVisible();
  });
});

it('empties the trash only when asked twice', async () => {
  const chat = await showList();
  const deleted = { ...before, deleted_at: Date.now() };
  chat.server.answers.set('GET threads?view=trash', { threads: [deleted], next: null });
  chat.server.answers.set('DELETE trash', { threads: 1 });
  await chat.user.selectOptions(
    screen.getByRole('combobox', { name: 'Which conversations' }),
    'Trash'
  );
  await chat.user.click(await screen.findByRole('button', { name: 'Empty the trash' }));
  const emptied = () => chat.server.requests.some(({ path }) => path === 'trash');
  expect(emptied()).toBe(false);
  await chat.user.click(screen.getByRole('button', { name: 'Delete all for good' }));
  expect(emptied()).toBe(true);
});

it('lets one begin a temporary conversation, and keep it', async () => {
  const chat = await showList();
  await chat.user.click(screen.getByRole('button', { name: 'Temporary: not kept' }));
  expect(screen.getByText('Temporary: deleted when you leave it.')).toBeVisible();
  await chat.user.type(chat.composer(), 'Psst{Enter}');
  const sent = await chat.server.next('send');
  expect(sent).toMatchObject({ temporary: true });
  const thread = aThread({ id: sent.thread_id, title: 'Psst', temporary: true });
  chat.server.say({ type: 'thread', thread });
  chat.server.acknowledge(sent);
  chat.server.answers.set(`PATCH threads/${thread.id}`, { ...thread, temporary: false });
  await chat.user.click(await screen.findByRole('button', { name: 'Keep' }));
  const patched = chat.server.requests.find(({ method }) => method === 'PATCH');
  expect(patched?.body).toEqual({ temporary: false });
  await waitFor(() => {
    expect(screen.queryByText('Temporary: deleted when you leave it.')).toBeNull();
  });
});
