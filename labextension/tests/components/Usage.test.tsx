import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import * as server from '../../src/chat/client/server';
import type { Problem, UsageSum } from '../../src/chat/protocol';
import { ADA, DOWN, type Server, aQuestion, aThread, anAnswer } from '../server';
import { type OnScreen, openThread, showChat } from './chat';
import { aSum } from '../sums';

function today(): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(now.getFullYear())}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

let sums: Record<string, UsageSum[]>;
let total: UsageSum;
let refusal: Problem | null;

beforeEach(() => {
  total = aSum('', { requests: 3, cost: 12.345, cached_tokens: 400 });
  sums = {
    day: [aSum(today(), { cost: 12.345 })],
    model: [aSum('gpt-6-luna', { cost: 12 }), aSum('mine', { cost: 0, unpriced: 1 })],
    thread: [aSum('t1', { title: 'Trees', estimated: 1 }), aSum('t2')]
  };
  refusal = null;
  localStorage.clear();
});

/** What the server answers, whatever the span. */
function answering(server: Server): void {
  server.usage = path => {
    const by = /by=(\w+)/.exec(path)?.[1] ?? '';
    return refusal === null ? { sums: sums[by], total } : { problem: refusal };
  };
}

async function showUsage(): Promise<OnScreen> {
  const chat = await showChat(answering);
  await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
  await chat.user.click(screen.getByRole('button', { name: 'Show usage' }));
  return chat;
}

function rows(title: string): string[][] {
  const section = screen.getByRole('heading', { name: title }).parentElement;
  const table = within(section as HTMLElement).getByRole('table');
  return within(table)
    .getAllByRole('row')
    .slice(1)
    .map(row => [...row.children].map(cell => cell.textContent));
}

it('shows what this month has cost, by model and by conversation', async () => {
  await showUsage();
  expect((await screen.findAllByText('$12.35'))[0]).toBeVisible();
  expect(screen.getByText('400 from the cache')).toBeVisible();
  expect(rows('By model')).toEqual([
    ['gpt-6-luna', '1', '1,500', '$12.00'],
    ['mine', '1', '1,500', '–']
  ]);
  expect(rows('By conversation')).toEqual([
    ['Trees', '1', '1,500', '≈ $0.50'],
    ['Deleted', '1', '1,500', '$0.50']
  ]);
  expect(screen.getByRole('heading', { name: 'Usage' })).toHaveFocus();
});

it('has a bar for each day, that can be read as a table', async () => {
  const { user } = await showUsage();
  const chart = await screen.findByRole('img', { name: 'Cost per day; at most $12.35' });
  expect(chart.querySelectorAll('.jc-UsageChart-bars > div')).toHaveLength(
    new Date().getDate()
  );
  await user.selectOptions(
    screen.getByRole('combobox', { name: 'What the bars show' }),
    'Tokens'
  );
  expect(
    screen.getByRole('img', { name: 'Tokens per day; at most 1,500' })
  ).toBeVisible();
  await user.click(screen.getByText('As a table'));
  expect(screen.getByRole('columnheader', { name: 'Day' })).toBeVisible();
});

it('says what was estimated and what has no price', async () => {
  total = aSum('', { requests: 5, estimated: 1, unpriced: 2, cost: 2 });
  await showUsage();
  expect(await screen.findByText('≈ $2.00')).toBeVisible();
  expect(screen.getByText(/^≈: 1 request broke off/)).toBeVisible();
  expect(screen.getByText(/^The price of 2 requests is not known/)).toBeVisible();
});

it('says of what may have cost less that it is a bound, everywhere', async () => {
  total = aSum('', { requests: 5, at_most: 2, cost: 12.345 });
  sums.day = [aSum(today(), { at_most: 1, cost: 12.345 })];
  sums.model = [aSum('gpt-6-luna', { at_most: 1, cost: 12 })];
  const { user } = await showUsage();
  expect((await screen.findAllByText('≤ $12.35'))[0]).toBeVisible();
  expect(screen.getByText(/^≤: 2 requests may have cost less/)).toBeVisible();
  expect(rows('By model')[0][3]).toBe('≤ $12.00');
  await user.click(screen.getByText('As a table'));
  expect(screen.getAllByRole('cell', { name: '≤ $12.35' })).toHaveLength(1);
});

it('calls models by their names', async () => {
  sums.model = [aSum('small'), aSum('mine')];
  await showUsage();
  expect((await screen.findAllByText('Small'))[0]).toHaveAttribute('title', 'small');
  expect(rows('By model').map(([name]) => name)).toEqual(['Small', 'mine']);
});

it('shows tokens where nothing has a price', async () => {
  total = aSum('', { unpriced: 1, cost: 0 });
  sums.day = [aSum(today(), { unpriced: 1, cost: 0 })];
  await showUsage();
  expect(
    await screen.findByRole('img', { name: 'Tokens per day; at most 1,500' })
  ).toBeVisible();
  expect(screen.queryByRole('combobox', { name: 'What the bars show' })).toBeNull();
});

it('says so where nothing was asked', async () => {
  total = aSum('', { requests: 0, cost: 0 });
  sums = { day: [], model: [], thread: [] };
  await showUsage();
  expect(await screen.findByText(/^Nothing was asked in this time/)).toBeVisible();
});

it('asks for another span', async () => {
  const { user, server } = await showUsage();
  await user.selectOptions(screen.getByRole('combobox', { name: 'Span of time' }), 'All');
  await waitFor(() => {
    expect(server.requests.at(-1)?.path).toMatch(
      /^usage\?by=thread&minutes_west=-?\d+&$/
    );
  });
});

it('opens a conversation', async () => {
  const { user, services } = await showUsage();
  await user.click(await screen.findByRole('button', { name: 'Trees' }));
  expect(services.store.state).toMatchObject({
    screen: 'conversation',
    open: { threadId: 't1' }
  });
});

it('leads back to the settings with Escape, and only then out of them', async () => {
  const { user } = await showUsage();
  await user.keyboard('{Escape}');
  expect(screen.getByRole('button', { name: 'Show usage' })).toBeVisible();
  expect(screen.queryByRole('heading', { name: 'Usage' })).toBeNull();
});

it('saves the requests as a file', async () => {
  const save = vi.spyOn(server, 'save').mockResolvedValue();
  const { user } = await showUsage();
  await user.click(screen.getByRole('button', { name: 'Export as CSV' }));
  await waitFor(() => {
    expect(save).toHaveBeenCalledWith(
      expect.anything(),
      expect.stringMatching(/^usage\.csv\?from=\d+$/)
    );
  });
});

it('says why it cannot be shown, and tries again', async () => {
  refusal = DOWN;
  const { user } = await showUsage();
  expect(await screen.findByText(DOWN.message)).toBeVisible();
  refusal = null;
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect((await screen.findAllByText('$12.35'))[0]).toBeVisible();
});

it('marks the cost of an answer that was estimated', async () => {
  const chat = await showChat();
  const thread = aThread();
  const question = aQuestion(thread, 'Why?');
  const answer = anAnswer(question, 'Be', {
    status: 'stopped',
    usage: { input_tokens: 10, output_tokens: 2, estimated: true },
    cost: 0.002
  });
  await openThread(chat, thread, [question, answer]);
  expect(screen.getByText('≈ 12 tokens · ≈ $0.002')).toBeInTheDocument();
});

it('marks the cost of an answer that may have been less', async () => {
  const chat = await showChat();
  const thread = aThread();
  const question = aQuestion(thread, 'Why?');
  const answer = anAnswer(question, 'Because.', {
    usage: { input_tokens: 10, output_tokens: 2, cached_tokens: 5 },
    ...{ cost: 0.002, cost_at_most: true }
  });
  await openThread(chat, thread, [question, answer]);
  const stats = screen.getByText('12 tokens · ≤ $0.002');
  expect(stats.title).toContain('≤ $0.002 in all');
});

it('says of next to nothing that it is less than that, and not roughly so', async () => {
  total = aSum('', { cost: 0.00001, estimated: 1 });
  await showUsage();
  expect((await screen.findAllByText('< $0.0001'))[0]).toBeVisible();
  expect(screen.queryByText('≈ < $0.0001')).toBeNull();
});

// --- the monthly limit ---------------------------------------------------------------------

async function showLimit(spent: number, monthly_limit: number | null = 10) {
  return showChat(server => {
    server.account = { user: ADA, source: 'openai', monthly_limit };
    server.budget = { spent, since: 1_000, limit: monthly_limit };
  });
}

it('says nothing below four fifths of the limit, or without one', async () => {
  const { server } = await showLimit(7.99);
  await waitFor(() => {
    expect(server.requests.map(({ path }) => path)).toContain('budget');
  });
  expect(screen.queryByText(/monthly limit/)).toBeNull();
});

it('warns from four fifths on, until it is closed', async () => {
  const { user } = await showLimit(8);
  expect(
    await screen.findByText('80% of your monthly limit of $10.00 is spent.')
  ).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Close' }));
  expect(screen.queryByText(/monthly limit/)).toBeNull();
});

it('stays closed for that month and limit only', async () => {
  localStorage.setItem('jupyter-chat:/:budget-seen', '1000 10');
  await showLimit(9);
  expect(screen.queryByText(/monthly limit/)).toBeNull();
  localStorage.setItem('jupyter-chat:/:budget-seen', '500 10');
  await showLimit(9);
  expect(await screen.findByText(/^90% of your monthly limit/)).toBeVisible();
});

it('says when it is spent, and where that is changed', async () => {
  const { user } = await showLimit(10.5);
  expect(
    await screen.findByText(/^Your monthly limit of \$10.00 is spent/)
  ).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Close' })).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Change the limit' }));
  const field = screen.getByRole('spinbutton', { name: 'Monthly limit, in US dollars' });
  expect(field).toHaveValue(10);
});

it('sets a limit, and takes it back', async () => {
  const { user, server } = await showLimit(1.5, null);
  await user.click(screen.getByRole('button', { name: 'Settings' }));
  const field = screen.getByRole('spinbutton', { name: 'Monthly limit, in US dollars' });
  await waitFor(() => {
    expect(field).toHaveAccessibleDescription(
      /^\$1\.50 spent this month\. Once it is spent/
    );
  });
  server.answers.set('PATCH account', { ...server.account, monthly_limit: 5 });
  await user.type(field, '5{Enter}');
  await waitFor(() => {
    expect(server.lastChange?.body).toEqual({ monthly_limit: 5 });
  });
  await user.clear(
    screen.getByRole('spinbutton', { name: 'Monthly limit, in US dollars' })
  );
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => {
    expect(server.lastChange?.body).toEqual({ monthly_limit: null });
  });
});

it('offers to change the limit under a question that it kept from being asked', async () => {
  const chat = await showChat();
  const thread = aThread();
  const question = aQuestion(thread, 'Why?');
  const answer = anAnswer(question, '', {
    status: 'failed',
    problem: { code: 'budget_spent', message: 'You have set a limit.' }
  });
  await openThread(chat, thread, [question, answer]);
  expect(screen.getByText('You have set a limit.')).toBeVisible();
  await chat.user.click(screen.getByRole('button', { name: 'Change the limit' }));
  expect(chat.services.store.state.screen).toBe('settings');
});
