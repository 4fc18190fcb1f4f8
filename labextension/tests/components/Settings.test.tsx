import { readFileSync } from 'node:fs';
import { act, screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Account } from '../../src/chat/protocol';
import { ADA, DOWN, type Server } from '../server';
import { type OnScreen, showChat } from './chat';

const css = ['exchange', 'ownnotes']
  .map(name => readFileSync(`src/chat/styles/${name}.css`, 'utf8'))
  .join('\n');
const CHOICE = 'Let answers go on at OpenAI';

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
  expect(choice).toHaveAccessibleDescription(/^OpenAI keeps .* ten minutes/);
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

it('names Azure where that is the source', async () => {
  await showSettings({ user: ADA, source: 'azure', from_environment: true });
  const choice = screen.getByRole('checkbox', { name: 'Let answers go on at Azure' });
  expect(choice).toHaveAccessibleDescription(/^Azure keeps /);
});

it('gives all its sections headings of the same size', async () => {
  const style = document.createElement('style');
  style.textContent = css;
  document.head.append(style);
  await showSettings({ user: ADA, source: 'openai' });
  const names = [
    'Where answers come from',
    'When the chat server stops',
    'What answers should know of you',
    'Your history'
  ];
  const looks = names.map(name => {
    const heading = screen.getByRole('heading', { name });
    const { fontSize, fontWeight } = getComputedStyle(heading);
    return [fontSize, fontWeight];
  });
  style.remove();
  expect(looks[0][1]).toBe('600');
  expect(looks).toEqual(looks.map(() => looks[0]));
});

it.each([
  ['openai', 'OpenAI'],
  ['azure', 'Azure'],
  ['compatible', 'a compatible server']
] as const)('says why answers come from %s without a choice', async (source, name) => {
  await showSettings({ user: ADA, source, from_environment: true });
  expect(screen.getByText(/^This server has access/)).toHaveTextContent(
    `This server has access to ${name}, so answers come from there.`
  );
});

describe('the local model', () => {
  beforeEach(() => {
    const style = document.createElement('style');
    style.textContent = readFileSync('src/chat/styles/forms.css', 'utf8');
    document.head.append(style);
    return () => {
      style.remove();
    };
  });

  const button = () => screen.queryByRole('button', { name: 'Use the local model' });
  const local: Account = { user: ADA, source: 'local', local_available: true };

  it.each([true, false])('is marked in use, not offered (%s)', async from_environment => {
    await showSettings({ ...local, from_environment });
    const heading = screen.getByRole('heading', { name: /^Try a small local model/ });
    expect(within(heading).getByText('in use')).toHaveStyle({ whiteSpace: 'nowrap' });
    expect(button()).toBeNull();
    const why = screen.queryByText(
      /^Answers come from the local model, which is installed/
    );
    expect(why !== null).toBe(from_environment);
  });

  it('can be tried again where it does not work', async () => {
    await showChat(server => {
      server.account = local;
      server.models = { models: [], default: null, problem: DOWN };
    });
    expect(button()).toBeVisible();
  });

  it('is offered while something else is in use', async () => {
    await showSettings({ ...local, source: 'openai', from_environment: true });
    expect(button()).toBeVisible();
  });
});

it('does not offer to let answers go on where the model’s server cannot', async () => {
  await showSettings({ user: ADA, source: 'local' });
  expect(screen.getByRole('heading', { name: 'Your history' })).toBeVisible();
  expect(screen.queryByRole('checkbox', { name: CHOICE })).toBeNull();
});

describe('a stored key', () => {
  const base_url = 'http://localhost:8000/v1';
  const account: Account = {
    user: ADA,
    source: 'compatible',
    base_url,
    key_hint: 'cdef'
  };

  async function use(address: string, key = '') {
    const { server, user } = await showSettings(account);
    server.answers.set('PATCH account', account);
    const field = screen.getByLabelText('Address');
    await user.clear(field);
    await user.type(field, address);
    const secret = screen.getByLabelText('API key, if it needs one');
    expect(secret).toHaveAttribute('placeholder', '••••••••cdef');
    if (key !== '') {
      await user.type(secret, key);
    }
    await user.click(screen.getByRole('button', { name: 'Use this server' }));
    return server.lastChange?.body;
  }

  it('stays where none is entered', async () => {
    expect(await use(base_url)).toEqual({ source: 'compatible', base_url });
  });

  it('gives way to one that is entered', async () => {
    const body = await use(base_url, 'new');
    expect(body).toEqual({ source: 'compatible', base_url, key: 'new' });
  });

  it('goes to no other server', async () => {
    const other = 'http://localhost:9000/v1';
    const body = await use(other);
    expect(body).toEqual({ source: 'compatible', base_url: other, key: null });
  });
});

describe('what is typed into a card', () => {
  const account: Account = { user: ADA, source: 'compatible', base_url: 'http://old/v1' };
  const fields = () =>
    ['API key', 'Address', 'API key, if it needs one'].map(label =>
      screen.getByLabelText<HTMLInputElement>(label)
    );
  const values = () => fields().map(({ value }) => value);

  async function typed() {
    const chat = await showSettings(account);
    const [, address, secret] = fields();
    await chat.user.clear(address);
    await chat.user.type(address, 'http://new/v1');
    await chat.user.type(secret, 'sk-typed');
    return chat;
  }

  async function leaveAndComeBack({ user }: OnScreen) {
    await user.keyboard('{Escape}');
    expect(screen.queryByLabelText('Address')).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Settings' }));
  }

  it('is there again after Escape, and is stored nowhere', async () => {
    const chat = await typed();
    await leaveAndComeBack(chat);
    expect(values()).toEqual(['', 'http://new/v1', 'sk-typed']);
    expect(JSON.stringify([localStorage, sessionStorage])).not.toContain('sk-typed');
    expect(document.documentElement.outerHTML).not.toContain('sk-typed');
    expect(chat.server.lastChange).toBeUndefined();
  });

  it('is gone once it is used', async () => {
    const chat = await typed();
    const used = { ...account, base_url: 'http://new/v1' };
    chat.server.answers.set('PATCH account', used);
    await chat.user.click(screen.getByRole('button', { name: 'Use this server' }));
    await vi.waitFor(() => {
      expect(screen.queryByLabelText('Address')).toBeNull();
    });
    await chat.user.click(screen.getByRole('button', { name: 'Settings' }));
    expect(values()).toEqual(['', 'http://new/v1', '']);
  });

  it('is shown to nobody else', async () => {
    const chat = await typed();
    chat.server.user = { id: 'eve', name: 'Eve', initials: 'E' };
    act(() => {
      chat.server.welcome();
    });
    await chat.user.click(await screen.findByRole('button', { name: 'Settings' }));
    expect(values()).not.toContain('sk-typed');
  });
});
