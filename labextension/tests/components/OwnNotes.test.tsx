import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { Account, AccountPatch } from '../../src/chat/protocol';
import { ADA, DOWN, type Server } from '../server';
import { showChat } from './chat';

/** A server that keeps what is changed of the account. */
function keeping(server: Server): Server {
  const answers = server.answers;
  Object.defineProperty(server, 'answers', {
    value: {
      get: (request: string) => {
        if (request !== 'PATCH account' || answers.has(request)) {
          return answers.get(request);
        }
        const patch = server.requests.at(-1)?.body as AccountPatch;
        server.account = { ...server.account, ...patch } as Account;
        return server.account;
      },
      set: answers.set.bind(answers),
      delete: answers.delete.bind(answers)
    }
  });
  return server;
}

async function showNotes(account: Partial<Account> = {}) {
  const chat = await showChat(server => {
    keeping(server).account = { user: ADA, source: 'openai', ...account };
  });
  await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
  return chat;
}

const notes = () =>
  within(screen.getByRole('list', { name: 'Notes' }))
    .getAllByRole('listitem')
    .map(({ textContent }) => textContent);
const field = () => screen.getByRole('textbox', { name: 'New note' });

it('is off until it is switched on', async () => {
  const { server, user } = await showNotes();
  const box = screen.getByRole('checkbox', { name: 'Send my notes with every question' });
  expect(box).not.toBeChecked();
  await user.click(box);
  await waitFor(() => {
    expect(box).toBeChecked();
  });
  expect(server.lastChange?.body).toEqual({ use_notes: true });
});

it('adds notes with Enter, one after the other', async () => {
  const { user } = await showNotes();
  await user.click(field());
  await user.keyboard('I work with R.{Enter}');
  await waitFor(() => {
    expect(field()).toHaveValue('');
  });
  expect(field()).toHaveFocus();
  await user.keyboard('Metric units{Shift>}{Enter}{/Shift}always.{Enter}');
  await waitFor(() => {
    expect(notes()).toEqual(['I work with R.', 'Metric units\nalways.']);
  });
});

it('takes none that is there already, and says so', async () => {
  const { server, user } = await showNotes({ notes: ['I work with R.'] });
  await user.click(field());
  await user.keyboard('I work with R.');
  expect(screen.getByText('This is one of your notes already.')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Add' })).toBeDisabled();
  await user.keyboard('{Enter}');
  expect(notes()).toEqual(['I work with R.']);
  expect(server.lastChange).toBeUndefined();
});

it('edits one in its place, and leaves it as it was with Escape', async () => {
  const { user } = await showNotes({ notes: ['One.', 'Two.'] });
  await user.click(screen.getByRole('button', { name: 'Edit the note “Two.”' }));
  const editor = screen.getByRole('textbox', { name: 'Note' });
  expect(editor).toHaveFocus();
  await user.keyboard(' No.{Escape}');
  expect(notes()).toEqual(['One.', 'Two.']);
  expect(screen.getByRole('button', { name: 'Edit the note “Two.”' })).toHaveFocus();
  await user.click(screen.getByRole('button', { name: 'Edit the note “Two.”' }));
  await user.keyboard(' And a half.{Enter}');
  await waitFor(() => {
    expect(notes()).toEqual(['One.', 'Two. And a half.']);
  });
});

it('deletes one, and brings it back to its place', async () => {
  const { user } = await showNotes({ notes: ['One.', 'Two.', 'Three.'] });
  await user.click(screen.getByRole('button', { name: 'Delete the note “Two.”' }));
  await waitFor(() => {
    expect(notes()).toEqual(['One.', 'Three.']);
  });
  await user.click(screen.getByRole('button', { name: 'Undo' }));
  await waitFor(() => {
    expect(notes()).toEqual(['One.', 'Two.', 'Three.']);
  });
});

it('changes what there is by now: another window may have added something', async () => {
  const { server, user } = await showNotes({ notes: ['One.'] });
  server.account = { ...server.account, notes: ['One.', 'From elsewhere.'] };
  await user.type(field(), 'Here.{Enter}');
  await waitFor(() => {
    expect(notes()).toEqual(['One.', 'From elsewhere.', 'Here.']);
  });
});

it('keeps what was typed where it could not be stored, and says why', async () => {
  const { server, user } = await showNotes();
  server.answers.set('PATCH account', { problem: DOWN });
  await user.type(field(), 'Here.{Enter}');
  expect(await screen.findByText(DOWN.message)).toBeVisible();
  expect(field()).toHaveValue('Here.');
});

it('takes no more than fit', async () => {
  await showNotes({ notes: Array.from({ length: 50 }, (_, n) => `Note ${String(n)}`) });
  expect(screen.queryByRole('textbox', { name: 'New note' })).toBeNull();
  expect(screen.getByText('These are 50 notes, and no more fit.')).toBeVisible();
});
