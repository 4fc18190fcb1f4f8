import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Context, ContextQuery } from '../../src/chat/protocol';
import { aThread, anAnswer, aQuestion } from '../server';
import { aSum } from '../sums';
import { type OnScreen, openThread, showChat } from './chat';

const CONTEXT: Context = {
  window: 8000,
  used: 1750,
  shares: [
    { part: 'system', tokens: 50 },
    { part: 'conversation', tokens: 1700 },
    { part: 'answer', tokens: 1000 }
  ],
  sent: 1,
  left_out: 1,
  model: 'small'
};

const ring = () => screen.getByRole('button', { name: /^Context: / });

async function open(chat: OnScreen) {
  await waitFor(() => {
    expect(ring()).toBeVisible();
  });
  await chat.user.click(ring());
  return within(screen.getByRole('dialog', { name: 'What the model will see' }));
}

const same = (whole: Context) => whole;

/** A thread with a question and its answer, and the panel that lists them. */
async function listed(seen: (whole: Context, query: ContextQuery) => Context = same) {
  const thread = aThread();
  const question = aQuestion(thread, 'Why?');
  const answer = anAnswer(question, 'Because.');
  const chat = await showChat(server => {
    server.threads = { threads: [thread], next: null };
    const whole: Context = {
      ...CONTEXT,
      entries: [
        {
          message_id: answer.id,
          role: 'assistant',
          tokens: 6,
          attached: 0,
          reason: 'fits',
          beginning: 'Because.'
        },
        {
          message_id: question.id,
          role: 'user',
          tokens: 5,
          attached: 0,
          reason: 'full',
          beginning: 'Why?'
        }
      ]
    };
    server.context = query => seen(whole, query);
  });
  await openThread(chat, thread, [question, answer]);
  return { chat, thread, question, answer, panel: await open(chat) };
}

it('shows how full the room is that the answer leaves', async () => {
  await showChat(server => {
    server.context = CONTEXT;
  });
  await waitFor(() => {
    expect(ring()).toHaveAccessibleName('Context: 25% full');
  });
  expect(ring()).toHaveAttribute('title', '1,750 of 7,000 tokens');
});

it('measures what is being written', async () => {
  const chat = await showChat();
  await chat.user.type(chat.composer(), 'Hello');
  await waitFor(() => {
    const asked = chat.server.requests.filter(({ path }) => path === 'context');
    expect(asked.at(-1)?.body).toMatchObject({ text: 'Hello' });
  });
});

it('opens into the parts, and closes with Escape', async () => {
  const chat = await showChat(server => {
    server.context = CONTEXT;
  });
  const panel = await open(chat);
  const parts = within(panel.getByRole('list', { name: 'Tokens' })).getAllByRole(
    'listitem'
  );
  expect(parts.map(({ textContent }) => textContent)).toEqual([
    'System prompt50',
    'Conversation1,700',
    'Kept free for the answer1,000',
    'Free5,250'
  ]);
  await chat.user.keyboard('{Escape}');
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(ring()).toHaveFocus();
});

it('lists the messages with the reason why each is in or out', async () => {
  const { panel } = await listed();
  const entries = await panel.findAllByText(/tokens · /);
  expect(entries.map(({ textContent }) => textContent)).toEqual([
    '6 tokens · sent',
    '5 tokens · left out: no room'
  ]);
  expect(panel.getByText('Messages: 1 sent, 1 left out')).toBeVisible();
});

it('says what the conversation has cost so far, as well as it is known', async () => {
  const thread_cost = aSum('', { requests: 2, cost: 1.25, estimated: 1 });
  const { panel } = await listed(whole => ({ ...whole, thread_cost }));
  expect(
    await panel.findByText('So far this conversation has cost ≈ $1.25, for 1,500 tokens.')
  ).toBeVisible();
});

it('pins a message, and takes it back', async () => {
  const { chat, panel, thread, question } = await listed();
  const [, pin] = await panel.findAllByRole('button', { name: 'Always send' });
  await chat.user.click(pin);
  expect(chat.server.lastChange).toMatchObject({
    method: 'PATCH',
    path: `threads/${thread.id}`,
    body: { pinned_messages: [question.id], excluded_messages: [] }
  });
});

it('leaves a message out that was pinned', async () => {
  const { chat, panel, answer } = await listed();
  const [hide] = await panel.findAllByRole('button', { name: 'Never send' });
  await chat.user.click(hide);
  expect(chat.server.lastChange?.body).toMatchObject({
    pinned_messages: [],
    excluded_messages: [answer.id]
  });
});

it('goes to a message', async () => {
  const { chat, panel, question } = await listed();
  const [, go] = await panel.findAllByRole('button', { name: 'Go to the message' });
  await chat.user.click(go);
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(chat.services.store.state.open.target?.messageId).toBe(question.id);
});

it('chooses what becomes of what no longer fits', async () => {
  const { chat, panel, thread } = await listed();
  const choice = panel.getByRole('combobox', { name: 'When it no longer fits' });
  await chat.user.selectOptions(choice, 'Ask nothing, and say so');
  expect(chat.server.lastChange).toMatchObject({
    path: `threads/${thread.id}`,
    body: { settings: { memory: 'strict' } }
  });
});

it('leaves out notes in this conversation', async () => {
  const thread = aThread();
  const chat = await showChat(server => {
    server.account = { ...server.account, notes: ['One.'], use_notes: true };
    server.threads = { threads: [thread], next: null };
    server.context = CONTEXT;
  });
  await openThread(chat, thread, []);
  const panel = await open(chat);
  const box = panel.getByRole('checkbox', { name: 'Send my notes' });
  expect(box).toBeChecked();
  await chat.user.click(box);
  expect(chat.server.lastChange).toMatchObject({
    path: `threads/${thread.id}`,
    body: { settings: { use_notes: false } }
  });
});

it('counts no notes for what is to be temporary', async () => {
  const chat = await showChat(server => {
    server.account = { ...server.account, notes: ['One.'], use_notes: true };
    server.context = CONTEXT;
  });
  chat.services.listing.setTemporary(true);
  await waitFor(() => {
    const asked = chat.server.requests.filter(({ path }) => path === 'context');
    expect(asked.at(-1)?.body).toMatchObject({ settings: { use_notes: false } });
  });
  const panel = await open(chat);
  expect(panel.getByRole('checkbox', { name: 'Send my notes' })).not.toBeChecked();
});

it('asks for older messages page by page', async () => {
  const { chat, panel } = await listed((whole, { before }) => {
    const role = before === 'older' ? 'user' : 'assistant';
    const entries = whole.entries?.filter(entry => entry.role === role);
    return { ...whole, entries, next: before === undefined ? 'older' : null };
  });
  const older = await panel.findByRole('button', { name: 'Show older messages' });
  expect(panel.getAllByText(/tokens · /)).toHaveLength(1);
  await chat.user.click(older);
  expect(await panel.findByText('5 tokens · left out: no room')).toBeVisible();
  expect(panel.getByText('6 tokens · sent')).toBeVisible();
  expect(panel.queryByRole('button', { name: 'Show older messages' })).toBeNull();
});

it('says before anything is sent by how much it is too long', async () => {
  const chat = await showChat(server => {
    server.context = { ...CONTEXT, over: 1234 };
  });
  const panel = await open(chat);
  expect(ring()).toHaveAccessibleName('Context: 25% full; too long by 1,234 tokens');
  expect(screen.getByText('Too long by 1,234 tokens')).toBeVisible();
  expect(panel.getByText(/^Too long by 1,234 tokens, with all left out/)).toBeVisible();
  expect(panel.queryByText(/tokens will be sent/)).toBeNull();
});

it('says that nothing will be asked, and of no message that it is sent', async () => {
  const { panel } = await listed(whole => ({ ...whole, over: 12, refused: true }));
  expect(screen.getByText('Too long by 12 tokens: nothing would be asked')).toBeVisible();
  expect(panel.getByText(/^Nothing will be sent: this is too long by 12/)).toBeVisible();
  expect(panel.queryByText(/tokens will be sent/)).toBeNull();
  expect(await panel.findByText('6 tokens · not sent, but would fit')).toBeVisible();
  expect(panel.getByText('5 tokens · does not fit')).toBeVisible();
  expect(panel.getByText('Messages: none will be sent')).toBeVisible();
});

it('lists what else is sent, in its place, and unfolds to what it says', async () => {
  const shares: Context['shares'] = [
    { part: 'system', tokens: 50 },
    { part: 'notes', tokens: 7 },
    { part: 'summary', tokens: 20 },
    { part: 'conversation', tokens: 1600 },
    { part: 'draft', tokens: 8 }
  ];
  const { chat, panel } = await listed((whole, { entries }) => ({
    ...{ ...whole, shares },
    summary: {
      ...{ thread_id: 'x', upto: 'y', created_at: 1 },
      text: 'They asked why.'
    },
    instructions: (entries ?? 0) > 0 ? 'Be brief.' : null
  }));
  await panel.findByText('Be brief.');
  await chat.user.type(chat.composer(), 'And then?');
  await chat.user.click(ring());
  const list = (await screen.findByText('Be brief.')).closest('ul') as HTMLElement;
  const items = [...list.children].map(({ textContent }) => textContent);
  expect(items).toEqual([
    'This question 8 tokensAnd then?',
    expect.stringMatching(/^Answer Because/),
    expect.stringMatching(/^You Why/),
    'Summary 20 tokensThey asked why.',
    'Instructions 57 tokensBe brief.'
  ]);
  expect(screen.getByText('They asked why.')).not.toBeVisible();
  await chat.user.click(within(list).getByText('Summary'));
  expect(screen.getByText('They asked why.')).toBeVisible();
});

it('says why there is no summary, also where it is closed', async () => {
  const summary_problem = { code: 'provider_down', message: 'It is away.' } as const;
  const chat = await showChat(server => {
    server.context = { ...CONTEXT, summary_problem };
  });
  const panel = await open(chat);
  expect(ring()).toHaveAccessibleName('Context: 25% full; the summary could not be made');
  expect(ring().querySelector('.jc-Icon')).not.toBeNull();
  expect(
    panel.getByText(/^The summary could not be made, so .* left out. It is away\.$/)
  ).toBeVisible();
});

it('chooses which model makes the summaries, where they are made', async () => {
  const thread = aThread({ settings: { memory: 'summarise' } });
  const chat = await showChat(server => {
    server.threads = { threads: [thread], next: null };
    server.context = CONTEXT;
  });
  await openThread(chat, thread, []);
  const panel = await open(chat);
  const choice = panel.getByRole('combobox', { name: 'Summed up by' });
  expect(choice).toHaveDisplayValue('The conversation’s model');
  await chat.user.selectOptions(choice, 'Thinker');
  expect(chat.server.lastChange?.body).toEqual({
    settings: { memory: 'summarise', summary_model: 'thinker' }
  });
  await chat.user.selectOptions(choice, 'The conversation’s model');
  expect(chat.server.lastChange?.body).toEqual({ settings: { memory: 'summarise' } });
});

it('offers no model for summaries where none are made', async () => {
  const { panel } = await listed();
  expect(panel.queryByRole('combobox', { name: 'Summed up by' })).toBeNull();
});

it('says in short what is sent, what that costs, and what all has cost', async () => {
  const thread = aThread();
  const chat = await showChat(server => {
    server.threads = { threads: [thread], next: null };
    const thread_cost = aSum('', { cost: 0.321 });
    const whole = { ...CONTEXT, used: 1600, window: 128_000, input_cost: 0.002 };
    server.context = ({ cost }) => (cost === true ? { ...whole, thread_cost } : whole);
  });
  await openThread(chat, thread, []);
  await chat.user.type(chat.composer(), 'Hello');
  await waitFor(() => {
    expect(screen.getByText('1.6K / 128K · < $0.01 · $0.32 so far')).toBeInTheDocument();
  });
  expect(ring().title.split('\n').slice(1)).toEqual([
    'Sending this costs < $0.01.',
    'So far this conversation has cost $0.32.'
  ]);
});

it('says of how many requests the price is not known', async () => {
  const thread_cost = aSum('', { requests: 3, unpriced: 2, at_most: 1, cost: 1.25 });
  const { panel } = await listed(whole => ({ ...whole, thread_cost }));
  expect(
    await panel.findByText(
      'So far this conversation has cost ≤ $1.25, and 2 requests whose price is not known; 1,500 tokens in all.'
    )
  ).toBeVisible();
});

it('is as last known while the server is out of reach', async () => {
  const { chat, panel } = await listed();
  await panel.findByText('6 tokens · sent');
  vi.stubGlobal('fetch', () => Promise.reject(new Error('offline')));
  chat.server.hangUp();
  expect(await panel.findByText(/^As last known/)).toBeVisible();
  expect(ring()).toHaveAccessibleName('Context: 25% full; as last known');
  chat.services.drafts.put(chat.services.store.state.open, 'And then?');
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(panel.getByText('6 tokens · sent')).toBeVisible();
  expect(panel.queryByText(/nothing was changed/)).toBeNull();
});

it('is measured anew when settings were changed in another window', async () => {
  const chat = await showChat();
  const measured = () => chat.server.requests.filter(({ path }) => path === 'context');
  await waitFor(() => {
    expect(measured()).not.toHaveLength(0);
  });
  const before = measured().length;
  chat.server.account = { ...chat.server.account, notes: ['One.'], use_notes: true };
  window.dispatchEvent(new Event('focus'));
  await waitFor(() => {
    expect(measured().length).toBeGreaterThan(before);
  });
  expect(chat.services.store.state.account?.notes).toEqual(['One.']);
});
