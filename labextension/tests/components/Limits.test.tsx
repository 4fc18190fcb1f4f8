import { act, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { Rest } from '../../src/chat/client/rest';
import type { Allowance, Allowances } from '../../src/chat/protocol';
import { type Server, aQuestion, aThread, anAnswer } from '../server';
import { type OnScreen, openThread, showChat } from './chat';

const TOMORROW = new Date(2126, 10, 27).getTime();

function allowance(changes: Partial<Allowance> = {}): Allowance {
  return {
    ...{ whose: 'own', measure: 'tokens', span: 'day' },
    ...{ most: 10_000, taken: 2_000, resets_at: TOMORROW },
    ...changes
  };
}

beforeEach(() => {
  localStorage.clear();
});

async function showLimits(limits: Partial<Allowances>): Promise<OnScreen> {
  return showChat((server: Server) => {
    server.limits = { role: 'user', allowances: [], ...limits };
    server.usage = () => ({ sums: [], total: { requests: 0 } });
  });
}

async function showUsage(limits: Partial<Allowances>): Promise<OnScreen> {
  const chat = await showLimits(limits);
  await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
  await chat.user.click(screen.getByRole('button', { name: 'Show usage' }));
  return chat;
}

it('shows what is taken of each limit, whose it is, and when it begins anew', async () => {
  await showUsage({
    allowances: [
      allowance(),
      allowance({ measure: 'dollars', span: 'month', whose: 'all', most: 5, taken: 1.5 }),
      allowance({ measure: 'replies', span: null, most: 2, taken: 2, resets_at: null })
    ],
    models: ['gpt-6-*'],
    max_output_tokens: 2_000
  });
  const heading = await screen.findByRole('heading', { name: 'Limits on this server' });
  const rows = within(heading.parentElement as HTMLElement).getAllByRole('listitem');
  expect(rows.map(row => row.textContent)).toEqual([
    expect.stringMatching(/^Tokens today2,000 of 10,000anew .*2126/),
    expect.stringMatching(/^Cost this month, everybody together\$1.50 of \$5.00anew/),
    'Answers at a time2 of 2'
  ]);
  expect(screen.getByRole('meter', { name: 'Tokens today' })).toHaveAttribute(
    'aria-valuenow',
    '20'
  );
  expect(screen.getByText('An answer may have 2,000 tokens.')).toBeVisible();
  expect(screen.getByText('These models may be used: gpt-6-*')).toBeVisible();
});

it('says nothing of limits where there are none', async () => {
  const { server } = await showUsage({});
  await waitFor(() => {
    expect(server.requests.map(({ path }) => path)).toContain('limits');
  });
  expect(screen.queryByText('Limits on this server')).toBeNull();
});

it('warns once a day is nearly taken, until it is closed', async () => {
  const { user } = await showLimits({ allowances: [allowance({ taken: 8_000 })] });
  expect(
    await screen.findByText(/^Tokens today: 8,000 of 10,000 taken, anew/)
  ).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Close' }));
  expect(screen.queryByText(/^Tokens today/)).toBeNull();
});

it('does not warn of what begins anew by itself in a moment', async () => {
  const { server } = await showLimits({
    allowances: [
      allowance({ span: 'minute', taken: 10_000 }),
      allowance({ measure: 'replies', span: null, most: 1, taken: 1 }),
      allowance({ taken: 7_999 })
    ]
  });
  await waitFor(() => {
    expect(server.requests.map(({ path }) => path)).toContain('limits');
  });
  expect(screen.queryByText(/taken/)).toBeNull();
});

it('cannot be closed once nothing is left', async () => {
  await showLimits({ allowances: [allowance({ taken: 10_000 })] });
  expect(await screen.findByText(/^Tokens today: 10,000 of 10,000 taken/)).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Close' })).toBeNull();
});

it('asks for limits anew after an answer only where something is counted', async () => {
  const get = vi.spyOn(Rest.prototype, 'get');
  const chat = await showLimits({});
  const asked = () => chat.server.requests.filter(({ path }) => path === 'limits').length;
  await waitFor(() => {
    expect(asked()).toBe(1);
  });
  await act(async () => {
    await Promise.all(get.mock.results.map(({ value }) => value as Promise<unknown>));
  });
  const thread = aThread({ updated_at: Date.now() + 5_000 });
  const question = aQuestion(thread, 'Why?');
  await openThread(chat, thread, [question, anAnswer(question, 'Because.')]);
  expect(asked()).toBe(1);
});

it('offers another model under a question whose model may not be used', async () => {
  const chat = await showLimits({});
  const thread = aThread();
  const question = aQuestion(thread, 'Why?');
  const answer = anAnswer(question, '', {
    status: 'failed',
    problem: { code: 'model_not_allowed', message: 'You may not use “large”.' }
  });
  await openThread(chat, thread, [question, answer]);
  expect(screen.getByRole('button', { name: 'Choose another model' })).toBeVisible();
});
