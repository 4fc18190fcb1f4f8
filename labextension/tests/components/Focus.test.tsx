// Where the focus goes when what it was on goes away.

import { act, screen, waitFor } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Account, Message } from '../../src/chat/protocol';
import { textOf } from '../../src/chat/state/parts';
import { ADA, type Server, aQuestion, aThread, anAnswer } from '../server';
import { type OnScreen, openThread, showChat } from './chat';

const thread = aThread();
const question = aQuestion(thread, 'Why?');
const answer = anAnswer(question, 'So.');
const NOBODY: Account = { user: ADA, source: null, local_available: true };
const WRONG = { code: 'wrong_key', message: 'OpenAI does not know this key.' } as const;

function button(name: string): HTMLElement {
  return screen.getByRole('button', { name });
}

async function press(chat: OnScreen, name: string): Promise<void> {
  button(name).focus();
  await chat.user.keyboard('{Enter}');
}

async function expectFocus(element: () => HTMLElement): Promise<void> {
  await waitFor(() => {
    expect(element()).toHaveFocus();
  });
}

describe('the composer is gone on with', () => {
  it('after Stop', async () => {
    const chat = await showChat();
    const reply = anAnswer(question, 'S', { status: 'streaming' });
    await openThread(chat, thread, [question, reply]);
    await press(chat, 'Stop the answer');
    await expectFocus(chat.composer);
  });

  it('after an answer that ends by itself while Stop has the focus', async () => {
    const chat = await showChat();
    const reply = anAnswer(question, 'S', { status: 'streaming' });
    await openThread(chat, thread, [question, reply]);
    button('Stop the answer').focus();
    act(() => {
      chat.server.change({ ...reply, status: 'complete' });
    });
    await expectFocus(chat.composer);
  });

  it('after a queued answer is not wanted any more', async () => {
    const chat = await showChat();
    const reply = anAnswer(question, '', { status: 'queued' });
    await openThread(chat, thread, [question, reply]);
    await press(chat, 'Do not answer');
    await expectFocus(chat.composer);
  });

  it('after an edited question is sent', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await press(chat, 'Edit the question');
    await chat.user.keyboard(' Now?{Enter}');
    await chat.server.next('send');
    await expectFocus(chat.composer);
  });

  it.each([
    ['failed', 'Retry', 'regenerate'],
    ['stopped', 'Continue', 'continue']
  ] as const)('after an answer that %s is made by %s', async (status, name, command) => {
    const chat = await showChat();
    const problem =
      status === 'failed' ? ({ code: 'internal', message: 'No.' } as const) : null;
    await openThread(chat, thread, [
      question,
      anAnswer(question, 'S', { status, problem })
    ]);
    screen.getAllByRole('button', { name })[0].focus();
    await chat.user.keyboard('{Enter}');
    await chat.server.next(command);
    await expectFocus(chat.composer);
  });

  it.each(['Undo', 'Close'])('after %s', async name => {
    const chat = await showChat();
    act(() => {
      chat.services.organising.offer('Deleted “Trees”.', () => undefined);
    });
    await press(chat, name);
    expect(document.querySelector('.jc-Toast')).toBeNull();
    await expectFocus(chat.composer);
  });
});

it('goes back to the pencil when a change is dropped', async () => {
  const chat = await showChat();
  await openThread(chat, thread, [question, answer]);
  await press(chat, 'Edit the question');
  await chat.user.keyboard('{Escape}');
  await expectFocus(() => button('Edit the question'));
});

describe('the switch between versions', () => {
  const second = anAnswer(question, 'Thus.');
  const third = anAnswer(question, 'Therefore.');
  const versions = { [second.id]: [answer.id, second.id, third.id] };

  async function choose(chat: OnScreen, name: string, version: Message): Promise<void> {
    await press(chat, name);
    const selected = await chat.server.next('select');
    expect(selected.message_id).toBe(version.id);
    act(() => {
      chat.server.snapshot({ ...thread, leaf_id: version.id }, [question, version], {
        versions: { [version.id]: versions[second.id] }
      });
      chat.server.acknowledge(selected);
    });
    await screen.findByText(textOf(version));
  }

  it('keeps the focus where there are more, and else has it on its other arrow', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, second], { versions });
    await choose(chat, 'Next version', third);
    await expectFocus(() => button('Previous version'));
    await choose(chat, 'Previous version', second);
    await expectFocus(() => button('Previous version'));
    await choose(chat, 'Previous version', answer);
    await expectFocus(() => button('Next version'));
  });

  it('leaves it to the answer where that is still being made', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, second], { versions });
    await choose(chat, 'Next version', { ...third, status: 'streaming' });
    await expectFocus(() => screen.getAllByRole('article')[1]);
  });

  it('takes it from nothing else', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, second], { versions });
    await press(chat, 'Next version');
    const selected = await chat.server.next('select');
    chat.composer().focus();
    act(() => {
      chat.server.snapshot({ ...thread, leaf_id: third.id }, [question, third]);
      chat.server.acknowledge(selected);
    });
    await screen.findByText('Therefore.');
    expect(chat.composer()).toHaveFocus();
  });
});

describe('the settings', () => {
  const heading = () => screen.getByRole('heading', { name: 'Settings' });

  it('begin at their heading, and lead back to the composer', async () => {
    const chat = await showChat();
    await press(chat, 'Settings');
    await expectFocus(heading);
    await press(chat, 'Back to the conversation');
    await expectFocus(chat.composer);
  });

  it('are left by Escape', async () => {
    const chat = await showChat();
    await press(chat, 'Settings');
    await chat.user.keyboard('{Escape}');
    expect(screen.queryByRole('heading', { name: 'Settings' })).toBeNull();
    await expectFocus(chat.composer);
  });

  it('are left by Escape also after a press on an empty place', async () => {
    const chat = await showChat();
    await press(chat, 'Settings');
    await chat.user.click(screen.getByRole('heading', { name: 'Your history' }));
    await chat.user.keyboard('{Escape}');
    expect(screen.queryByRole('heading', { name: 'Settings' })).toBeNull();
    await expectFocus(chat.composer);
  });

  it('take no focus from where somebody types', async () => {
    const chat = await showChat();
    await press(chat, 'Show conversations');
    const search = screen.getByRole('combobox', { name: 'Search conversations' });
    search.focus();
    act(() => {
      chat.services.store.update(state => ({ ...state, screen: 'settings' }));
    });
    expect(heading()).not.toHaveFocus();
    expect(search).toHaveFocus();
  });

  it('stay where the Escape was for the list before them', async () => {
    const chat = await showChat();
    await press(chat, 'Show conversations');
    await press(chat, 'Settings');
    await chat.user.keyboard('{Escape}');
    expect(heading()).toBeVisible();
    await chat.user.click(heading());
    await chat.user.keyboard('{Escape}');
    expect(screen.queryByRole('heading', { name: 'Settings' })).toBeNull();
  });
});

it('stays in the settings when something is taken back there', async () => {
  const chat = await showChat();
  await press(chat, 'Settings');
  act(() => {
    chat.services.organising.offer('Deleted “Trees”.', () => undefined);
  });
  await press(chat, 'Undo');
  await expectFocus(() => screen.getByRole('heading', { name: 'Settings' }));
});

describe('a source that was entered', () => {
  async function enter() {
    const chat = await showChat((server: Server) => {
      server.account = NOBODY;
      server.models = { models: [], default: null };
    });
    await chat.user.type(screen.getByLabelText('API key'), 'sk-wrong');
    return chat;
  }

  it('and is refused leaves the focus on its card', async () => {
    const chat = await enter();
    const refused = { ...NOBODY, problem: WRONG };
    chat.server.answers.set('PATCH account', refused);
    await press(chat, 'Use this key');
    const isSaid = { selector: '.jc-Problem p' };
    expect(await screen.findByText(WRONG.message, isSaid)).toBeVisible();
    expect(button('Use this key')).toHaveFocus();
  });

  it('is tried once, however often it is pressed', async () => {
    const chat = await enter();
    let resolve: (account: Account) => void = () => undefined;
    const promise = new Promise<Account>(settle => {
      resolve = settle;
    });
    const change = vi.spyOn(chat.services.account, 'change').mockReturnValue(promise);
    await press(chat, 'Use this key');
    // A browser takes the focus from what is disabled.
    expect(button('Checking…')).toBeEnabled();
    expect(button('Checking…')).toHaveFocus();
    await chat.user.keyboard('{Enter}');
    expect(change).toHaveBeenCalledTimes(1);
    await act(async () => {
      resolve({ ...NOBODY, problem: WRONG });
      await promise;
    });
  });

  it.each(['first', 'settings'])('and works leads to the composer (%s)', async from => {
    const chat = await showChat((server: Server) => {
      server.account = NOBODY;
      server.models = { models: [], default: null };
    });
    if (from === 'settings') {
      await press(chat, 'Settings');
    }
    chat.server.answers.set('PATCH account', { ...NOBODY, source: 'openai' });
    await chat.user.type(screen.getByLabelText('API key'), 'sk-right');
    await press(chat, 'Use this key');
    await expectFocus(chat.composer);
  });

  it('takes no focus from where somebody has gone meanwhile', async () => {
    const chat = await enter();
    await press(chat, 'Show conversations');
    const search = screen.getByRole('combobox', { name: 'Search conversations' });
    chat.server.answers.set('PATCH account', { ...NOBODY, source: 'openai' });
    button('Use this key').click();
    search.focus();
    await waitFor(() => {
      expect(screen.queryByLabelText('API key')).toBeNull();
    });
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    expect(search).toHaveFocus();
  });
});
