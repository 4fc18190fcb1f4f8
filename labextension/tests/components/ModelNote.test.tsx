import { screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Model } from '../../src/chat/protocol';
import { aThread } from '../server';
import { openThread, showChat } from './chat';

const GOING: Model = { id: 'gpt-5', name: 'GPT-5', shutdown_date: '2026-12-11' };
const STAYING: Model = { id: 'small', name: 'Small' };
const GONE: Model = { id: 'gpt-4', name: 'GPT-4', shutdown_date: '2026-10-23' };
const HOUSE: Model = { ...GOING, id: 'house', name: 'House model' };
const BLIND: Model = { id: 'blind', name: 'Blind', images: false };
const PICTURE = { type: 'image', media_type: 'image/png', data: 'AAAA' } as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-26T12:00:00Z') });
  localStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A conversation with a model of that name. */
async function showWith(model: string) {
  const chat = await showChat(server => {
    server.models = {
      models: [GOING, STAYING, BLIND],
      default: 'small',
      ...{ gone: [GONE], unlisted: [HOUSE] }
    };
    server.threads = { threads: [aThread({ settings: { model } })], next: null };
  });
  const thread = chat.services.store.state.threads.threads[0];
  await openThread(chat, thread, []);
  return chat;
}

const note = (text: RegExp) => screen.queryByText(text)?.parentElement ?? null;

it('says of a model that goes until when it answers, with the way to another', async () => {
  const chat = await showWith('gpt-5');
  const said = note(/^GPT-5 will be shut down on Dec 11\.$/);
  expect(said).toBeVisible();
  await chat.user.click(screen.getByRole('button', { name: 'Choose another model' }));
  const option = screen.getByRole('option', { name: 'GPT-5 until Dec 11' });
  expect(option).toHaveAttribute('aria-selected', 'true');
  await chat.user.click(screen.getByRole('option', { name: 'Small' }));
  expect(chat.server.lastChange?.body).toEqual({ settings: { model: 'small' } });
});

it('says it of a model that only the administrator describes', async () => {
  await showWith('house');
  expect(note(/^House model will be shut down on Dec 11\.$/)).toBeVisible();
});

it('says it once to whoever has read it', async () => {
  const chat = await showWith('gpt-5');
  const said = note(/will be shut down/);
  await chat.user.click(
    within(said as HTMLElement).getByRole('button', { name: 'Close' })
  );
  expect(note(/will be shut down/)).toBeNull();
  expect(chat.services.memory.read('shutdown-gpt-5')).not.toBeNull();
});

it('says of a model that is gone that it is, as long as it is chosen', async () => {
  await showWith('gpt-4');
  const said = note(/^GPT-4 was shut down on Oct 23\.$/);
  expect(said).toBeVisible();
  expect(within(said as HTMLElement).queryByRole('button', { name: 'Close' })).toBeNull();
});

it('says before one asks that a model takes no pictures', async () => {
  const chat = await showWith('blind');
  expect(note(/takes no pictures/)).toBeNull();
  chat.services.attaching.add(PICTURE);
  expect(
    await screen.findByText('Blind takes no pictures: the question would not be sent.')
  ).toBeVisible();
});

it('is silent about models that stay', async () => {
  await showWith('small');
  expect(screen.queryByRole('button', { name: 'Choose another model' })).toBeNull();
});

it('shows in the settings what is wrong with what the administrator says', async () => {
  const chat = await showChat(server => {
    const message = 'What “models.json” says of models on this server is left out.';
    server.models = { ...server.models, ignored: { code: 'invalid', message } };
  });
  await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
  expect(screen.getByText(/^What “models.json” says/)).toBeVisible();
});
