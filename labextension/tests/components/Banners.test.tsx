import { screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { DOWN, aQuestion, aThread } from '../server';
import { openThread, showChat } from './chat';

it('tell that the connection is lost, and try again at once when asked to', async () => {
  const { server, user } = await showChat();
  server.hangUp();
  expect(
    await screen.findByText(/No connection to the Jupyter server/)
  ).toBeInTheDocument();
  const countdown = screen.getByText(/Trying again in/);
  expect(countdown).toHaveAttribute('aria-hidden', 'true'); // not read out each second
  expect(countdown).not.toHaveTextContent('No connection');
  expect(server.connected).toBe(false);
  await user.click(screen.getByText('Try now'));
  expect(server.connected).toBe(true);
  server.welcome();
  await waitFor(() => {
    expect(screen.queryByText(/No connection/)).toBeNull();
  });
});

it('tell who is signed out where to go, until they are let in again', async () => {
  const { server, services } = await showChat();
  const message = 'You are signed out of the Jupyter server.';
  server.answers.set('GET account', { problem: { code: 'forbidden', message } });
  server.hangUp();
  expect(await screen.findByText(message)).toBeVisible();
  expect(screen.getByRole('button', { name: 'Reload' })).toBeVisible();
  expect(screen.queryByText(/No connection/)).toBeNull();
  services.reconnect();
  server.welcome();
  await waitFor(() => {
    expect(screen.queryByText(message)).toBeNull();
  });
});

it('tell what keeps the history from being used, until it is back', async () => {
  const { server, composer, user } = await showChat();
  server.say({ type: 'health', problem: DOWN });
  expect(await screen.findByText(DOWN.message)).toBeVisible();
  await user.type(composer(), 'still there');
  server.say({ type: 'health', problem: null });
  await waitFor(() => {
    expect(screen.queryByText(DOWN.message)).toBeNull();
  });
  expect(composer()).toHaveValue('still there');
});

it('tell it also to those who come later', async () => {
  const { server, services } = await showChat();
  server.hangUp();
  services.reconnect();
  server.welcome(DOWN);
  expect(await screen.findByText(DOWN.message)).toBeVisible();
});

it('tell why a change was refused, and can be closed', async () => {
  const { services, user } = await showChat();
  services.store.update(state => ({ ...state, refusal: DOWN }));
  await user.click(await screen.findByRole('button', { name: 'Close' }));
  expect(screen.queryByText(DOWN.message)).toBeNull();
});

it('tell that the conversation is in the trash, and take it out', async () => {
  const thread = aThread({ deleted_at: Date.now() });
  const chat = await showChat();
  await openThread(chat, thread, [aQuestion(thread, 'Why?')]);
  expect(await screen.findByText(/^In the trash/)).toBeVisible();
  await chat.user.click(screen.getByRole('button', { name: 'Restore' }));
  await waitFor(() => {
    expect(chat.server.lastChange?.body).toMatchObject({ action: 'restore' });
  });
});
