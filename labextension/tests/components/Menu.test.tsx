import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Message, Problem } from '../../src/chat/protocol';
import { aQuestion, aThread, anAnswer } from '../server';
import { openThread, showChat } from './chat';

const thread = aThread();
const question = aQuestion(thread, 'Why?');
const answer = anAnswer(question, 'Because.');

async function shown(...messages: Message[]) {
  const chat = await showChat();
  await openThread(chat, thread, messages);
  const last = screen.getAllByRole('article').at(-1);
  const button = within(last ?? document.body).getByRole('button', { name: 'More' });
  return { ...chat, button };
}

const labels = () => screen.getAllByRole('menuitem').map(item => item.title);
const focused = () => (document.activeElement as HTMLElement).title;

describe('the menu of a message', () => {
  it('is used with the keyboard alone, and gives the focus back', async () => {
    const { user, button } = await shown(question, answer);
    button.focus();
    await user.keyboard('{ArrowDown}');
    expect(screen.getByRole('menu')).toHaveAccessibleName('More');
    expect(button).toHaveAttribute('aria-expanded', 'true');
    expect(focused()).toBe('Try another model');
    await user.keyboard('{ArrowDown}');
    expect(focused()).toBe('Fork from here');
    await user.keyboard('{End}');
    expect(focused()).toBe('Delete');
    await user.keyboard('{ArrowDown}');
    expect(focused()).toBe('Try another model');
    await user.keyboard('f');
    expect(focused()).toBe('Fork from here');
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('menu')).toBeNull();
    expect(button).toHaveFocus();
    expect(button).toHaveAttribute('aria-expanded', 'false');
  });

  it('leads to the models and back', async () => {
    const { user, button, server } = await shown(question, answer);
    button.focus();
    await user.keyboard('{Enter}{ArrowRight}');
    expect(screen.getByRole('menu')).toHaveAccessibleName('Try another model');
    expect(focused()).toBe('Small');
    await user.keyboard('{ArrowLeft}');
    expect(labels()).toContain('Fork from here');
    await user.keyboard('{Enter}t{Enter}');
    expect(screen.queryByRole('menu')).toBeNull();
    const command = await server.next('regenerate');
    expect(command.settings).toEqual({ model: 'thinker' });
  });

  it('closes with a press elsewhere, and with its own button', async () => {
    const { user, button, composer } = await shown(question, answer);
    await user.click(button);
    expect(screen.getByRole('menu')).toBeVisible();
    await user.click(button);
    expect(screen.queryByRole('menu')).toBeNull();
    await user.click(button);
    await user.click(composer());
    expect(screen.queryByRole('menu')).toBeNull();
  });

  it('deletes, with a way back', async () => {
    const { user, button, server } = await shown(question, answer);
    await user.click(button);
    await user.click(screen.getByRole('menuitem', { name: 'Delete' }));
    expect(document.querySelector('.jc-Toast')).toBeNull(); // it is not gone yet
    server.acknowledge(await server.next('delete'));
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    expect((await server.next('restore')).message_id).toBe(answer.id);
    expect(document.querySelector('.jc-Toast')).toBeNull();
  });
});

describe('an answer that broke off', () => {
  const cut: Problem = { code: 'stream_cut', message: 'It broke off.' };

  it.each([
    ['stopped', null],
    ['interrupted', null],
    ['interrupted', cut],
    ['failed', cut]
  ] as const)('%s: continue or retry, each once', async (status, problem) => {
    const { user, server } = await shown(question, { ...answer, status, problem });
    const article = screen.getAllByRole('article')[1];
    expect(within(article).getAllByRole('button', { name: 'Retry' })).toHaveLength(1);
    await user.click(within(article).getByRole('button', { name: 'Continue' }));
    expect((await server.next('continue')).message_id).toBe(answer.id);
  });

  it('without any text can only be made again', async () => {
    const { user, button } = await shown(question, {
      ...answer,
      parts: [],
      status: 'stopped'
    });
    expect(screen.queryByRole('button', { name: 'Continue' })).toBeNull();
    await user.click(button);
    expect(labels()).not.toContain('Continue');
  });

  it('at the output limit is whole enough, and can be gone on with', async () => {
    const limit: Problem = { code: 'output_limit', message: 'Too long.' };
    const { user, button } = await shown(question, { ...answer, problem: limit });
    await user.click(button);
    expect(labels()[0]).toBe('Continue');
  });

  it('says that the rest is on its way, below what is there', async () => {
    const { server } = await shown(question, { ...answer, status: 'stopped' });
    const rest = anAnswer(question, 'Because.', { status: 'streaming' });
    server.change(rest);
    server.say({ type: 'thread', thread: { ...thread, leaf_id: rest.id } });
    expect(await screen.findByText('Thinking…')).toBeVisible();
    expect(screen.getByText('Because.')).toBeVisible();
    server.grow(rest, ' And so.');
    expect(await screen.findByText('Because. And so.')).toBeVisible();
    expect(screen.queryByText('Thinking…')).toBeNull();
  });
});

it('a question whose answers are all deleted can be answered', async () => {
  const { user, server } = await shown(question);
  await user.click(screen.getByRole('button', { name: 'Answer' }));
  expect((await server.next('regenerate')).message_id).toBe(question.id);
});

it('a conversation whose messages are all deleted is as inviting as a new one', async () => {
  const chat = await showChat();
  await openThread(chat, thread, []);
  expect(await screen.findAllByRole('listitem')).not.toHaveLength(0);
});

it('a fork says where it began, and leads there', async () => {
  const chat = await showChat(server => {
    server.threads = { threads: [thread], next: null };
  });
  const fork = aThread({
    title: 'Trees (fork)',
    forked_from: { thread_id: thread.id, message_id: answer.id }
  });
  await openThread(chat, fork, [question, answer]);
  await chat.user.click(
    await screen.findByRole('button', { name: 'Forked from “Trees”' })
  );
  await waitFor(() => {
    expect(chat.services.store.state.open.threadId).toBe(thread.id);
  });
});
