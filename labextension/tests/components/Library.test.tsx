import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Library, Preset, Prompt } from '../../src/chat/protocol';
import { type OnScreen, showChat } from './chat';

const REVIEWER: Preset = {
  id: '1',
  name: 'Reviewer',
  settings: { model: 'small', system_prompt: 'Be strict.', temperature: 0.5 }
};
const CALM: Preset = { id: '2', name: 'Calm', settings: {} };
const EXPLAIN: Prompt = { id: '3', name: 'Explain', text: 'Explain {{topic}}\nto me.' };
const LIBRARY: Library = { revision: 1, presets: [CALM, REVIEWER], prompts: [EXPLAIN] };

async function showLibrary(library: Library = LIBRARY): Promise<OnScreen> {
  const chat = await showChat(server => {
    server.library = library;
  });
  await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
  await screen.findByRole('heading', { name: 'Presets and prompts' });
  return chat;
}

const names = (list: string) =>
  within(screen.getByRole('list', { name: list }))
    .queryAllByRole('listitem')
    .map(item => item.querySelector('span > span')?.textContent);

it('lists them with what they are', async () => {
  await showLibrary();
  await waitFor(() => {
    expect(names('Presets')).toEqual(['Calm', 'Reviewer']);
  });
  expect(names('Prompts')).toEqual(['Explain']);
  expect(screen.getByText('Explain {{topic}}')).toBeVisible();
  expect(screen.getByText('Your default model')).toBeVisible();
});

it('says what they are for where there are none', async () => {
  await showLibrary({ revision: 0, presets: [], prompts: [] });
  expect(await screen.findByText(/^None yet. You can also save one/)).toBeVisible();
  expect(screen.queryByRole('button', { name: /Share all/ })).toBeNull();
});

it('says why they cannot be shown, and shows them when they can', async () => {
  const chat = await showChat(server => {
    server.answers.set('GET library', {
      problem: { code: 'store_down', message: 'The history does not answer.' }
    });
  });
  await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
  expect(await screen.findByText('The history does not answer.')).toBeVisible();
  chat.server.answers.set('GET library', LIBRARY);
  chat.server.welcome();
  expect(await screen.findByText('Reviewer')).toBeVisible();
  expect(screen.queryByText('The history does not answer.')).toBeNull();
});

it('changes a prompt in its place, and brings the focus back', async () => {
  const { server, user } = await showLibrary();
  await user.click(await screen.findByRole('button', { name: 'Edit Explain' }));
  const form = screen.getByRole('form', { name: 'Prompt' });
  expect(within(form).getByLabelText('Name')).toHaveFocus();
  const text = within(form).getByLabelText('Text');
  await user.type(text, ' Now.');
  const changed = { ...EXPLAIN, text: `${EXPLAIN.text} Now.` };
  server.answers.set('PUT library/prompts/3', {
    ...LIBRARY,
    revision: 2,
    prompts: [changed]
  });
  await user.click(within(form).getByRole('button', { name: 'Save' }));
  expect(server.lastChange?.body).toEqual(changed);
  await waitFor(() => {
    expect(screen.getByRole('button', { name: 'Edit Explain' })).toHaveFocus();
  });
});

it('makes a preset, with what is typed in a field that Enter leaves', async () => {
  const { server, user } = await showLibrary();
  await user.click(screen.getByRole('button', { name: 'New preset' }));
  const form = screen.getByRole('form', { name: 'Preset' });
  await user.keyboard('Short');
  await user.type(within(form).getByLabelText(/^Longest answer/), '100{Enter}');
  await waitFor(() => {
    expect(server.lastChange?.body).toMatchObject({
      name: 'Short',
      settings: { max_output_tokens: 100 }
    });
  });
  expect(server.lastChange?.method).toBe('PUT');
});

it('says why a name cannot be kept, and keeps what was typed', async () => {
  const { server, user } = await showLibrary();
  await user.click(await screen.findByRole('button', { name: 'Edit Calm' }));
  const message = 'There is “Reviewer” already; nothing was changed.';
  server.answers.set('PUT library/presets/2', {
    problem: { code: 'invalid', message, field: 'name' }
  });
  await user.clear(screen.getByLabelText('Name'));
  await user.keyboard('reviewer{Enter}');
  expect(await screen.findByText(message)).toBeVisible();
  expect(screen.getByLabelText('Name')).toHaveValue('reviewer');
  expect(screen.getByLabelText('Name')).toHaveFocus();
});

it('leaves with Escape what is changed, and the settings only with the next one', async () => {
  const { server, user } = await showLibrary();
  await user.click(await screen.findByRole('button', { name: 'Edit Calm' }));
  await user.keyboard('er{Escape}');
  expect(screen.queryByRole('form')).toBeNull();
  expect(server.lastChange).toBeUndefined();
  await waitFor(() => {
    expect(screen.getByRole('button', { name: 'Edit Calm' })).toHaveFocus();
  });
  await user.keyboard('{Escape}');
  expect(screen.queryByRole('heading', { name: 'Presets and prompts' })).toBeNull();
});

it('deletes at once, and can take that back', async () => {
  const { server, user } = await showLibrary();
  server.answers.set('DELETE library/presets/1', {
    ...LIBRARY,
    revision: 2,
    presets: [CALM]
  });
  server.answers.set('PUT library/presets/1', { ...LIBRARY, revision: 3 });
  await user.click(await screen.findByRole('button', { name: 'Delete Reviewer' }));
  await waitFor(() => {
    expect(names('Presets')).toEqual(['Calm']);
  });
  await waitFor(() => {
    expect(screen.getByRole('button', { name: 'Edit Calm' })).toHaveFocus();
  });
  await user.click(screen.getByRole('button', { name: 'Undo' }));
  expect(server.lastChange?.body).toEqual(REVIEWER);
  await waitFor(() => {
    expect(names('Presets')).toEqual(['Calm', 'Reviewer']);
  });
});

it('follows what another window changes', async () => {
  const { server } = await showLibrary();
  await screen.findByText('Reviewer');
  server.library = { revision: 2, presets: [CALM], prompts: [] };
  server.say({ type: 'library', revision: 2 });
  await waitFor(() => {
    expect(names('Presets')).toEqual(['Calm']);
  });
  const before = server.requests.length;
  server.say({ type: 'library', revision: 2 });
  expect(server.requests).toHaveLength(before); // it is known
});

it('shows nothing of somebody else', async () => {
  const { server, user } = await showLibrary();
  await screen.findByText('Reviewer');
  server.user = { id: 'grace', name: 'Grace', initials: 'G' };
  server.answers.set('GET library', { problem: { code: 'store_down', message: 'Down' } });
  server.welcome();
  await user.click(await screen.findByRole('button', { name: 'Settings' }));
  expect(await screen.findByText('Down')).toBeVisible();
  expect(screen.queryByText('Reviewer')).toBeNull();
});

it('shares one or all as a file', async () => {
  const saved: string[] = [];
  const click = vi
    .spyOn(HTMLAnchorElement.prototype, 'click')
    .mockImplementation(function (this: HTMLAnchorElement) {
      saved.push(this.href);
    });
  const { user } = await showLibrary();
  await user.click(
    await screen.findByRole('button', { name: 'Share Reviewer as a file' })
  );
  await user.click(screen.getByRole('button', { name: 'Share all as a file' }));
  click.mockRestore();
  expect(saved.map(href => href.split('/api/')[1])).toEqual([
    'library/file?id=1',
    'library/file'
  ]);
});

it('adds what is in a file, and reports what is not', async () => {
  const { server, user } = await showLibrary({ revision: 0 });
  server.answers.set('POST library/file', {
    library: LIBRARY,
    presets: 2,
    prompts: 1,
    known: 1,
    renamed: [{ name: 'Calm', now: 'Calm (2)' }],
    problems: [
      {
        kind: 'presets',
        entry: 3,
        name: 'Hot',
        message: 'The temperature must be at most 2.'
      }
    ]
  });
  const file = new File(['{}'], 'presets.json', { type: 'application/json' });
  await user.upload(screen.getByLabelText('File with presets and prompts'), file);
  const report = await screen.findByText(/^2 presets added/);
  expect(report).toHaveTextContent(
    '2 presets added · 1 prompt added · 1 was here already'
  );
  expect(screen.getByText('“Calm” is called “Calm (2)” here.')).toBeVisible();
  expect(screen.getByText(/The temperature must be/)).toHaveTextContent(
    'Preset 3 “Hot”: The temperature must be at most 2.'
  );
  expect(names('Presets')).toEqual(['Calm', 'Reviewer']);
  server.answers.set('POST library/file', {
    problem: { code: 'invalid', message: 'This is no file with presets.' }
  });
  await user.upload(screen.getByLabelText('File with presets and prompts'), file);
  expect(await screen.findByText('This is no file with presets.')).toBeVisible();
  expect(screen.queryByText(/^2 presets added/)).toBeNull();
});

it('keeps how answers are made here as a preset, or in place of one', async () => {
  const chat = await showChat(server => {
    server.library = LIBRARY;
    server.account = { ...server.account, defaults: { system_prompt: 'Be kind.' } };
  });
  chat.services.store.update(state => ({ ...state, newSettings: { temperature: 1 } }));
  await chat.user.click(screen.getByTitle('Model and settings: Small'));
  await chat.user.click(screen.getByRole('button', { name: 'Save as preset…' }));
  expect(screen.getByLabelText('Name of the preset')).toHaveFocus();
  await chat.user.keyboard('Kind{Enter}');
  expect(chat.server.lastChange?.body).toMatchObject({
    name: 'Kind',
    settings: { model: 'small', temperature: 1, system_prompt: 'Be kind.' }
  });
  const button = await screen.findByRole('button', { name: 'Save as preset…' });
  await waitFor(() => {
    expect(button).toHaveFocus();
  });
  await chat.user.keyboard('{Enter} reviewer ');
  chat.server.answers.set('PUT library/presets/1', { ...LIBRARY, revision: 2 });
  await chat.user.click(
    await screen.findByRole('button', { name: 'Replace “Reviewer”' })
  );
  expect(chat.server.lastChange?.path).toBe('library/presets/1');
  await waitFor(() => {
    expect(screen.getByRole('button', { name: 'Save as preset…' })).toHaveFocus();
  });
  expect(screen.getAllByText('“reviewer” was replaced.')).not.toHaveLength(0);
  await chat.user.click(screen.getByRole('button', { name: 'Undo' }));
  expect(chat.server.lastChange?.body).toMatchObject({ name: 'Reviewer' });
});
