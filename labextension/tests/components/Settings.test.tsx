import { screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Account } from '../../src/chat/protocol';
import { ADA, type Server } from '../server';
import { showChat } from './chat';

const CHOICE = 'Let answers go on at the model’s server';

async function showSettings(account: Account) {
  const chat = await showChat((server: Server) => {
    server.account = account;
  });
  await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
  return chat;
}

it('lets answers go on while the server is down, where OpenAI can do it', async () => {
  const { server, user } = await showSettings({ user: ADA, source: 'openai' });
  const choice = await screen.findByRole('checkbox', { name: CHOICE });
  expect(choice).not.toBeChecked();
  expect(choice).toHaveAccessibleDescription(/ten minutes/);
  const changed: Account = { user: ADA, source: 'openai', durable_replies: true };
  server.answers.set('PATCH account', changed);
  await user.click(choice);
  await vi.waitFor(() => {
    expect(choice).toBeChecked();
  });
  expect(server.requests.find(({ method }) => method === 'PATCH')?.body).toEqual({
    durable_replies: true
  });
});

it('does not offer it where the model’s server cannot', async () => {
  await showSettings({ user: ADA, source: 'local' });
  expect(screen.getByRole('heading', { name: 'Your history' })).toBeVisible();
  expect(screen.queryByRole('checkbox', { name: CHOICE })).toBeNull();
});
