import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import * as server from '../../src/chat/client/server';
import type { Import } from '../../src/chat/protocol';
import { type Request, aThread } from '../server';
import { showChat, openThread } from './chat';

const NEW: Import = { id: 'f00', name: 'history.json', size: 5, state: 'uploading' };
const DONE: Import = { ...NEW, state: 'done', received: 5, threads_added: 2 };

function aFile(text = 'hello', name = 'history.json'): File {
  return new File([text], name, { lastModified: 7 });
}

async function settings() {
  const chat = await showChat(({ answers }) => {
    answers.set('GET imports', { imports: [] });
  });
  await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
  return chat;
}

const isStart = ({ method, path }: Request) => method === 'POST' && path === 'imports';

describe('bringing a history', () => {
  it('sends the file, shows how far it is and what became of it', async () => {
    const { server: played, user } = await settings();
    played.answers.set('POST imports', NEW);
    played.answers.set('PUT imports/f00?offset=0', {
      ...NEW,
      state: 'running',
      received: 5
    });
    await user.upload(screen.getByLabelText('File to import'), aFile());
    expect(await screen.findByRole('progressbar', { name: 'Importing…' })).toBeVisible();
    const start = played.requests.find(isStart);
    expect(start?.body).toEqual({
      name: 'history.json',
      size: 5,
      fingerprint: 'history.json:5:7'
    });
    expect(played.requests.some(({ method }) => method === 'PUT')).toBe(true);

    const lists = played.requests.filter(({ path }) => path === 'threads').length;
    played.say({
      type: 'import',
      progress: {
        ...DONE,
        messages_added: 4,
        threads_known: 3,
        threads_failed: 1,
        problems: [{ message: 'It has no messages.', entry: 4, title: 'Frogs' }],
        more_problems: 7,
        omissions: [{ what: 'images', count: 12 }]
      }
    });
    const section = await screen.findByRole('region', { name: 'Your history' });
    await within(section).findByText('Imported', { selector: 'strong' });
    expect(section).toHaveTextContent('2 conversations added · 3 were here already');
    expect(section).toHaveTextContent('1 could not be taken over');
    expect(section).toHaveTextContent('Left out: images (12).');
    expect(section).toHaveTextContent('8 problems');
    expect(section).toHaveTextContent('entry 4, “Frogs”: It has no messages.');
    expect(section).toHaveTextContent('and 7 more');
    expect(section).toHaveTextContent('only what is missing is added');
    await waitFor(() => {
      const now = played.requests.filter(({ path }) => path === 'threads').length;
      expect(now).toBe(lists + 1);
    });
  });

  it('counts one conversation as one, and advises nothing where all was taken', async () => {
    const { server: played } = await settings();
    const message = 'It is in the trash and stays there.';
    played.say({
      type: 'import',
      progress: { ...DONE, threads_added: 0, threads_known: 1, problems: [{ message }] }
    });
    const section = await screen.findByRole('region', { name: 'Your history' });
    await within(section).findByText('Imported', { selector: 'strong' });
    expect(section).toHaveTextContent('1 was here already');
    expect(section).toHaveTextContent('1 problem');
    expect(section).not.toHaveTextContent('only what is missing is added');
  });

  it('says that nothing could be imported where that is so, and shows why', async () => {
    const { server: played } = await settings();
    const problems = Array.from({ length: 4 }, (_, at) => ({
      message: `No ${String(at)}.`
    }));
    played.say({ type: 'import', progress: { ...DONE, threads_added: 0, problems } });
    await screen.findByText('Nothing could be imported', { selector: 'strong' });
    expect(screen.getByText('No 3.')).toBeVisible();
    expect(screen.queryByText(/conversations added/)).toBeNull();
  });

  it('goes on where the server says it ended', async () => {
    const { server: played, user } = await settings();
    played.answers.set('POST imports', { ...NEW, received: 3 });
    played.answers.set('PUT imports/f00?offset=3', DONE);
    await user.upload(screen.getByLabelText('File to import'), aFile());
    await screen.findByText('Imported', { selector: 'strong' });
    const puts = played.requests.filter(({ method }) => method === 'PUT');
    expect(puts.map(({ path }) => path)).toEqual(['imports/f00?offset=3']);
  });

  it('takes a file that is dropped, and says why it is refused', async () => {
    const { server: played } = await settings();
    const problem = { code: 'too_large', message: 'The file is too large.' };
    played.answers.set('POST imports', { problem });
    const button = screen.getByRole('button', { name: /^Choose a file/ });
    const files = { item: () => aFile(), length: 1 };
    fireEvent.drop(button, { dataTransfer: { files } });
    expect(await screen.findByText('The file is too large.')).toBeVisible();
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('says that an empty file is empty', async () => {
    const { server: played, user } = await settings();
    await user.upload(screen.getByLabelText('File to import'), aFile(''));
    expect(await screen.findByText(/The file is empty/)).toBeVisible();
    expect(played.requests.some(isStart)).toBe(false);
  });

  it('can be cancelled', async () => {
    const { server: played, user } = await settings();
    played.say({ type: 'import', progress: { ...NEW, state: 'running' } });
    played.answers.set('DELETE imports/f00', { ...NEW, state: 'cancelled' });
    await user.click(await screen.findByRole('button', { name: 'Cancel the import' }));
    expect(await screen.findByText('Cancelled', { selector: 'strong' })).toBeVisible();
  });

  it('says how far it had come when the server was restarted, and how to go on', async () => {
    const { server: played, services, user } = await settings();
    const running = { ...NEW, state: 'running', read: 42, total: 100 } as const;
    played.say({ type: 'import', progress: { ...running, threads_added: 12 } });
    await screen.findByRole('progressbar', { name: 'Importing…' });
    played.hangUp();
    services.reconnect();
    played.welcome(); // it knows nothing of the import any more
    expect(await screen.findByText('Interrupted', { selector: 'strong' })).toBeVisible();
    const section = screen.getByRole('region', { name: 'Your history' });
    expect(section).toHaveTextContent('restarted after 42% of the file had been read');
    expect(section).toHaveTextContent('12 conversations added');
    expect(screen.queryByRole('progressbar')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Cancel the import' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Choose the file again…' })).toBeVisible();
    await waitFor(() => {
      expect(document.querySelector('[aria-live]')).toHaveTextContent('Interrupted');
    });
    played.answers.set('POST imports', running);
    await user.upload(screen.getByLabelText('File to import'), aFile());
    expect(await screen.findByRole('progressbar', { name: 'Importing…' })).toBeVisible();
    played.say({ type: 'import', progress: DONE });
    expect(await screen.findByText('Imported', { selector: 'strong' })).toBeVisible();
  });

  it('says the same where the server was restarted during the upload', async () => {
    const { server: played, user } = await settings();
    played.answers.set('POST imports', { ...NEW, received: 2 });
    const problem = { code: 'not_found', message: 'There is no such import.' };
    played.answers.set('PUT imports/f00?offset=2', { problem });
    await user.upload(screen.getByLabelText('File to import'), aFile());
    expect(await screen.findByText(/after 40% of the file had been sent/)).toBeVisible();
    expect(screen.queryByText('There is no such import.')).toBeNull();
  });

  it('says how to go on with an upload that was interrupted', async () => {
    const { server: played } = await settings();
    played.say({ type: 'import', progress: { ...NEW, received: 2 } });
    expect(await screen.findByText(/Choose the same file to go on/)).toBeVisible();
  });
});

describe('taking along', () => {
  it('saves a conversation in the format that is chosen with the keyboard', async () => {
    const save = vi.spyOn(server, 'save').mockResolvedValue();
    const chat = await showChat();
    const id = '019a0000-0000-7000-8000-000000000001';
    const thread = { id, title: 'Frogs', settings: {}, created_at: 1, updated_at: 1 };
    await openThread(chat, thread, []);
    chat.server.answers.set(`HEAD threads/${id}/export?format=ipynb`, {});
    await chat.user.click(
      await screen.findByRole('button', { name: 'Export the conversation' })
    );
    expect(screen.getByRole('menuitem', { name: 'Markdown' })).toHaveFocus();
    await chat.user.keyboard('{ArrowDown}{Enter}');
    await waitFor(() => {
      expect(save).toHaveBeenCalledWith(
        expect.anything(),
        `threads/${id}/export?format=ipynb`
      );
    });
    expect(screen.queryByRole('menu')).toBeNull();
    save.mockRestore();
  });

  it('closes its menu with Tab, and says why nothing can be saved', async () => {
    const chat = await showChat();
    const thread = aThread();
    await openThread(chat, thread, []);
    const problem = { code: 'store_down', message: 'The history cannot be read.' };
    const path = `threads/${thread.id}/export?format=markdown`;
    chat.server.answers.set(`HEAD ${path}`, { problem });
    chat.server.answers.set(`GET ${path}`, { problem });
    const button = await screen.findByRole('button', { name: 'Export the conversation' });
    await chat.user.click(button);
    await chat.user.keyboard('{Tab}');
    expect(screen.queryByRole('menu')).toBeNull();
    expect(button).toHaveFocus();
    await chat.user.keyboard('{Enter}{Enter}');
    expect(await screen.findByText('The history cannot be read.')).toBeVisible();
  });

  it('offers nothing for a temporary conversation, which nobody keeps', async () => {
    const chat = await showChat();
    const thread = aThread({ temporary: true });
    await openThread(chat, thread, []);
    await waitFor(() => {
      expect(chat.services.store.state.conversations[thread.id]).toBeDefined();
    });
    expect(screen.queryByRole('button', { name: 'Export the conversation' })).toBeNull();
    await chat.user.click(
      screen.getByRole('button', { name: 'More for this conversation' })
    );
    expect(screen.queryByRole('menuitem', { name: 'Export' })).toBeNull();
  });

  it('is also in the menu, for a header without room, like the page', async () => {
    const chat = await showChat();
    await openThread(chat, aThread(), []);
    await chat.user.click(
      screen.getByRole('button', { name: 'More for this conversation' })
    );
    expect(screen.getByRole('menuitem', { name: 'Open as a page' })).toBeVisible();
    await chat.user.click(screen.getByRole('menuitem', { name: 'Export' }));
    expect(screen.getByRole('menuitem', { name: 'Notebook' })).toBeVisible();
  });

  it('says why nothing can be saved', async () => {
    const save = vi.spyOn(server, 'save').mockResolvedValue();
    const { server: played, user } = await settings();
    const problem = { code: 'store_down', message: 'The history cannot be read.' };
    played.answers.set('HEAD export?format=json', { problem });
    played.answers.set('GET export?format=json', { problem });
    await user.click(
      screen.getByRole('button', { name: 'Export everything: JSON, to import again' })
    );
    expect(await screen.findByText('The history cannot be read.')).toBeVisible();
    expect(save).not.toHaveBeenCalled();
    save.mockRestore();
  });
});
