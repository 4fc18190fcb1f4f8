import {
  act,
  createEvent,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';
import { attachedIn } from '../../src/chat/state/attaching';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ProblemError } from '../../src/chat/client/problem';
import type { Mention, MentionSource } from '../../src/chat/mentions';
import type { Preset, Prompt } from '../../src/chat/protocol';
import { type Server, aQuestion, aThread, anAnswer } from '../server';
import { type OnScreen, openThread, showChat } from '../components/chat';

const REVIEWER: Preset = {
  id: '1',
  name: 'Code review',
  settings: { model: 'thinker', effort: 'high', system_prompt: 'Be strict.' }
};
const EXPLAIN: Prompt = {
  id: '2',
  name: 'Explain it',
  text: 'Explain {{topic}} to {{whom}}, please.'
};

function withLibrary(server: Server) {
  server.library = { revision: 1, presets: [REVIEWER], prompts: [EXPLAIN] };
}

const list = () => screen.queryByRole('listbox', { name: /^(Commands|What to)/ });
const options = () =>
  within(screen.getByRole('listbox', { name: /^(Commands|What to)/ }))
    .getAllByRole('option')
    .map(option => option.querySelector('span')?.textContent);
const selected = ({ composer }: OnScreen) => {
  const { value, selectionStart, selectionEnd } = composer();
  return value.slice(selectionStart, selectionEnd);
};

describe('a slash', () => {
  it('opens a list of commands, presets and prompts', async () => {
    const chat = await showChat(withLibrary);
    await chat.user.type(chat.composer(), '/');
    await waitFor(() => {
      expect(options()).toContain('Explain it');
    });
    expect(options()).toEqual(
      expect.arrayContaining(['New conversation', 'Choose the model', 'Code review'])
    );
    const groups = within(screen.getByRole('listbox')).getAllByRole('group');
    expect(groups.map(group => group.getAttribute('aria-labelledby'))).toHaveLength(3);
    expect(screen.getByRole('group', { name: 'Presets' })).toBeVisible();
    expect(chat.composer()).toHaveAttribute('aria-controls', list()?.id);
    expect(chat.composer()).toHaveFocus();
  });

  it('leads through the list with the arrows, around its ends', async () => {
    const chat = await showChat();
    await chat.user.type(chat.composer(), '/');
    const all = screen.getAllByRole('option');
    const active = () => chat.composer().getAttribute('aria-activedescendant');
    expect(active()).toBe(all[0].id);
    await chat.user.keyboard('{ArrowDown}');
    expect(active()).toBe(all[1].id);
    expect(all[1]).toHaveAttribute('aria-selected', 'true');
    await chat.user.keyboard('{ArrowUp}{ArrowUp}');
    expect(active()).toBe(all.at(-1)?.id);
    await chat.user.keyboard('{ArrowDown}');
    expect(active()).toBe(all[0].id);
  });

  it.each(['{Enter}', '{Tab}'])('chooses with %s what fits what is typed', async key => {
    const chat = await showChat();
    await chat.user.type(chat.composer(), `/temp`);
    expect(options()).toHaveLength(1);
    await chat.user.keyboard(key);
    expect(chat.services.store.state.newTemporary).toBe(true);
    expect(chat.composer()).toHaveValue('');
    expect(chat.composer()).toHaveFocus();
    expect(list()).toBeNull();
    expect(chat.server.commands).toEqual([]);
  });

  it('chooses with a click, and the focus stays', async () => {
    const chat = await showChat();
    await chat.user.type(chat.composer(), '/');
    await chat.user.click(screen.getByRole('option', { name: /^Temporary/ }));
    expect(chat.services.store.state.newTemporary).toBe(true);
    expect(chat.composer()).toHaveFocus();
  });

  it('closes with Escape, keeps what is typed, and then Enter sends it', async () => {
    const chat = await showChat();
    await chat.user.type(chat.composer(), '/mod{Escape}');
    expect(list()).toBeNull();
    await chat.user.keyboard('el');
    expect(list()).toBeNull();
    expect(chat.composer()).toHaveValue('/model');
    await chat.user.keyboard('{Enter}');
    expect((await chat.server.next('send')).parts).toEqual([
      { type: 'text', text: '/model' }
    ]);
  });

  it.each(['/etc/hosts', '/^a+$/', '/nothing-of-this-name', 'a /model'])(
    'sends as typed what is no command: %s',
    async text => {
      const chat = await showChat(withLibrary);
      await chat.user.type(chat.composer(), `${text}{Enter}`);
      expect((await chat.server.next('send')).parts).toEqual([{ type: 'text', text }]);
    }
  );

  it('opens again once another one is typed', async () => {
    const chat = await showChat();
    await chat.user.type(chat.composer(), '/mod{Escape}{Backspace>4/}/mod');
    expect(list()).toBeVisible();
  });

  it('opens nothing while a word is composed, and leaves its Enter alone', async () => {
    const chat = await showChat();
    fireEvent.input(chat.composer(), { target: { value: '/m' }, isComposing: true });
    expect(list()).toBeNull();
    fireEvent.compositionEnd(chat.composer());
    expect(list()).toBeVisible();
    const event = createEvent.keyDown(chat.composer(), { key: 'Enter', keyCode: 229 });
    fireEvent(chat.composer(), event);
    expect(event.defaultPrevented).toBe(false);
    expect(chat.composer()).toHaveValue('/m');
  });

  it('closes when the cursor or the focus goes elsewhere', async () => {
    const chat = await showChat();
    await chat.user.type(chat.composer(), '/mod{ArrowLeft}');
    expect(list()).toBeNull();
    await chat.user.keyboard('{End}e');
    expect(list()).toBeVisible();
    act(() => {
      chat.composer().blur();
    });
    expect(list()).toBeNull();
  });

  it('opens the model, the system prompt and the context', async () => {
    const chat = await showChat();
    await chat.user.type(chat.composer(), '/model{Enter}');
    expect(screen.getByRole('combobox', { name: 'Model' })).toHaveFocus();
    await chat.user.keyboard('{Escape}');
    await chat.user.type(chat.composer(), '/system{Enter}');
    await waitFor(() => {
      expect(screen.getByLabelText('System prompt')).toHaveFocus();
    });
    await chat.user.keyboard('{Escape}');
    await chat.user.type(chat.composer(), '/context{Enter}');
    expect(await screen.findByRole('dialog')).toHaveTextContent('8,000');
  });
});

describe('a preset', () => {
  it('makes its settings those of the conversation, which can be undone', async () => {
    const chat = await showChat(withLibrary);
    chat.services.store.update(state => ({ ...state, newSettings: { temperature: 1 } }));
    await chat.user.type(chat.composer(), '/rev');
    await screen.findByRole('option', { name: /^Code review/ });
    await chat.user.keyboard('{Enter}');
    expect(chat.services.store.state.newSettings).toEqual(REVIEWER.settings);
    expect(screen.getByTitle('Model and settings: Thinker')).toBeVisible();
    expect(chat.composer()).toHaveValue('');
    await chat.user.click(screen.getByRole('button', { name: 'Undo' }));
    expect(chat.services.store.state.newSettings).toEqual({ temperature: 1 });
  });

  it('changes a conversation that is there, and takes it back there', async () => {
    const thread = aThread({ settings: { model: 'small' } });
    const chat = await showChat(withLibrary);
    const question = aQuestion(thread, 'One?');
    await openThread(chat, thread, [question, anAnswer(question, 'So.')]);
    const patch = `PATCH threads/${thread.id}`;
    chat.server.answers.set(patch, { ...thread, settings: REVIEWER.settings });
    await chat.user.type(chat.composer(), '/rev');
    await screen.findByRole('option', { name: /^Code review/ });
    await chat.user.keyboard('{Enter}');
    expect(chat.server.lastChange?.body).toEqual({ settings: REVIEWER.settings });
    chat.services.following.openNew();
    await chat.user.click(await screen.findByRole('button', { name: 'Undo' }));
    expect(chat.server.lastChange).toMatchObject({
      path: `threads/${thread.id}`,
      body: { settings: { model: 'small' } }
    });
  });
});

describe('a prompt', () => {
  async function begin(text = EXPLAIN.text): Promise<OnScreen> {
    const chat = await showChat(server => {
      server.library = { revision: 1, prompts: [{ ...EXPLAIN, text }] };
    });
    await chat.user.type(chat.composer(), '/explain');
    await screen.findByRole('option', { name: /^Explain it/ });
    await chat.user.keyboard('{Enter}');
    return chat;
  }

  it('comes with its first blank selected, and Tab leads to the next', async () => {
    const chat = await begin();
    expect(chat.composer()).toHaveFocus();
    expect(selected(chat)).toBe('{{topic}}');
    expect(screen.getByText('Fill in: topic')).toBeInTheDocument();
    await chat.user.keyboard('trees{Tab}');
    expect(selected(chat)).toBe('{{whom}}');
    await chat.user.keyboard('{Shift>}{Tab}{/Shift}');
    expect(chat.composer()).not.toHaveFocus(); // there is none before it any more
  });

  it('has all blanks of one name filled in alike', async () => {
    const chat = await begin('Is {{this}} good? Why is {{this}} not {{that}}?');
    await chat.user.keyboard('tea{Tab}');
    expect(chat.composer()).toHaveValue('Is tea good? Why is tea not {{that}}?');
    expect(selected(chat)).toBe('{{that}}');
    await chat.user.keyboard('coffee{Enter}');
    expect((await chat.server.next('send')).parts).toEqual([
      { type: 'text', text: 'Is tea good? Why is tea not coffee?' }
    ]);
  });

  it('is no trap for Tab when all is filled in', async () => {
    const chat = await begin();
    await chat.user.keyboard('trees{Tab}me{Tab}');
    expect(chat.composer()).toHaveValue('Explain trees to me, please.');
    expect(chat.composer()).not.toHaveFocus();
  });

  it('is sent when it is filled in', async () => {
    const chat = await begin();
    await chat.user.keyboard('trees{Tab}me{Enter}');
    expect((await chat.server.next('send')).parts).toEqual([
      { type: 'text', text: 'Explain trees to me, please.' }
    ]);
  });

  it('asks before it is sent with blanks', async () => {
    const chat = await begin();
    await chat.user.keyboard('trees{Enter}');
    expect(screen.getByRole('alert')).toHaveTextContent('Not filled in yet: whom');
    expect(selected(chat)).toBe('{{whom}}');
    await chat.user.click(screen.getByRole('button', { name: 'Send' }));
    expect(chat.server.commands).toEqual([]);
    await chat.user.click(screen.getByRole('button', { name: 'Send as it is' }));
    expect((await chat.server.next('send')).parts).toEqual([
      { type: 'text', text: 'Explain trees to {{whom}}, please.' }
    ]);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('does not make blanks of what one writes oneself', async () => {
    const chat = await begin();
    await chat.user.clear(chat.composer());
    await chat.user.type(chat.composer(), 'What is {{{{topic}} in Jinja?{Enter}');
    expect((await chat.server.next('send')).parts).toEqual([
      { type: 'text', text: 'What is {{topic}} in Jinja?' }
    ]);
  });
});

describe('an @', () => {
  const part = { type: 'attachment', kind: 'cell', name: '[1]', text: 'x = 1' } as const;
  const one: Mention = {
    id: '1',
    label: 'Cell [1]',
    note: 'x = 1',
    attach: () => Promise.resolve([part])
  };
  const two: Mention = { id: '2', label: 'Cell [2]', attach: one.attach };
  let cells: { -readonly [K in keyof MentionSource]: MentionSource[K] };
  let files: MentionSource;

  beforeEach(() => {
    cells = {
      kind: 'cell',
      label: 'Cell',
      complete: vi.fn((query: string) =>
        Promise.resolve([one, two].filter(({ label }) => label.includes(query)))
      )
    };
    files = {
      kind: 'file',
      label: 'File',
      complete: vi.fn((query: string) =>
        Promise.resolve(
          query === 'nothing' ? [] : [{ ...one, id: 'f', label: `${query}.csv` }]
        )
      )
    };
  });

  const show = () => showChat(undefined, undefined, undefined, [cells, files]);

  it('lists what can be attached, by kinds, and attaches what is chosen', async () => {
    const chat = await show();
    await chat.user.type(chat.composer(), 'See @ce');
    expect(await screen.findByRole('group', { name: 'Cell — @cell' })).toBeVisible();
    expect(cells.complete).toHaveBeenLastCalledWith('', expect.anything());
    expect(files.complete).toHaveBeenLastCalledWith('ce', expect.anything());
    await chat.user.keyboard('{ArrowDown}{Enter}');
    expect(await screen.findByRole('button', { name: /^Remove Cell/ })).toBeVisible();
    expect(chat.composer()).toHaveValue('See ');
    expect(attachedIn(chat.services.store.state)).toEqual([part]);
    await chat.user.keyboard('why?{Enter}');
    expect((await chat.server.next('send')).parts).toEqual([
      part,
      { type: 'text', text: 'See why?' }
    ]);
  });

  it('asks the kind that is named before a colon', async () => {
    const chat = await show();
    await chat.user.type(chat.composer(), '@file:data/x');
    expect(await screen.findByRole('option', { name: /^data\/x\.csv/ })).toBeVisible();
    expect(files.complete).toHaveBeenLastCalledWith('data/x', expect.anything());
    expect(screen.queryByRole('group', { name: /^Cell/ })).toBeNull();
  });

  it('has the kinds first whose name begins as what is typed', async () => {
    const chat = await show();
    await chat.user.type(chat.composer(), '@f');
    await screen.findByRole('group', { name: 'File — @file' });
    cells.complete = () => Promise.resolve([one]);
    await chat.user.keyboard('i');
    await screen.findByRole('group', { name: 'Cell — @cell' });
    expect(screen.getAllByRole('option')[0]).toHaveTextContent('.csv');
  });

  it('attaches nothing twice', async () => {
    const output = { ...part, kind: 'output', text: '1' } as const;
    const both = { ...two, attach: () => Promise.resolve([part, output]) };
    cells = { ...cells, complete: () => Promise.resolve([one, both]) };
    const chat = await showChat(undefined, undefined, undefined, [cells]);
    for (const keys of ['{Enter}', '{ArrowDown}{Enter}']) {
      await chat.user.type(chat.composer(), '@cell');
      await screen.findAllByRole('option');
      await chat.user.keyboard(keys);
      await waitFor(() => {
        expect(chat.composer()).toHaveValue('');
      });
    }
    expect(attachedIn(chat.services.store.state)).toEqual([part, output]);
  });

  it('calls off what is asked no more', async () => {
    const chat = await show();
    await chat.user.type(chat.composer(), '@a');
    const [, signal] = vi.mocked(files.complete).mock.lastCall ?? [];
    expect(signal?.aborted).toBe(false);
    await chat.user.keyboard('b');
    expect(signal?.aborted).toBe(true);
  });

  it('shows what it has when one kind fails or waits', async () => {
    files = { ...files, complete: () => Promise.reject(new Error('broken')) };
    const chat = await show();
    await chat.user.type(chat.composer(), '@');
    expect(await screen.findAllByRole('option')).toHaveLength(2);
  });

  it('is in the way of nothing that fits nothing', async () => {
    const chat = await show();
    await chat.user.type(chat.composer(), '@nothing{Enter}');
    expect((await chat.server.next('send')).parts).toEqual([
      { type: 'text', text: '@nothing' }
    ]);
    await chat.user.type(chat.composer(), 'ada@cell.org');
    expect(list()).toBeNull();
  });

  it('says why something cannot be attached, and lets Enter send', async () => {
    const off = { ...one, off: 'Open a notebook first.' };
    cells = { ...cells, complete: () => Promise.resolve([off]) };
    const chat = await showChat(undefined, undefined, undefined, [cells]);
    await chat.user.type(chat.composer(), '@cell');
    const option = await screen.findByRole('option', { name: /Open a notebook first/ });
    expect(option).toHaveAttribute('aria-disabled', 'true');
    await chat.user.click(option);
    expect(attachedIn(chat.services.store.state)).toEqual([]);
    await chat.user.keyboard('{Enter}');
    expect((await chat.server.next('send')).parts).toEqual([
      { type: 'text', text: '@cell' }
    ]);
  });

  it('keeps what is typed where it cannot be attached, and says why', async () => {
    const problem = { code: 'not_found', message: 'The file is gone.' } as const;
    const gone = { ...one, attach: () => Promise.reject(new ProblemError(problem)) };
    cells = { ...cells, complete: () => Promise.resolve([gone]) };
    const chat = await showChat(undefined, undefined, undefined, [cells]);
    await chat.user.type(chat.composer(), '@cell');
    await screen.findByRole('option');
    await chat.user.keyboard('{Enter}');
    expect(await screen.findByText('The file is gone.')).toBeVisible();
    expect(chat.composer()).toHaveValue('@cell');
  });

  it('sends nothing while something is being attached', async () => {
    let attached: (parts: (typeof part)[]) => void = () => undefined;
    const slow = {
      ...one,
      attach: () =>
        new Promise<(typeof part)[]>(resolve => {
          attached = resolve;
        })
    };
    cells = { ...cells, complete: () => Promise.resolve([slow]) };
    const chat = await showChat(undefined, undefined, undefined, [cells]);
    await chat.user.type(chat.composer(), 'See @cell');
    await screen.findByRole('option');
    await chat.user.keyboard('{Enter}');
    expect(screen.getByText('Attaching…')).toBeVisible();
    await chat.user.keyboard('{Enter}');
    expect(chat.server.commands).toEqual([]);
    attached([part]);
    await waitFor(() => {
      expect(chat.composer()).toHaveValue('See ');
    });
    await chat.user.keyboard('{Enter}');
    expect((await chat.server.next('send')).parts).toHaveLength(2);
  });
});

it('says why what was asked for by its kind cannot be had, and asks again', async () => {
  let isBusy = true;
  const variables: MentionSource = {
    kind: 'variable',
    label: 'Variables',
    complete: () =>
      isBusy
        ? Promise.reject(new Error('The kernel is busy.'))
        : Promise.resolve([{ id: 'df', label: 'df', attach: () => Promise.resolve([]) }])
  };
  const chat = await showChat(undefined, undefined, undefined, [variables]);
  await chat.user.type(chat.composer(), '@df');
  expect(screen.queryByRole('option')).not.toBeInTheDocument();
  await chat.user.clear(chat.composer());
  await chat.user.type(chat.composer(), '@var');
  expect(await screen.findByRole('option')).toHaveAttribute('aria-disabled', 'true');
  isBusy = false;
  const option = await screen.findByRole('option', { name: 'df' }, { timeout: 3000 });
  expect(option).not.toHaveAttribute('aria-disabled');
});
