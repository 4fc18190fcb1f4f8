import { createEvent, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { attachedIn } from '../../src/chat/state/attaching';
import { expect, it, vi } from 'vitest';
import { allPanes } from '../../src/chat/panes';
import type { Attachment } from '../../src/chat/state/parts';
import { openThread, showChat } from './chat';
import { aQuestion, aThread, anAnswer } from '../server';

const FILE: Attachment = {
  type: 'attachment',
  kind: 'file',
  name: 'a/very/long/folder/with/a/very/long/name/data.csv',
  text: 'words'
};
const WARNING = 'This looks like a private key (line 1).';
const COUNT = 'POST context/count';
const attach = () => screen.getByRole('button', { name: 'Attach' });

it('shows the tokens of what is attached', async () => {
  const { services } = await showChat();
  services.attaching.add(FILE);
  expect(await screen.findByTitle('5 tokens')).toHaveTextContent('5');
});

it('keeps the end of a long name', async () => {
  const { services } = await showChat();
  services.attaching.add(FILE);
  const name = await screen.findByTitle(`File ${FILE.name ?? ''}`);
  expect(name.lastElementChild).toHaveTextContent('ame/data.csv');
});

it('asks once before something is sent that looks like a secret', async () => {
  const chat = await showChat(server => {
    server.answers.set(COUNT, { tokens: [5], warnings: [[WARNING]] });
  });
  chat.services.attaching.add(FILE);
  expect(await screen.findByRole('img', { name: WARNING })).toBeInTheDocument();
  await chat.user.type(chat.composer(), 'Why?{Enter}');
  const asked = await screen.findByRole('alertdialog', { name: 'Before this is sent' });
  expect(asked).toHaveTextContent(WARNING);
  expect(chat.composer()).toHaveValue('Why?');
  expect(within(asked).getByRole('button', { name: 'Remove' })).toHaveFocus();
  await chat.user.click(within(asked).getByRole('button', { name: 'Send all the same' }));
  const { parts } = await chat.server.next('send');
  expect(parts).toHaveLength(2);
  expect(screen.queryByRole('alertdialog')).not.toBeInTheDocument();
});

it('takes the secret away, or leaves all as it was', async () => {
  const chat = await showChat(server => {
    server.answers.set(COUNT, { tokens: [5], warnings: [[WARNING]] });
  });
  chat.services.attaching.add(FILE);
  await chat.user.type(chat.composer(), 'Why?{Enter}');
  await screen.findByRole('alertdialog');
  await chat.user.keyboard('{Escape}');
  expect(screen.queryByRole('alertdialog')).not.toBeInTheDocument();
  expect(attachedIn(chat.services.store.state)).toEqual([FILE]);
  await waitFor(() => {
    expect(chat.composer()).toHaveFocus();
  });
  await chat.user.keyboard('{Enter}');
  await screen.findByRole('alertdialog');
  await chat.user.click(screen.getByRole('button', { name: 'Remove' }));
  expect(attachedIn(chat.services.store.state)).toEqual([]);
  expect(chat.composer()).toHaveValue('Why?');
});

it('asks no longer about a question that has changed', async () => {
  const chat = await showChat(server => {
    server.answers.set(COUNT, { tokens: [5], warnings: [[WARNING]] });
  });
  chat.services.attaching.add(FILE);
  await chat.user.type(chat.composer(), 'Why?{Enter}');
  await screen.findByRole('alertdialog');
  await chat.user.type(chat.composer(), ' And how?');
  expect(screen.queryByRole('alertdialog')).not.toBeInTheDocument();
});

it('attaches files of this computer', async () => {
  const chat = await showChat(server => {
    server.answers.set('POST attachments/extract?name=a.txt&size=1', {
      part: { ...FILE, name: 'a.txt' }
    });
    server.answers.set('POST attachments/extract?name=a.bin&size=1', {
      problem: { code: 'invalid', message: '“a.bin” is no text.' }
    });
  });
  await chat.user.click(attach());
  expect(
    screen.getByRole('menuitem', { name: 'File from this computer…' })
  ).toHaveFocus();
  await chat.user.keyboard('{Escape}');
  await chat.user.upload(screen.getByLabelText('Files to attach'), [
    new File(['x'], 'a.txt'),
    new File(['x'], 'a.bin')
  ]);
  expect(await screen.findByText('“a.bin” is no text.')).toBeVisible();
  expect(attachedIn(chat.services.store.state)).toHaveLength(1);
  await chat.user.click(screen.getByRole('button', { name: 'Close' }));
  expect(screen.queryByText('“a.bin” is no text.')).not.toBeInTheDocument();
});

it('offers no files of a server that knows people by name', async () => {
  const chat = await showChat(undefined, undefined, undefined, [], {
    ...allPanes,
    Account: () => null
  });
  await chat.user.click(attach());
  expect(
    screen.getByRole('menuitem', { name: /^File from this computer/ })
  ).toBeVisible();
  expect(screen.queryByRole('menuitem', { name: /^File from the server/ })).toBeNull();
});

it('attaches a file of the server by a part of its path', async () => {
  const chat = await showChat(server => {
    const files = [
      { path: 'notes.md', size: 300 },
      { path: 'data/sales.csv', size: 1_200_000 }
    ];
    server.answers.set('GET attachments/files?q=', { files, more: false });
    server.answers.set('GET attachments/files?q=sa', { files: [files[1]], more: true });
    server.answers.set('POST attachments/read', { part: FILE, notes: ['Cut.'] });
  });
  await chat.user.click(attach());
  await chat.user.click(screen.getByRole('menuitem', { name: 'File from the server…' }));
  expect(await screen.findAllByRole('option')).toHaveLength(2);
  await chat.user.keyboard('sa');
  const found = await screen.findByRole('option', { name: /sales\.csv/, selected: true });
  expect(found).toHaveTextContent('1.2 MB');
  expect(screen.getByRole('option', { name: /Not all folders/ })).toHaveAttribute(
    'aria-disabled'
  );
  await chat.user.keyboard('{Enter}');
  expect(await screen.findByRole('img', { name: 'Cut.' })).toBeInTheDocument();
  expect(chat.server.lastChange?.body).toEqual({ path: 'data/sales.csv' });
  expect(screen.queryByRole('combobox')).not.toBeInTheDocument();
});

it('takes files that are dropped anywhere on the chat', async () => {
  const chat = await showChat(server => {
    server.answers.set('POST attachments/extract?name=a.txt&size=1', { part: FILE });
  });
  await openThread(chat, aThread(), []);
  const place = screen.getByRole('region', { name: 'Chat' });
  const files = [new File(['x'], 'a.txt')];
  const dataTransfer = { types: ['Files'], files };
  fireEvent.dragEnter(place, { dataTransfer });
  expect(screen.getByText('Drop to attach')).toBeInTheDocument();
  fireEvent.drop(place, { dataTransfer });
  expect(screen.queryByText('Drop to attach')).not.toBeInTheDocument();
  await waitFor(() => {
    expect(attachedIn(chat.services.store.state)).toEqual([FILE]);
  });
});

it('leaves alone what is dragged but is no file', async () => {
  await showChat();
  fireEvent.dragEnter(screen.getByRole('region', { name: 'Chat' }), {
    dataTransfer: { types: ['text/plain'], files: [] }
  });
  expect(screen.queryByText('Drop to attach')).not.toBeInTheDocument();
});

it('takes files that are pasted, and leaves texts to the field', async () => {
  const chat = await showChat(server => {
    server.answers.set('POST attachments/extract?name=a.txt&size=1', { part: FILE });
  });
  const files = [new File(['x'], 'a.txt')];
  const table = createEvent.paste(chat.composer(), {
    clipboardData: { types: ['text/plain', 'Files'], files }
  });
  fireEvent(chat.composer(), table);
  expect(table.defaultPrevented).toBe(false);
  const file = createEvent.paste(chat.composer(), {
    clipboardData: { types: ['Files'], files }
  });
  fireEvent(chat.composer(), file);
  expect(file.defaultPrevented).toBe(true);
  await waitFor(() => {
    expect(attachedIn(chat.services.store.state)).toEqual([FILE]);
  });
});

it('asks before a question is changed to one that looks like a secret', async () => {
  const chat = await showChat(server => {
    server.answers.set(COUNT, { tokens: [5], warnings: [[WARNING]] });
  });
  const thread = aThread();
  const question = aQuestion(thread, 'Why?');
  await openThread(chat, thread, [question, anAnswer(question, 'So.')]);
  await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
  const [editor] = screen.getAllByRole('textbox', { name: 'Question' });
  await chat.user.type(editor, ' sk-0123456789abcdef{Enter}');
  const asked = await screen.findByRole('alertdialog');
  expect(asked).toHaveTextContent(`Your text ${WARNING}`);
  expect(chat.server.commands.some(({ type }) => type === 'send')).toBe(false);
  await chat.user.click(within(asked).getByRole('button', { name: 'Back' }));
  expect(editor).toHaveFocus();
  await chat.user.keyboard('{Enter}');
  await screen.findByRole('alertdialog');
  await chat.user.click(screen.getByRole('button', { name: 'Send all the same' }));
  const { parts } = await chat.server.next('send');
  expect(parts).toEqual([{ type: 'text', text: 'Why? sk-0123456789abcdef' }]);
});

it('takes away from a question that is changed what goes with it no longer', async () => {
  const chat = await showChat();
  const thread = aThread();
  const question = aQuestion(thread, 'Why?');
  question.parts.push(FILE, { ...FILE, name: 'b.txt' });
  await openThread(chat, thread, [question, anAnswer(question, 'So.')]);
  const edit = () =>
    chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
  await edit();
  await chat.user.click(screen.getByRole('button', { name: 'Remove File b.txt' }));
  const [editor] = screen.getAllByRole('textbox', { name: 'Question' });
  expect(editor).toHaveFocus();
  await chat.user.keyboard('{Enter}');
  const { parts } = await chat.server.next('send');
  expect(parts).toEqual([FILE, { type: 'text', text: 'Why?' }]);
});

it('keeps what is attached with its conversation', async () => {
  const chat = await showChat();
  const [one, other] = [aThread(), aThread()];
  await openThread(chat, one, []);
  chat.services.attaching.add(FILE);
  expect(await screen.findByRole('button', { name: /^Remove File/ })).toBeVisible();
  await openThread(chat, other, []);
  expect(screen.queryByRole('button', { name: /^Remove File/ })).toBeNull();
  await openThread(chat, one, []);
  expect(screen.getByRole('button', { name: /^Remove File/ })).toBeVisible();
});

it('sends what waits for a file in its own conversation, and nothing typed since', async () => {
  let arrive: (answer: object) => void = () => undefined;
  const chat = await showChat();
  const files = vi.spyOn(chat.services.rest, 'files').mockReturnValue(
    new Promise(resolve => {
      arrive = resolve as typeof arrive;
    })
  );
  const [one, other] = [aThread(), aThread()];
  await openThread(chat, one, []);
  await chat.user.upload(
    screen.getByLabelText('Files to attach'),
    new File(['x'], 'a.txt')
  );
  await vi.waitUntil(() => files.mock.calls.length > 0);
  await chat.user.type(chat.composer(), 'Why?{Enter}');
  expect(chat.composer()).toHaveValue('');
  expect(screen.getByText(/Your question goes as soon as/)).toBeInTheDocument();
  await chat.user.type(chat.composer(), 'And then?');
  await openThread(chat, other, []);
  expect(screen.queryByText(/Your question goes as soon as/)).toBeNull();
  arrive({ part: FILE });
  const { thread_id, parts } = await chat.server.next('send');
  expect(thread_id).toBe(one.id);
  expect(parts).toEqual([expect.anything(), expect.anything()]);
  expect(JSON.stringify(parts)).not.toContain('And then?');
  expect(chat.services.store.state.open.threadId).toBe(other.id);
  chat.services.following.open(one.id);
  await screen.findByText('Why?'); // on its way
  expect(chat.composer()).toHaveValue('And then?');
  expect(attachedIn(chat.services.store.state)).toEqual([]);
});

it('gives a question back that waits for a file, when asked or when that fails', async () => {
  let fail: (problem: Error) => void = () => undefined;
  const chat = await showChat();
  vi.spyOn(chat.services.rest, 'files').mockImplementation(
    () =>
      new Promise((_, reject) => {
        fail = reject;
      })
  );
  const input = screen.getByLabelText('Files to attach');
  await chat.user.upload(input, new File(['x'], 'a.txt'));
  await chat.user.type(chat.composer(), 'Why?{Enter}');
  await chat.user.click(screen.getByRole('button', { name: 'Not yet' }));
  expect(chat.composer()).toHaveValue('Why?');
  await chat.user.type(chat.composer(), '{Enter}');
  expect(chat.composer()).toHaveValue('');
  fail(new Error('gone'));
  await waitFor(() => {
    expect(chat.composer()).toHaveValue('Why?');
  });
  expect(chat.server.commands.some(({ type }) => type === 'send')).toBe(false);
});

it('says of several files at once why they were refused', async () => {
  const chat = await showChat(server => {
    for (const name of ['a.bin', 'b.bin']) {
      const problem = { code: 'invalid', message: `“${name}” is no text.` };
      server.answers.set(`POST attachments/extract?name=${name}&size=1`, { problem });
    }
    const problem = { code: 'invalid', message: '“c.txt” is empty.' };
    server.answers.set('POST attachments/extract?name=c.txt&size=1', { problem });
  });
  await chat.user.upload(
    screen.getByLabelText('Files to attach'),
    ['a.bin', 'b.bin', 'c.txt'].map(name => new File(['x'], name))
  );
  expect(await screen.findByText('“c.txt” is empty.')).toBeVisible();
  expect(screen.getByText('a.bin, b.bin').closest('li')).toHaveTextContent(
    'a.bin, b.bin Each of them is no text.'
  );
  await chat.user.click(screen.getByRole('button', { name: 'Close all' }));
  expect(screen.queryByRole('button', { name: 'Close all' })).not.toBeInTheDocument();
});

it('has each thing once, and removes many at once', async () => {
  const chat = await showChat();
  const { attaching, store } = chat.services;
  attaching.add(FILE, { ...FILE });
  expect(attachedIn(store.state)).toEqual([FILE]);
  attaching.add(...['b', 'c', 'd'].map(name => ({ ...FILE, name }) as Attachment));
  await chat.user.click(await screen.findByRole('button', { name: 'Remove all 4' }));
  expect(attachedIn(store.state)).toEqual([]);
});

it('does not part a short name', async () => {
  const { services } = await showChat();
  services.attaching.add({ ...FILE, kind: 'variable', name: 'SECRET' } as Attachment);
  const name = await screen.findByTitle('Variable SECRET');
  expect(name.children).toHaveLength(1);
});
