import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { type Attachment, textOf } from '../../src/chat/state/parts';
import { Chat } from '../../src/chat/Chat';
import type { Problem } from '../../src/chat/protocol';
import { Services } from '../../src/chat/state/services';
import { ADA, Browser, DOWN, Server, aQuestion, aThread, anAnswer } from '../server';
import { type OnScreen, openThread, showChat } from './chat';

const thread = aThread();
const question = aQuestion(thread, 'Why *this*?');
const answer = anAnswer(question, 'Because **so**.', {
  usage: {
    input_tokens: 1200,
    output_tokens: 34,
    cached_tokens: 1000,
    reasoning_tokens: 20
  },
  cost: 0.0021,
  begun_at: question.created_at + 6700,
  completed_at: question.created_at + 10_100
});

describe('a message', () => {
  it('says who wrote it and when', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    const [asked, answered] = screen.getAllByRole('article');
    expect(asked).toHaveAccessibleName('Question by Ada');
    expect(answered).toHaveAccessibleName('Answer by Small');
    for (const message of [asked, answered]) {
      expect(message.querySelector('time')?.dateTime).toBe(
        new Date(question.created_at).toISOString()
      );
    }
  });

  it('says on which day it was written, unless that is today', async () => {
    const chat = await showChat();
    const now = new Date();
    const at = (date: Date) => ({ created_at: date.getTime() });
    const old = { ...aQuestion(thread, 'Old?'), ...at(new Date(2023, 10, 7, 22, 13)) };
    const lately = now.getMonth() > 0 ? 0 : 1;
    const other = {
      ...anAnswer(old, 'Other.'),
      ...at(new Date(now.getFullYear(), lately, 7, 22, 13))
    };
    const today = { ...aQuestion(thread, 'New?', other), ...at(now) };
    await openThread(chat, thread, [old, other, today]);
    const times = screen
      .getAllByRole('article')
      .map(message => message.querySelector('time')?.textContent ?? '');
    expect(times[0]).toMatch(/2023/);
    expect(times[0]).toMatch(/Nov.*13/);
    expect(times[1]).toMatch(/(Jan|Feb) 7.*13/);
    expect(times[1]).not.toContain(String(now.getFullYear()));
    expect(times[2]).toMatch(/^\d+:\d\d/);
  });

  it('of the person is shown as it was typed, of the model as Markdown', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    expect(screen.getByText('Why *this*?')).toBeVisible();
    expect(screen.getByText('so').tagName).toBe('STRONG');
  });

  it('tells what an answer took, as far as that is known', async () => {
    const chat = await showChat();
    const bare = anAnswer(question, 'Bare.', {
      completed_at: question.created_at + 3400 // it may have been queued until then
    });
    await openThread(chat, thread, [question, answer, { ...bare, parent_id: answer.id }]);
    const [, whole, unknown] = screen.getAllByRole('article');
    const stats = within(whole).getByText('1,234 tokens · $0.0021 · 3.4s');
    expect(stats.title).toContain('1,200 tokens in, of which 1,000 from the cache');
    expect(stats.title).toContain('34 tokens out, of which 20 thinking');
    expect(stats.title).toContain('$0.0021 in all');
    expect(unknown.querySelector('.jc-Stats')).toBeNull();
  });
});

it.each([
  [0.0000075, '< $0.0001', '$0.0000075 in all'],
  [0.0001, '$0.0001', '$0.0001 in all'],
  [0, '$0', '$0 in all']
])('tells a cost of %d as %s, and exactly on request', async (dollars, told, exact) => {
  const chat = await showChat();
  const cheap = anAnswer(question, 'So.', { usage: {}, cost: dollars });
  await openThread(chat, thread, [question, cheap]);
  const stats = screen.getByText(`0 tokens · ${told}`);
  expect(stats.title).toContain(exact);
});

describe('an answer that is being made', () => {
  it('goes through its phases: sending, queued, thinking, writing, done', async () => {
    const chat = await showChat();
    await openThread(chat, thread, []);
    await chat.user.type(chat.composer(), 'Go{Enter}');
    expect(await screen.findAllByText('Sending…')).toHaveLength(2); // question and answer
    const sent = await chat.server.next('send');
    const asked = { ...aQuestion(thread, 'Go'), client_id: sent.client_id };
    const queued = anAnswer(asked, '', { status: 'queued' });
    chat.server.change(asked);
    chat.server.change(queued);
    chat.server.acknowledge(sent, { message_id: asked.id, reply_id: queued.id });
    expect(
      await screen.findByText('Queued: comes after the answer before it')
    ).toBeVisible();
    expect(screen.getAllByText(/Queued/)).toHaveLength(1);
    chat.server.change({ ...queued, status: 'streaming' });
    expect(await screen.findByText('Thinking…')).toBeVisible();
    chat.server.grow(queued, 'Gone');
    expect(await screen.findByText('Gone')).toBeVisible();
    expect(screen.queryByText('Thinking…')).toBeNull();
    expect(screen.getByText('Answering')).toBeVisible();
    const done = { ...queued, status: 'complete' as const };
    chat.server.change({ ...done, parts: [{ type: 'text', text: 'Gone.' }] });
    expect(await screen.findByText('Gone.')).toBeVisible();
    expect(screen.queryByText('Answering')).toBeNull();
    expect(screen.getAllByRole('article')).toHaveLength(2);
  });

  it('says why it waits, and for how long', async () => {
    const chat = await showChat();
    const reply = anAnswer(question, '', { status: 'streaming' });
    await openThread(chat, thread, [question, reply]);
    const problem: Problem = {
      code: 'rate_limited',
      message: 'The model’s server is busy.',
      retry_at: Date.now() + 20_500
    };
    const about = { thread_id: thread.id, message_id: reply.id };
    chat.server.tell({ type: 'waiting', ...about, problem } as never);
    expect(await screen.findByText(/is busy/)).toHaveTextContent(
      /Trying again in 2[01]s/
    );
  });

  it('waits for the connection while that is lost, and says nothing it cannot know', async () => {
    const chat = await showChat();
    const reply = anAnswer(question, '', { status: 'streaming' });
    await openThread(chat, thread, [question, reply]);
    expect(screen.getByText('Thinking…')).toBeVisible();
    chat.server.hangUp();
    expect(await screen.findByText('Waiting to reconnect')).toBeVisible();
    expect(screen.queryByText('Answering')).toBeNull();
    expect(screen.queryByText('Thinking…')).toBeNull();
    chat.services.reconnect();
    chat.server.welcome();
    expect(await screen.findByText('Answering')).toBeVisible();
    expect(screen.getByText('Thinking…')).toBeVisible();
  });

  it('is read out once, when it is whole', async () => {
    const chat = await showChat();
    const reply = anAnswer(question, 'Be', { status: 'streaming' });
    await openThread(chat, thread, [question, reply]);
    const spoken = document.querySelector('[aria-live="polite"]');
    expect(spoken).toHaveTextContent('');
    chat.server.change({ ...reply, status: 'complete', parts: answer.parts });
    await waitFor(() => {
      expect(spoken).toHaveTextContent('Answer: Because **so**.');
    });
  });
});

describe('an answer that failed', () => {
  it.each([
    ['wrong_key', 'Change the key'],
    ['model_unknown', 'Choose another model'],
    ['context_too_long', 'What the model sees'],
    ['local_model_missing', 'Show how to install it'],
    ['provider_down', 'Retry']
  ] as const)('offers what helps against %s first', async (code, remedy) => {
    const chat = await showChat();
    const problem = { code, message: 'It did not work.', detail: 'HTTP 418' };
    const failed = anAnswer(question, '', { status: 'failed', problem });
    await openThread(chat, thread, [question, failed]);
    const message = screen.getAllByRole('article')[1];
    expect(within(message).getByText('It did not work.')).toBeVisible();
    expect(within(message).getByText('HTTP 418')).toBeInTheDocument();
    expect(message.querySelector('.jc-mod-accent')).toHaveTextContent(remedy);
    expect(within(message).getAllByRole('button', { name: 'Retry' })).toHaveLength(1);
  });

  it('because it was too long leads to what the model would see', async () => {
    const chat = await showChat();
    const problem = { code: 'context_too_long', message: 'Too long.' } as const;
    const failed = anAnswer(question, '', { status: 'failed', problem });
    await openThread(chat, thread, [question, failed]);
    const note = document.querySelector('.jc-Problem') as HTMLElement;
    const buttons = within(note).getAllByRole('button');
    expect(buttons.map(({ textContent }) => textContent)).toEqual([
      ...['What the model sees', 'Retry', 'Choose another model', 'New conversation']
    ]);
    await chat.user.click(buttons[0]);
    expect(screen.getByRole('dialog', { name: 'What the model will see' })).toBeVisible();
  });

  it('offers nothing where only the administrator can help', async () => {
    const chat = await showChat();
    const problem = { code: 'store_read_only', message: 'Read-only.' } as const;
    await openThread(chat, thread, [
      question,
      anAnswer(question, '', { status: 'failed', problem })
    ]);
    const note = document.querySelector('.jc-Problem') as HTMLElement;
    expect(within(note).queryByRole('button')).toBeNull();
  });

  it('that was interrupted before anything had come claims to keep nothing', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [
      question,
      anAnswer(question, '', { status: 'interrupted' })
    ]);
    expect(screen.getByText(/before anything had come/)).toBeVisible();
    expect(screen.queryByText(/is kept/)).toBeNull();
  });

  it('that was interrupted keeps what had come', async () => {
    const chat = await showChat();
    const cut = anAnswer(question, 'Half an ans', { status: 'interrupted' });
    await openThread(chat, thread, [question, cut]);
    expect(screen.getByText('Half an ans')).toBeVisible();
    expect(screen.getByText(/was interrupted. What had come is kept/)).toBeVisible();
  });
});

describe('versions', () => {
  it('of an answer can be looked through', async () => {
    const chat = await showChat();
    const other = anAnswer(question, 'Since.');
    const versions = { [answer.id]: [answer.id, other.id] };
    await openThread(chat, thread, [question, answer], { versions });
    expect(screen.getByRole('group', { name: 'Versions' })).toHaveTextContent('1/2');
    expect(screen.getByRole('button', { name: 'Previous version' })).toBeDisabled();
    await chat.user.click(screen.getByRole('button', { name: 'Next version' }));
    expect((await chat.server.next('select')).message_id).toBe(other.id);
    chat.server.change(other);
    chat.server.say({ type: 'thread', thread: { ...thread, leaf_id: other.id } });
    expect(await screen.findByText('Since.')).toBeVisible();
    expect(screen.getByRole('group', { name: 'Versions' })).toHaveTextContent('2/2');
  });

  it('of a question come from editing it', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
    const [editor] = screen.getAllByRole('textbox', { name: 'Question' });
    expect(editor).toHaveFocus();
    await chat.user.clear(editor);
    await chat.user.type(editor, 'Why that?{Enter}');
    const sent = await chat.server.next('send');
    expect(sent).toMatchObject({ parent_id: null, create: false });
    expect(screen.queryByText('Because')).toBeNull();
  });

  it('have only Ask and Cancel below them while they are made', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    const [asked] = screen.getAllByRole('article');
    await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
    const names = within(asked)
      .getAllByRole('button')
      .map(({ textContent }) => textContent);
    expect(names).toEqual(['Ask', 'Cancel']);
    await chat.user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(screen.getByRole('button', { name: 'Edit the question' })).toBeVisible();
  });

  it('keep what is attached to them', async () => {
    const cell: Attachment = {
      type: 'attachment',
      kind: 'cell',
      name: 'In [3]',
      text: 'x = 1'
    };
    const dot: Attachment = { type: 'image', media_type: 'image/png', data: 'iVBORw==' };
    const asked = { ...question, parts: [cell, dot, ...question.parts] };
    const chat = await showChat();
    await openThread(chat, thread, [asked, answer]);
    const attached = screen.getByRole('list', { name: 'Attached' });
    expect(attached).toHaveTextContent('Cell In [3]');
    expect(within(attached).getByText('x = 1')).not.toBeVisible();
    await chat.user.click(within(attached).getByText('Cell In [3]'));
    expect(within(attached).getByText('x = 1')).toBeVisible();
    await chat.user.click(within(attached).getByText('Image'));
    expect(within(attached).getByRole('img')).toHaveAttribute(
      'src',
      'data:image/png;base64,iVBORw=='
    );
    await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
    await chat.user.keyboard(' Mine?{Enter}');
    const sent = await chat.server.next('send');
    expect(sent.parts).toEqual([cell, dot, { type: 'text', text: 'Why *this*? Mine?' }]);
  });

  it('lose no text when another window changes the branch meanwhile', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
    await chat.user.keyboard(' Mine');
    const theirs = aQuestion(thread, 'Theirs?');
    chat.server.change(theirs);
    chat.server.say({ type: 'thread', thread: { ...thread, leaf_id: theirs.id } });
    expect(screen.getByText(/Because/)).toBeVisible();
    await chat.user.keyboard('?{Enter}');
    const sent = await chat.server.next('send');
    expect(textOf(sent)).toBe('Why *this*? Mine?');
    expect(sent.parent_id).toBeNull();
  });

  it('of another window are shown once the change is dropped', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
    const theirs = aQuestion(thread, 'Theirs?');
    const chosen = { ...thread, leaf_id: theirs.id };
    chat.server.snapshot(chosen, [theirs]);
    expect(screen.getByText(/Because/)).toBeVisible();
    expect(screen.queryByText('Theirs?')).toBeNull();
    await chat.user.keyboard('{Escape}');
    const subscribed = await chat.server.next('subscribe');
    chat.server.snapshot(chosen, [theirs]);
    chat.server.acknowledge(subscribed);
    expect(await screen.findByText('Theirs?')).toBeVisible();
    expect(screen.queryByText(/Because/)).toBeNull();
  });

  it('are not made by Escape', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
    await chat.user.keyboard('x{Escape}');
    expect(screen.getByText('Why *this*?')).toBeVisible();
    expect(chat.server.commands.filter(({ type }) => type === 'send')).toEqual([]);
  });
});

describe('what a question is being changed to stays', () => {
  const other = aThread({ title: 'Birds' });
  const editors = () =>
    screen
      .queryAllByRole('textbox', { name: 'Question' })
      .filter(field => field.closest('.jc-QuestionEditor') !== null);

  async function edited() {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
    await chat.user.keyboard(' Mine?');
    return chat;
  }

  it('while another conversation is looked at, and takes no focus', async () => {
    const chat = await edited();
    await openThread(chat, other, []);
    expect(editors()).toHaveLength(0);
    const composer = chat.composer();
    composer.focus();
    await openThread(chat, thread, [question, answer]);
    await waitFor(() => {
      expect(editors()[0]).toHaveValue('Why *this*? Mine?');
    });
    expect(composer).toHaveFocus();
    await chat.user.type(editors()[0], '{Enter}');
    expect(textOf(await chat.server.next('send'))).toBe('Why *this*? Mine?');
    await openThread(chat, other, []);
    await openThread(chat, thread, [question, answer]);
    expect(editors()).toHaveLength(0);
  });

  it('while the settings are looked at, and until it is dropped', async () => {
    const chat = await edited();
    await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
    await chat.user.click(
      screen.getByRole('button', { name: 'Back to the conversation' })
    );
    expect(editors()[0]).toHaveValue('Why *this*? Mine?');
    await chat.user.click(screen.getByRole('button', { name: 'Cancel' }));
    await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
    expect(editors()[0]).toHaveValue('Why *this*?');
  });

  it('when the page is reloaded', async () => {
    await edited();
    cleanup();
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await waitFor(() => {
      expect(editors()[0]).toHaveValue('Why *this*? Mine?');
    });
  });

  it('and keeps nothing back without an editor', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    chat.server.hangUp();
    await chat.user.type(chat.composer(), 'One?{Enter}');
    await chat.user.click(await screen.findByRole('button', { name: 'Edit' }));
    await waitFor(() => {
      expect(editors()[0]).toHaveFocus();
    });
    await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
    await chat.user.click(
      screen.getByRole('button', { name: 'Back to the conversation' })
    );
    await waitFor(() => {
      expect(document.activeElement?.closest('.jc-Composer')).not.toBeNull();
    });
    await chat.user.type(editors()[0], ' Uno?{Enter}');
    expect(editors()).toHaveLength(0);
    chat.services.reconnect();
    chat.server.welcome();
    expect(textOf(await chat.server.next('send'))).toBe('One? Uno?');
  });
});

/** The field of a question that is being changed, once it is kept back. */
async function theEditor(): Promise<HTMLElement> {
  const fields = () => screen.getAllByRole('textbox', { name: 'Question' });
  await vi.waitUntil(() => fields().length === 2);
  return fields()[0];
}

describe('a question that the server has not got', () => {
  it('and refused is offered again, to be edited, or back to the composer', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await chat.user.type(chat.composer(), 'And?{Enter}');
    const first = await chat.server.next('send');
    chat.server.reject(first, DOWN);
    expect(await screen.findByText(DOWN.message)).toBeVisible();
    await chat.user.click(screen.getByRole('button', { name: 'Send again' }));
    const second = await chat.server.next('send');
    expect(second.client_id).toBe(first.client_id);
    chat.server.reject(second, DOWN);
    await chat.user.click(await screen.findByRole('button', { name: 'Edit' }));
    const editor = await theEditor();
    await chat.user.type(editor, ' Now?{Enter}');
    const third = await chat.server.next('send');
    expect(textOf(third)).toBe('And? Now?');
    expect(third.client_id).not.toBe(first.client_id);
    chat.server.reject(third, DOWN);
    await chat.user.click(await screen.findByRole('button', { name: 'Take back' }));
    await vi.waitUntil(() => chat.composer().value === 'And? Now?');
    expect(screen.queryByText(DOWN.message)).toBeNull();
  });

  it('waits for the history, which is told once, and is sent when that is well', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await chat.user.type(chat.composer(), 'And?{Enter}');
    chat.server.say({ type: 'health', problem: DOWN });
    const first = await chat.server.next('send');
    chat.server.reject(first, DOWN);
    expect(
      await screen.findByText('Waits until the history can be written again')
    ).toBeVisible();
    expect(screen.getAllByText(DOWN.message)).toHaveLength(1);
    expect(screen.queryByText('Not sent')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Send again' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Take back' })).toBeVisible();
    chat.server.say({ type: 'health', problem: null });
    expect((await chat.server.next('send')).client_id).toBe(first.client_id);
  });

  it('is not said to be on its way while it waits for one that is being edited', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    chat.server.hangUp();
    for (const text of ['One?', 'Two?', 'Three?']) {
      await chat.user.type(chat.composer(), `${text}{Enter}`);
    }
    await chat.user.click((await screen.findAllByRole('button', { name: 'Edit' }))[0]);
    await theEditor();
    chat.services.reconnect();
    chat.server.welcome();
    const held = await screen.findAllByText('Waits for the question before it');
    expect(held).toHaveLength(2);
    expect(screen.queryByText('Sending…')).toBeNull();
    expect(screen.getByRole('button', { name: 'Send' })).toBeVisible();
  });

  it('is edited and taken back while it waits for the connection', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    chat.server.hangUp();
    await chat.user.type(chat.composer(), 'One?{Enter}');
    await chat.user.type(chat.composer(), 'Two?{Enter}');
    await vi.waitFor(() => {
      expect(screen.getAllByText('Waiting for the connection')).toHaveLength(2);
    });
    await chat.user.click(screen.getAllByRole('button', { name: 'Edit' })[0]);
    const editor = await theEditor();
    chat.services.reconnect();
    chat.server.welcome();
    await chat.user.type(editor, ' Uno?'); // kept back meanwhile, and what follows it too
    expect(chat.server.commands.filter(({ type }) => type === 'send')).toEqual([]);
    await chat.user.click(screen.getByRole('button', { name: 'Take back' }));
    const { drafts, store } = chat.services;
    await vi.waitUntil(() => drafts.read(store.state.open) === 'Two?');
    // The cursor goes there as well, with the next frame.
    await vi.waitUntil(() => document.activeElement?.closest('.jc-Composer'));
    await chat.user.type(editor, '{Enter}');
    const sent = await chat.server.next('send');
    expect(textOf(sent)).toBe('One? Uno?');
    expect(sent.parent_id).toBe(answer.id);
  });

  it('is said to be lost with the page where the browser keeps nothing', async () => {
    const broken = { update: () => Promise.reject(new Error('QuotaExceededError')) };
    const chat = await showChat(undefined, undefined, new Browser(broken));
    await openThread(chat, thread, [question, answer]);
    chat.server.hangUp();
    await chat.user.type(chat.composer(), 'One?{Enter}');
    expect(await screen.findByText(/leave this page open/)).toBeVisible();
    chat.services.reconnect();
    chat.server.welcome();
    expect(textOf(await chat.server.next('send'))).toBe('One?');
  });

  it('is not lost with the page while the server cannot say who asks', async () => {
    const nobody = { id: '', name: '', initials: '' };
    const ask = async () => {
      const server = new Server();
      const services = new Services(
        { baseUrl: 'http://localhost/' },
        { connect: server.connect, ...new Browser().tab() }
      );
      services.start();
      server.user = nobody;
      server.welcome(DOWN);
      render(<Chat services={services} layout="sidebar" />);
      const composer = await screen.findByRole('textbox', { name: 'Question' });
      return { server, services, composer, user: userEvent.setup() };
    };
    const before = await ask();
    await before.user.type(before.composer, 'Who am I?{Enter}');
    expect(before.composer).toHaveValue('');
    expect(screen.getByText(/leave this page open until it is sent/)).toBeVisible();
    expect(screen.queryByText('Sending…')).toBeNull();
    window.dispatchEvent(new Event('pagehide'));
    cleanup();

    const { server, services, composer, user } = await ask();
    expect(services.following.remembered).toBeNull();
    expect(composer).toHaveValue('Who am I?');
    await user.type(composer, '{Enter}');
    server.user = ADA;
    server.say({ type: 'health', problem: null });
    expect(textOf(await server.next('send'))).toBe('Who am I?');
    window.dispatchEvent(new Event('pagehide'));
    expect(JSON.stringify(localStorage)).not.toContain('Who am I?');
  });

  it('in another conversation is not forgotten', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    await chat.user.type(chat.composer(), 'And?{Enter}');
    chat.server.reject(await chat.server.next('send'), DOWN);
    await screen.findByText(DOWN.message);
    await chat.user.click(screen.getByRole('button', { name: 'New conversation' }));
    expect(screen.queryByText(DOWN.message)).toBeNull();
    expect(screen.getByText(/1 question elsewhere/)).toBeVisible();
    await chat.user.click(screen.getByRole('button', { name: 'Show' }));
    expect(chat.services.store.state.open.threadId).toBe(thread.id);
  });
});

it('withdraws a question whose turn has not come', async () => {
  const chat = await showChat();
  const reply = anAnswer(question, '', { status: 'queued', model: null });
  await openThread(chat, thread, [question, reply]);
  expect(screen.getByRole('article', { name: 'Answer by Small' })).toBeVisible();
  await chat.user.click(screen.getByRole('button', { name: 'Do not answer' }));
  expect((await chat.server.next('stop')).message_id).toBe(reply.id);
});

it('offers to copy an answer only where there is something of it', async () => {
  const chat = await showChat();
  const reply = anAnswer(question, '', { status: 'stopped' });
  await openThread(chat, thread, [question, reply]);
  const article = screen.getByRole('article', { name: /^Answer by/ });
  expect(within(article).getByRole('button', { name: /^Copy link/ })).toBeVisible();
  expect(within(article).queryByRole('button', { name: 'Copy' })).toBeNull();
});

it('asks an edited question instead of the one whose turn has not come', async () => {
  const chat = await showChat();
  const reply = anAnswer(question, '', { status: 'queued' });
  await openThread(chat, thread, [question, reply]);
  await chat.user.click(screen.getByRole('button', { name: 'Edit the question' }));
  const [editor] = screen.getAllByRole('textbox', { name: 'Question' });
  await chat.user.type(editor, ' Really?{Enter}');
  expect((await chat.server.next('stop')).message_id).toBe(reply.id);
  expect((await chat.server.next('send')).parent_id).toBe(question.parent_id);
});

it('holds on to a regeneration until there is a connection, or lets it go', async () => {
  const chat = await showChat();
  await openThread(chat, thread, [question, answer]);
  chat.server.hangUp();
  await chat.user.click(screen.getByRole('button', { name: 'Answer again' }));
  expect(screen.queryByText(/Because/)).toBeNull();
  await chat.user.click(screen.getByRole('button', { name: 'Keep the former answer' }));
  expect(await screen.findByText(/Because/)).toBeVisible();
  await chat.user.click(screen.getByRole('button', { name: 'Answer again' }));
  chat.services.reconnect();
  chat.server.welcome();
  expect((await chat.server.next('regenerate')).message_id).toBe(answer.id);
});

it('says that a conversation is not there, and offers a new one', async () => {
  const chat = await showChat();
  chat.services.following.open('gone');
  const problem = {
    code: 'not_found',
    message: 'There is no such conversation.'
  } as const;
  chat.server.reject(await chat.server.next('subscribe'), problem);
  expect(await screen.findByText(problem.message)).toBeVisible();
  await chat.user.click(
    within(document.querySelector('.jc-Problem') as HTMLElement).getByRole('button')
  );
  expect(screen.queryByText(problem.message)).toBeNull();
  expect(chat.services.store.state.open.isNew).toBe(true);
});

it('shows nothing of a conversation that was deleted meanwhile, but a way on', async () => {
  const chat = await showChat();
  await openThread(chat, thread, [question, answer]);
  const other = aThread();
  await openThread(chat, other, [aQuestion(other, 'Else?')]);
  chat.services.following.open(thread.id);
  const problem = { code: 'not_found', message: 'There is none.' } as const;
  chat.server.reject(await chat.server.next('subscribe'), problem);
  expect(await screen.findByText(problem.message)).toBeVisible();
  expect(screen.queryAllByRole('article')).toEqual([]);
  expect(screen.queryByRole('textbox', { name: 'Question' })).toBeNull();
  await chat.user.click(
    within(document.querySelector('.jc-Problem') as HTMLElement).getByRole('button')
  );
  expect(chat.composer()).toBeVisible();
});

it('goes on showing a conversation whose opened message is no longer in it', async () => {
  const chat = await showChat();
  await openThread(chat, thread, [question, answer]);
  chat.services.following.open(thread.id, answer.id);
  chat.server.acknowledge(await chat.server.next('subscribe'));
  const other = anAnswer(question, 'Since.');
  await new Promise(resolve => setTimeout(resolve, 20)); // the message is reached
  chat.server.change(other);
  chat.server.say({ type: 'thread', thread: { ...thread, leaf_id: other.id } });
  expect(await screen.findByText('Since.')).toBeVisible();
  expect(screen.queryByText('Loading…')).toBeNull();
});

describe('one who reads an older message', () => {
  const jumps = ({ services }: OnScreen) => services.store.state.open.jumps;

  it('goes to the newest by asking, and by having an answer made again', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, answer]);
    chat.services.following.open(thread.id, question.id);
    await chat.user.type(chat.composer(), 'And?{Enter}');
    expect(chat.services.store.state.open.target).toBeUndefined();
    chat.services.following.open(thread.id, question.id);
    await chat.user.click(screen.getByRole('button', { name: 'Answer again' }));
    expect(chat.services.store.state.open.target).toBeUndefined();
  });

  it('stays there whatever else waits, or waits no longer', async () => {
    const browser = new Browser();
    const chat = await showChat(undefined, undefined, browser);
    await openThread(chat, thread, [question, answer]);
    await chat.user.type(chat.composer(), 'And?{Enter}');
    chat.server.reject(await chat.server.next('send'), DOWN);
    await screen.findByText(DOWN.message);
    await chat.user.click(screen.getByRole('button', { name: 'New conversation' }));
    chat.services.following.open(thread.id, question.id);
    chat.server.acknowledge(await chat.server.next('subscribe'));
    await screen.findByText(DOWN.message);
    expect(chat.services.store.state.open.target?.messageId).toBe(question.id);
    const before = jumps(chat);
    await chat.user.click(screen.getByRole('button', { name: 'Take back' }));
    await vi.waitUntil(() => chat.services.store.state.pending.length === 0);
    // Another tab of the same browser asks.
    const elsewhere = new Server();
    const other = await elsewhere.chat(browser);
    other.following.open(thread.id);
    elsewhere.acknowledge(await elsewhere.next('subscribe'));
    elsewhere.snapshot(thread, [question, answer]);
    other.asking.send('So?');
    await waitFor(() => {
      expect(screen.getByText('So?')).toBeVisible();
    });
    expect(jumps(chat)).toBe(before);
    expect(chat.services.store.state.open.target?.messageId).toBe(question.id);
  });
});
