import { act, createEvent, fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { MAX_FRAME_BYTES } from '../../src/chat/protocol';
import { ADA, aQuestion, aThread, anAnswer } from '../server';
import { openThread, showChat } from './chat';

const thread = aThread();
const question = aQuestion(thread, 'One?');
const streaming = anAnswer(question, 'On', { status: 'streaming' });

describe('the keys', () => {
  it('send with Enter and break the line with Shift', async () => {
    const { server, user, composer } = await showChat();
    await user.type(composer(), 'One{Shift>}{Enter}{/Shift}two{Enter}');
    expect((await server.next('send')).parts).toEqual([
      { type: 'text', text: 'One\ntwo' }
    ]);
    expect(composer()).toHaveValue('');
  });

  it('can be such that Enter breaks the line and Ctrl+Enter sends', async () => {
    const { server, user, composer } = await showChat(undefined, 'Accel Enter');
    await user.type(composer(), 'One{Enter}two');
    expect(composer()).toHaveValue('One\ntwo');
    await user.keyboard('{Control>}{Enter}{/Control}');
    await server.next('send');
  });

  it.each([
    ['while a word is composed', { key: 'Enter', isComposing: true }],
    ['just after it, in Safari', { key: 'Enter', keyCode: 229 }]
  ])('leave Enter to the input method %s', async (_when, key) => {
    const { server, user, composer } = await showChat();
    await user.type(composer(), 'にほんご');
    const event = createEvent.keyDown(composer(), key);
    fireEvent(composer(), event);
    expect(event.defaultPrevented).toBe(false);
    expect(server.commands).toEqual([]);
    expect(composer()).toHaveValue('にほんご');
  });
});

it('asks for anything at the beginning, and for a follow-up where something was said', async () => {
  const chat = await showChat();
  expect(chat.composer()).toHaveAttribute('placeholder', 'Ask anything');
  await openThread(chat, thread, [question, anAnswer(question, 'So.')]);
  expect(chat.composer()).toHaveAttribute('placeholder', 'Ask a follow-up');
});

it.each([
  ['openai', 'Loading…'],
  ['local', 'Starting…']
] as const)('asks to choose no model before there are any (%s)', async (source, text) => {
  const { services, server } = await showChat();
  server.models = { models: [], default: null };
  act(() => {
    services.store.update(state => ({
      ...state,
      account: { user: ADA, source },
      models: null
    }));
  });
  const chip = screen.getByTitle(/^Model and settings/);
  expect(chip).toHaveTextContent(text);
  await act(() => services.account.loadModels());
  expect(chip).toHaveTextContent('Choose a model');
});

describe('sending', () => {
  it('needs more than blanks', async () => {
    const { server, user, composer } = await showChat();
    expect(screen.getByRole('button', { name: 'Send' })).toBeDisabled();
    await user.type(composer(), '  {Enter}');
    expect(server.commands).toEqual([]);
    await user.type(composer(), 'x');
    expect(screen.getByRole('button', { name: 'Send' })).toBeEnabled();
  });

  it('is possible while there is no connection: the question waits', async () => {
    const { server, user, composer } = await showChat();
    server.hangUp();
    await user.type(composer(), 'Why?{Enter}');
    expect(await screen.findByText('Waiting for the connection')).toBeVisible();
    expect(screen.getByText('Why?')).toBeVisible();
  });

  it('is possible while an answer is being made, and says when it will be asked', async () => {
    const chat = await showChat();
    await openThread(chat, thread, [question, streaming]);
    expect(chat.composer()).toHaveAttribute('placeholder', 'Ask a follow-up');
    await chat.user.type(chat.composer(), 'Two?');
    expect(screen.getByText('Will be asked after this answer')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Ask next' })).toBeEnabled();
  });

  it('refuses what the server would, counts, and keeps the text', async () => {
    const { server, user, composer } = await showChat();
    const text = 'x'.repeat(MAX_FRAME_BYTES / 4);
    fireEvent.change(composer(), { target: { value: text } });
    expect(screen.getByRole('alert')).toHaveTextContent(/Too long: 1,048,576 of \d/);
    await user.type(composer(), '{Enter}', { skipClick: true });
    expect(server.commands).toEqual([]);
    expect(composer().value).toHaveLength(text.length);
  });
});

it('counts characters from where that begins to matter', async () => {
  const { composer } = await showChat();
  fireEvent.change(composer(), { target: { value: 'x'.repeat(199) } });
  expect(screen.queryByText(/characters/)).toBeNull();
  fireEvent.change(composer(), { target: { value: 'x'.repeat(1234) } });
  expect(screen.getByText('1,234 characters')).toBeVisible();
});

it('stops the answer that is being made, once', async () => {
  const chat = await showChat();
  expect(screen.queryByRole('button', { name: 'Stop the answer' })).toBeNull();
  await openThread(chat, thread, [question, streaming]);
  const stop = screen.getByRole('button', { name: 'Stop the answer' });
  await chat.user.click(stop);
  expect(stop).toBeDisabled();
  const command = await chat.server.next('stop');
  expect(command.message_id).toBe(streaming.id);
  chat.server.acknowledge(command);
  chat.server.change({ ...streaming, status: 'stopped' });
  await waitFor(() => {
    expect(stop).not.toBeInTheDocument();
  });
  expect(screen.getByText('Stopped')).toBeVisible();
});

it('stops it later where the connection is lost, and says so', async () => {
  const chat = await showChat();
  await openThread(chat, thread, [question, streaming]);
  chat.server.hangUp();
  await chat.user.click(
    await screen.findByRole('button', { name: 'Stop it when connected' })
  );
  expect(screen.getByText('Will be stopped when connected')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Stop it when connected' })).toBeDisabled();
  expect(chat.server.commands.filter(({ type }) => type === 'stop')).toEqual([]);
  chat.services.reconnect();
  chat.server.welcome();
  expect((await chat.server.next('stop')).message_id).toBe(streaming.id);
  expect(screen.queryByText('Will be stopped when connected')).toBeNull();
});

it('keeps what was typed apart for each conversation', async () => {
  const chat = await showChat();
  await chat.user.type(chat.composer(), 'for later');
  await openThread(chat, thread, [question]);
  expect(chat.composer()).toHaveValue('');
  chat.services.following.openNew();
  await waitFor(() => {
    expect(chat.composer()).toHaveValue('for later');
  });
});

it('asks on before the conversation that the first question makes has come', async () => {
  const chat = await showChat();
  await chat.user.type(chat.composer(), 'One?{Enter}');
  const first = await chat.server.next('send');
  const question = aQuestion(aThread(), 'One?');
  const reply = anAnswer(question, '');
  chat.server.acknowledge(first, { message_id: question.id, reply_id: reply.id });
  await chat.server.next('subscribe');
  await chat.user.type(chat.composer(), 'Two?{Enter}');
  expect(chat.composer()).toHaveValue('');
  const second = await chat.server.next('send');
  expect(second).toMatchObject({ thread_id: first.thread_id });
  expect(second.create ?? false).toBe(false);
  expect(second.parent_id).toBe(reply.id);
});
