import { render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { Chat } from '../../src/chat/Chat';
import { allPanes } from '../../src/chat/panes';
import type {
  AuditEntry,
  Flagged,
  LimitSettings,
  PeopleUsage,
  PersonInfo,
  SharedSourceInfo
} from '../../src/chat/protocol';
import { PersonRow } from '../../src/page/account/PersonRow';
import { AdminSection } from '../../src/page/admin/AdminSection';
import { readRule } from '../../src/page/admin/ruleFields';
import { english } from '../../src/chat/i18n';
import { ChatProvider } from '../../src/chat/components/context';
import { Server } from '../server';

beforeEach(() => {
  localStorage.clear();
});

async function show(role: string, page?: string, answers: Record<string, object> = {}) {
  const server = new Server();
  server.limits = { role, allowances: [] };
  for (const [what, answer] of Object.entries(answers)) {
    server.answers.set(what, answer);
  }
  const services = await server.chat();
  const user = userEvent.setup();
  const panes = { ...allPanes, Administration: AdminSection };
  render(<Chat services={services} layout="page" panes={panes} />);
  await user.click(screen.getByRole('button', { name: 'Settings' }));
  await waitFor(() => {
    expect(server.requests.some(({ path }) => path === 'limits')).toBe(true);
  });
  if (page !== undefined) {
    await user.click(await screen.findByRole('button', { name: page }));
  }
  return { server, user };
}

describe('who administers the server', () => {
  it('alone has its pages', async () => {
    await show('user');
    expect(screen.queryByText('Administration')).toBeNull();
  });

  it('has no table of everybody where there is nobody else', async () => {
    await show('owner');
    expect(await screen.findByRole('button', { name: 'Audit log' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'What everybody uses' })).toBeNull();
  });
});

const SETTINGS: LimitSettings = {
  stored: { everyone: { tokens_per_day: 100, dollars_per_month: null }, revision: 1 },
  fixed: { everyone: { requests_per_minute: 20 } },
  roles: ['user', 'admin'],
  names: { 'id-of-grace': 'Grace' }
};

describe('limits', () => {
  it('are shown as they are set, and what the configuration says cannot be changed', async () => {
    const { server, user } = await show('admin', 'Limits', {
      'GET admin/limits': SETTINGS,
      'PUT admin/limits': SETTINGS
    });
    const tokens = await screen.findByLabelText('Tokens a day');
    expect(tokens).toHaveValue('100');
    expect(screen.getByLabelText('US dollars a month')).toHaveValue('none');
    const fixed = screen.getByLabelText('Requests a minute');
    expect(fixed).toBeDisabled();
    expect(fixed).toHaveValue('20');
    expect(fixed).toHaveAccessibleDescription(/configuration, which goes before/);
    await user.clear(tokens);
    await user.type(tokens, '2,000');
    await user.type(screen.getByLabelText('Models that may be used'), 'gpt-6-*, x');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => {
      expect(server.lastChange?.body).toEqual({
        scope: 'everyone',
        name: '',
        rule: { tokens_per_day: 2000, dollars_per_month: null, models: ['gpt-6-*', 'x'] }
      });
    });
  });

  it('of one person are for whom one names', async () => {
    const stored = { users: { 'id-of-grace': { tokens_per_day: 7 } }, revision: 2 };
    const { server, user } = await show('admin', 'Limits', {
      'GET admin/limits': SETTINGS,
      'PUT admin/limits': { ...SETTINGS, stored }
    });
    const whose = await screen.findByLabelText('Whose limits');
    await user.selectOptions(whose, 'Another person…');
    await user.type(screen.getByLabelText('Name'), 'Grace');
    await user.type(screen.getByLabelText('Tokens a day'), '7');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByRole('option', { name: 'Grace' })).toBeInTheDocument();
    expect(server.lastChange?.body).toEqual({
      ...{ scope: 'person', name: 'Grace', rule: { tokens_per_day: 7 } }
    });
    expect(whose).toHaveDisplayValue('Grace');
    expect(screen.getByLabelText('Tokens a day')).toHaveValue('7');
    await user.keyboard('{Escape}');
    expect(await screen.findByText('Administration')).toBeVisible();
  });

  it('that make no sense are said beside the field, and nothing typed is lost', async () => {
    const { server, user } = await show('admin', 'Limits', {
      'GET admin/limits': SETTINGS
    });
    const tokens = await screen.findByLabelText('Tokens a day');
    await user.clear(tokens);
    await user.type(tokens, 'many');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => {
      expect(tokens).toHaveAccessibleDescription(/Enter a whole number/);
    });
    expect(tokens).toHaveFocus();
    expect(server.lastChange).toBeUndefined();
    await user.clear(tokens);
    await user.type(tokens, '5');
    const message = 'This number is too small.';
    server.answers.set('PUT admin/limits', {
      problem: { code: 'invalid', message, field: 'rule.tokens_per_day' }
    });
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => {
      expect(tokens).toHaveAccessibleDescription(message);
    });
    expect(tokens).toHaveValue('5');
  });

  it('are read as they are typed', () => {
    const typed = { tokens_per_day: ' 1 000 ', dollars_per_day: '2.5', models: 'None' };
    expect(readRule({ ...typed, concurrent_replies: ' ' }, english)).toEqual({
      ...{ tokens_per_day: 1000, dollars_per_day: 2.5, models: null }
    });
    for (const wrong of ['2.5', '-1', '1e99x', 'Infinity']) {
      expect(() => readRule({ tokens_per_day: wrong }, english)).toThrow(/whole number/);
    }
  });
});

it('what everybody uses is shown by name, with what is left', async () => {
  const usage: PeopleUsage = {
    people: [
      {
        ...{ user_id: 'id-of-grace', role: 'user', requests_today: 0, tokens_today: 0 },
        ...{ cost_today: 0, requests_month: 12, tokens_month: 5000, cost_month: 1.5 },
        allowances: [
          { whose: 'own', measure: 'tokens', most: 100, taken: 80, span: 'day' }
        ]
      }
    ],
    together: [{ whose: 'all', measure: 'replies', most: 50, taken: 3 }],
    names: { 'id-of-grace': 'Grace' }
  };
  const { user } = await show('admin', 'What everybody uses', {
    'GET admin/usage': usage
  });
  const row = (await screen.findByText('Grace')).closest('li') as HTMLElement;
  const { getByText } = within(row);
  expect(getByText('This month: 12 requests · 5,000 tokens · $1.50')).toBeVisible();
  expect(getByText('Nothing today')).toBeVisible();
  await user.click(getByText('Limits: 80% taken'));
  expect(getByText('80 of 100')).toBeVisible();
  expect(screen.getByText('3 of 50')).toBeVisible();
});

describe('what was flagged', () => {
  const flagged = (id: string, more: Partial<Flagged> = {}): Flagged => ({
    ...{ id, user_id: 'id-of-grace', thread_id: 't', message_id: 'm', at: 5 },
    ...{ direction: 'input', categories: ['violence'], blocked: true },
    ...more
  });
  const names = { 'id-of-grace': 'Grace' };

  it('is marked as seen, one by one or all', async () => {
    const { server, user } = await show('admin', 'What was flagged', {
      'GET admin/flagged?unseen=true&before=': {
        ...{ flagged: [flagged('f2'), flagged('f1')], names, more: true }
      },
      'GET admin/flagged?unseen=true&before=f1': {
        ...{ flagged: [flagged('f0', { direction: 'output' })], names }
      },
      'POST admin/flagged/seen': { flagged_ids: [] }
    });
    const [first] = await screen.findAllByRole('button', { name: /Mark as seen: Grace/ });
    expect(screen.getAllByText(/a question, not sent/)).toHaveLength(2);
    await user.click(first);
    expect(await screen.findByText(/^seen /)).toBeVisible();
    expect(server.lastChange?.body).toEqual({ flagged_ids: ['f2'] });
    await user.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await screen.findByText(/an answer, withdrawn/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Mark all of these as seen' }));
    await waitFor(() => {
      expect(screen.queryByRole('button', { name: /Mark as seen/ })).toBeNull();
    });
    expect(server.lastChange?.body).toEqual({ flagged_ids: ['f1', 'f0'] });
  });

  it('may be nothing', async () => {
    await show('admin', 'What was flagged', {
      'GET admin/flagged?unseen=true&before=': { flagged: [] }
    });
    expect(
      await screen.findByText('There is nothing that you have not seen.')
    ).toBeVisible();
  });
});

describe('the audit log', () => {
  const entry = (number: number, event: string): AuditEntry => ({
    ...{ number, at: 5, user_id: 'id-of-root', event, subject: 'id-of-grace' },
    ...{ detail: 'user to admin', previous: '0' }
  });
  const names = { 'id-of-root': 'root', 'id-of-grace': 'Grace' };
  const events = ['role changed', 'key set'];
  const ALL = {
    'GET admin/audit?person=&event=&before=': {
      ...{ entries: [entry(2, 'role changed')], names, events, more: true }
    }
  };

  it('is looked through by person and event, and page by page', async () => {
    const { user } = await show('admin', 'Audit log', {
      ...ALL,
      'GET admin/audit?person=&event=&before=2': {
        ...{ entries: [entry(1, 'key set')], names, events }
      },
      'GET admin/audit?person=Grace&event=&before=': {
        ...{ entries: [entry(7, 'role changed')], names, events }
      },
      'GET admin/audit?person=Grace&event=key+set&before=': {
        ...{ entries: [], names, events }
      }
    });
    expect(await screen.findByText(/root → Grace/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await screen.findByText('No. 1')).toBeVisible();
    expect(screen.getByText('No. 2')).toBeVisible();
    await user.type(screen.getByRole('searchbox', { name: 'Person, by name' }), 'Grace');
    expect(await screen.findByText('No. 7')).toBeVisible();
    await user.selectOptions(screen.getByLabelText('Which events'), 'key set');
    expect(await screen.findByText('There is nothing of that kind.')).toBeVisible();
  });

  it('is verified, and says where it does not hold', async () => {
    const { server, user } = await show('admin', 'Audit log', {
      ...ALL,
      'POST admin/audit/verify': { entries: 2, number: 2, digest: 'abc', breaks: [] }
    });
    const verify = await screen.findByRole('button', { name: 'Verify the log' });
    await user.click(verify);
    expect(await screen.findByText('The chain of 2 entries is whole.')).toBeVisible();
    expect(screen.getByText('2:abc')).toBeVisible();
    server.answers.set('POST admin/audit/verify', {
      ...{ entries: 1, number: 2, digest: 'abc' },
      breaks: [{ number: 2, why: 'Entry 1 is missing.' }]
    });
    await user.click(verify);
    expect(await screen.findByText(/tampered with or damaged/)).toBeVisible();
    expect(screen.getByText('Entry 1 is missing.')).toBeInTheDocument();
    expect(screen.queryByText(/is whole/)).toBeNull();
  });
});

describe('the key for everybody', () => {
  const STORED: SharedSourceInfo = {
    ...{ source: 'openai', key_hint: 'wxyz', stored: true }
  };

  it('is set, its end is shown, and it is removed after a second press', async () => {
    const { server, user } = await show('admin', 'Key for everybody', {
      'GET admin/source': { source: 'openai' },
      'PUT admin/source': STORED,
      'DELETE admin/source': {}
    });
    expect(await screen.findByText(/Set by a file or the environment/)).toBeVisible();
    await user.type(screen.getByLabelText('API key'), 'sk-0123456789wxyz');
    await user.click(screen.getByRole('button', { name: 'Use this for everybody' }));
    expect(await screen.findByText(/key ends with wxyz/)).toBeVisible();
    expect(server.lastChange?.body).toEqual({
      ...{ source: 'openai', base_url: null, key: 'sk-0123456789wxyz' }
    });
    expect(screen.getByLabelText('API key')).toHaveValue('');
    await user.click(screen.getByRole('button', { name: 'Remove…' }));
    await user.click(
      screen.getByRole('button', { name: 'Remove the source and its key' })
    );
    expect(await screen.findByText(/There is none/)).toBeVisible();
  });

  it('that does not let us in is said, and what was typed stays', async () => {
    const { user } = await show('admin', 'Key for everybody', {
      'GET admin/source': {},
      'PUT admin/source': { problem: { code: 'wrong_key', message: 'Not this one.' } }
    });
    const key = await screen.findByLabelText('API key');
    await user.type(key, 'sk-wrong');
    await user.click(screen.getByRole('button', { name: 'Use this for everybody' }));
    expect(await screen.findByText('Not this one.')).toBeVisible();
    expect(key).toHaveValue('sk-wrong');
  });

  it('goes to no other server', async () => {
    const { server, user } = await show('admin', 'Key for everybody', {
      'GET admin/source': STORED,
      'PUT admin/source': STORED
    });
    await user.selectOptions(
      await screen.findByLabelText('Server'),
      'A compatible server'
    );
    await user.type(screen.getByLabelText('Address'), 'https://gpu.example/v1');
    await user.click(screen.getByRole('button', { name: 'Use this for everybody' }));
    await waitFor(() => {
      expect(server.lastChange?.body).toMatchObject({ key: null });
    });
  });
});

it('somebody who is gone can be exported and deleted, and nothing else', async () => {
  const server = new Server();
  const services = await server.chat();
  const person: PersonInfo = {
    ...{ id: 'eve', name: 'eve', role: 'user', state: 'gone', made_at: 1 }
  };
  const called: string[] = [];
  const note = (what: string) => () => {
    called.push(what);
  };
  render(
    <ChatProvider
      value={{
        ...{ services, trans: english, sendKey: 'Enter', panes: undefined },
        ...{ focusComposer: note('focus'), chooseModel: note('model') },
        ...{ showContext: note('context'), announce: note('said') }
      }}
    >
      <PersonRow
        person={person}
        isOneself={false}
        onChange={note('change')}
        onGivePassword={note('password')}
        given={null}
        onExport={note('export')}
        onDelete={note('delete')}
      />
    </ChatProvider>
  );
  expect(screen.getByText('gone: the history is kept')).toBeVisible();
  const names = screen.getAllByRole('button').map(button => button.textContent);
  expect(names).toEqual(['Export', 'Delete…']);
  await userEvent.click(screen.getByRole('button', { name: 'Export: eve' }));
  expect(called).toEqual(['export']);
});
