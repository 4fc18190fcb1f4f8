import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { MemoryPolicy, Summary } from '../../src/chat/protocol';
import { aQuestion, aThread, anAnswer } from '../server';
import { openThread, showChat } from './chat';

const TITLE = 'The model sees a summary of what stands above';

/** A thread of two turns, the first of which is summed up. */
async function show(memory: MemoryPolicy = 'summarise') {
  const thread = aThread({ settings: { memory } });
  const question = aQuestion(thread, 'Why?');
  const answer = anAnswer(question, 'Because.');
  const next = aQuestion(thread, 'And then?', answer);
  const summary: Summary = {
    thread_id: thread.id,
    upto: answer.id,
    text: 'They asked **why**.',
    created_at: 1,
    model: 'small'
  };
  const chat = await showChat(server => {
    server.threads = { threads: [thread], next: null };
    server.answers.set(`PUT threads/${thread.id}/summaries/${answer.id}`, { text: 'x' });
  });
  await openThread(chat, thread, [question, answer, next], { summaries: [summary] });
  return { chat, thread, answer, summary };
}

async function unfold(chat: Awaited<ReturnType<typeof show>>['chat']) {
  const title = screen.getByText(TITLE);
  await chat.user.click(title);
  return within(title.parentElement as HTMLElement);
}

it('stands after the last message that it is about', async () => {
  const { chat } = await show();
  const card = await unfold(chat);
  expect(card.getByText('why').tagName).toBe('STRONG');
  expect(card.getByText('Made by Small')).toBeVisible();
  const [, answer, next] = screen.getAllByRole('article');
  const title = screen.getByText(TITLE);
  const { DOCUMENT_POSITION_FOLLOWING: follows } = Node;
  expect(answer.compareDocumentPosition(title) & follows).not.toBe(0);
  expect(title.compareDocumentPosition(next) & follows).not.toBe(0);
});

it('is not there where the model does not get it', async () => {
  await show('window');
  expect(screen.queryByText(TITLE)).toBeNull();
});

it('can be edited', async () => {
  const { chat, thread, answer } = await show();
  const card = await unfold(chat);
  await chat.user.click(card.getByRole('button', { name: 'Edit' }));
  const field = card.getByRole('textbox', { name: 'Summary' });
  expect(field).toHaveFocus();
  await chat.user.clear(field);
  await chat.user.type(field, 'They asked when.');
  await chat.user.click(card.getByRole('button', { name: 'Save' }));
  expect(chat.server.lastChange).toEqual({
    method: 'PUT',
    path: `threads/${thread.id}/summaries/${answer.id}`,
    body: { text: 'They asked when.' }
  });
});

it('can be made anew, and goes until then', async () => {
  const { chat, thread, answer } = await show();
  const card = await unfold(chat);
  const again = card.getByRole('button', { name: 'Make anew' });
  expect(card.getByText(/made anew with the next question/)).toBeVisible();
  expect(again).toHaveAccessibleDescription(/made anew with the next question/);
  await chat.user.click(again);
  expect(chat.server.lastChange?.body).toEqual({ text: null });
  chat.server.tell({
    type: 'summary',
    thread_id: thread.id,
    upto: answer.id,
    summary: null
  } as never);
  await waitFor(() => {
    expect(screen.queryByText(TITLE)).toBeNull();
  });
});

it('has the window measured anew when it changes', async () => {
  const { chat, thread, answer } = await show();
  const measured = () => chat.server.requests.filter(({ path }) => path === 'context');
  await waitFor(() => {
    expect(measured().at(-1)?.body).toMatchObject({ thread_id: thread.id });
  });
  const before = measured().length;
  const change = { thread_id: thread.id, upto: answer.id, summary: null };
  chat.server.tell({ type: 'summary', ...change } as never);
  await waitFor(() => {
    expect(measured().length).toBeGreaterThan(before);
  });
});

it('appears when it has been made in another window', async () => {
  const { chat, thread, answer, summary } = await show();
  const edited = { ...summary, text: 'Another text.', edited: true };
  chat.server.tell({
    type: 'summary',
    thread_id: thread.id,
    upto: answer.id,
    summary: edited
  } as never);
  const card = await unfold(chat);
  expect(await card.findByText('Another text.')).toBeVisible();
  expect(card.getByText('Edited by you')).toBeVisible();
});
