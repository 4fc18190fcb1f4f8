import { act, screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { DOWN, aQuestion, aThread, anAnswer } from '../server';
import { openThread, showChat } from './chat';

it('tell that the connection is lost, and try again at once when asked to', async () => {
  const { server, user } = await showChat();
  server.hangUp();
  expect(await screen.findByText(/No connection to the chat server/)).toBeInTheDocument();
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
  const message = 'You are signed out.';
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

it('tell that the chat service of a hub is away, and try again when asked to', async () => {
  const { server, services, user } = await showChat();
  const message = 'The chat service of this hub does not answer.';
  server.answers.set('GET account', { problem: { code: 'service_down', message } });
  server.hangUp();
  expect(await screen.findByText(message)).toBeVisible();
  expect(screen.queryByText(/No connection to the chat server/)).toBeNull();
  expect(server.connected).toBe(false);
  await user.click(screen.getByRole('button', { name: 'Try now' }));
  expect(server.connected).toBe(true);
  server.welcome();
  await waitFor(() => {
    expect(services.store.state.shutOut).toBeNull();
  });
  expect(screen.queryByText(message)).toBeNull();
});

it('tell that a change did not reach the server only until the connection is back', async () => {
  const { server, services } = await showChat();
  const answer = anAnswer(aQuestion(aThread(), 'Why?'), 'So.');
  const unreached = () => screen.queryByText(/nothing was changed/);
  server.hangUp();
  await screen.findByText(/No connection to the chat server/);
  await act(() => services.branches.remove(answer, 'Answer deleted'));
  expect(unreached()).toBeVisible();
  services.reconnect();
  server.welcome();
  await waitFor(() => {
    expect(unreached()).toBeNull();
  });
  act(() => {
    services.store.update(state => ({ ...state, refusal: DOWN }));
  });
  server.hangUp();
  services.reconnect();
  server.welcome();
  expect(await screen.findByText(DOWN.message)).toBeVisible(); // it has another reason
});

it('tell who is signed out nothing else when a change is refused', async () => {
  const { server, services } = await showChat();
  const thread = aThread();
  const problem = { code: 'forbidden', message: 'You are signed out.' };
  server.answers.set('GET account', { problem });
  server.answers.set('POST threads/bulk', { problem });
  server.hangUp();
  await screen.findByText(problem.message);
  const answer = anAnswer(aQuestion(thread, 'Why?'), 'So.');
  for (const refused of [
    () => services.branches.remove(answer, 'Answer deleted'),
    () => services.organising.change([thread], { action: 'delete' })
  ]) {
    await act(async () => {
      await refused();
    });
    expect(services.store.state.refusal).not.toBeNull();
    expect(screen.queryByText(/nothing was changed/)).toBeNull();
    expect(screen.getAllByText(problem.message)).toHaveLength(1);
  }
  services.reconnect();
  server.welcome();
  await waitFor(() => {
    expect(screen.queryByText(problem.message)).toBeNull();
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
