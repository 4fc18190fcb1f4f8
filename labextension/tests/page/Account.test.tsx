import { render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Chat } from '../../src/chat/Chat';
import { allPanes } from '../../src/chat/panes';
import type { PersonInfo, Profile, SessionInfo } from '../../src/chat/protocol';
import { AccountSection } from '../../src/page/account/AccountSection';
import { initials } from '../../src/page/account/Circle';
import { namesIn } from '../../src/page/account/agents';
import * as leaving from '../../src/page/account/signOut';
import { Server } from '../server';

const PROFILE: Profile = { id: 'ada', name: 'ada', role: 'user', display_name: 'Ada' };
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const HERE: SessionInfo = {
  ...{ id: 's1', made_at: 1, used_at: 2, agent: FIREFOX },
  ...{ address: '10.0.0.1', current: true }
};
const PHONE: SessionInfo = {
  ...{ id: 's2', made_at: 1, used_at: 1, address: '10.0.0.2' },
  agent:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1'
};

beforeEach(() => {
  localStorage.clear();
  vi.spyOn(leaving, 'goToLogin').mockReturnValue();
  vi.spyOn(leaving, 'signOut').mockReturnValue();
});

async function show(profile: Profile = PROFILE, answers: Record<string, object> = {}) {
  const server = new Server();
  server.answers.set('GET profile', profile);
  server.answers.set('GET sessions', { sessions: [HERE, PHONE] });
  for (const [what, answer] of Object.entries(answers)) {
    server.answers.set(what, answer);
  }
  const services = await server.chat();
  const user = userEvent.setup();
  const panes = { ...allPanes, Account: AccountSection };
  render(<Chat services={services} layout="page" panes={panes} />);
  await user.click(screen.getByRole('button', { name: 'Settings' }));
  await screen.findByText(profile.display_name ?? profile.name);
  return { server, user };
}

async function unfold(user: ReturnType<typeof userEvent.setup>, name: RegExp | string) {
  const summary = screen.getByText(name, { selector: 'summary' });
  await user.click(summary);
  return within(summary.parentElement as HTMLElement);
}

describe('one’s own account', () => {
  it('is not there on a server without accounts', async () => {
    const server = new Server();
    const services = await server.chat();
    render(<Chat services={services} layout="page" panes={allPanes} />);
    await userEvent.click(screen.getByRole('button', { name: 'Settings' }));
    expect(screen.queryByText('Your account')).toBeNull();
    expect(server.requests.some(({ path }) => path === 'profile')).toBe(false);
  });

  it('gets another name and colour', async () => {
    const { server, user } = await show();
    const part = await unfold(user, 'Name and colour');
    const save = part.getByRole('button', { name: 'Save' });
    const field = part.getByRole('textbox', { name: 'Name' });
    await user.clear(field);
    await user.type(field, 'Augusta');
    await user.click(part.getByRole('radio', { name: 'Teal' }));
    server.answers.set('PATCH profile', { ...PROFILE, display_name: 'Augusta' });
    await user.click(save);
    expect(await screen.findByText('Augusta', { selector: 'strong' })).toBeVisible();
    expect(server.lastChange?.body).toEqual({
      ...{ name: 'ada', display_name: 'Augusta', color: '#0f766e' }
    });
  });

  it('says beside the field what is refused, and puts the focus there', async () => {
    const { server, user } = await show();
    const part = await unfold(user, 'Password');
    const message = 'This is not your password. Nothing was changed.';
    server.answers.set('PATCH profile', {
      problem: { code: 'invalid', message, field: 'password.current' }
    });
    const current = part.getByLabelText('Present password');
    await user.type(current, 'wrong');
    await user.type(part.getByLabelText('New password'), 'another horse');
    await user.click(part.getByRole('button', { name: 'Change the password' }));
    await waitFor(() => {
      expect(current).toHaveAccessibleDescription(message);
    });
    expect(current).toHaveFocus();
    expect(current).toBeInvalid();
    expect(current).toHaveValue('wrong');
  });

  it('changes the password, and forgets what was typed', async () => {
    const { server, user } = await show(PROFILE, { 'PATCH profile': PROFILE });
    const part = await unfold(user, 'Password');
    await user.type(part.getByLabelText('Present password'), 'correct horse');
    await user.type(part.getByLabelText('New password'), 'another horse');
    await user.click(part.getByRole('button', { name: 'Change the password' }));
    await waitFor(() => {
      expect(part.getByLabelText('New password')).toHaveValue('');
    });
    expect(part.getByRole('button', { name: 'Change the password' })).toHaveFocus();
    expect(server.lastChange?.body).toEqual({
      password: { current: 'correct horse', new: 'another horse' }
    });
  });

  it('shows where one is signed in, and signs out there', async () => {
    const { server, user } = await show();
    const part = await unfold(user, 'Signed in in 2 browsers');
    expect(part.getByText('Firefox on Linux')).toBeVisible();
    expect(part.getByText('This browser · 10.0.0.1')).toBeVisible();
    server.answers.set('DELETE sessions/s2', { sessions: [HERE] });
    await user.click(part.getByRole('button', { name: 'Sign out: Safari on iOS' }));
    await screen.findByText('Signed in in 1 browser');
    expect(part.queryByText('Safari on iOS')).toBeNull();
    server.answers.set('DELETE sessions', { sessions: [] });
    await user.click(part.getByRole('button', { name: 'Sign out everywhere' }));
    expect(leaving.goToLogin).not.toHaveBeenCalled();
    await user.click(
      part.getByRole('button', { name: 'Sign out everywhere, also here' })
    );
    await waitFor(() => {
      expect(leaving.goToLogin).toHaveBeenCalled();
    });
  });

  it('is signed out of by a form', async () => {
    const { user } = await show();
    await user.click(screen.getByRole('button', { name: 'Sign out' }));
    expect(leaving.signOut).toHaveBeenCalled();
  });

  it('is deleted with the password', async () => {
    const { server, user } = await show(PROFILE, { 'DELETE profile': { sessions: [] } });
    const part = await unfold(user, 'Delete the account…');
    const button = part.getByRole('button', {
      name: 'Delete my account and all its data'
    });
    await user.click(button);
    expect(server.lastChange).toBeUndefined();
    await user.type(part.getByLabelText('Password'), 'correct horse');
    await user.click(button);
    await waitFor(() => {
      expect(leaving.goToLogin).toHaveBeenCalled();
    });
    expect(server.lastChange).toMatchObject({
      ...{ method: 'DELETE', path: 'profile', body: { password: 'correct horse' } }
    });
  });
});

const GRACE: PersonInfo = {
  ...{ id: 'grace', name: 'grace', role: 'user', state: 'active', made_at: 1 },
  ...{ replies: 1200, tokens: 50_000, cost: 12.3 }
};
const EVE: PersonInfo = {
  ...GRACE,
  id: 'eve',
  name: 'eve',
  state: 'pending',
  replies: 0
};

async function showPeople(answers: Record<string, object> = {}) {
  const shown = await show(
    { ...PROFILE, role: 'admin' },
    {
      'GET people?begins=&state=&after=': { people: [GRACE], next: 'grace' },
      'GET people?begins=&state=&after=grace': { people: [EVE] },
      'GET invitations': { invitations: [] },
      ...answers
    }
  );
  await shown.user.click(screen.getByRole('button', { name: 'People and invitations' }));
  await screen.findByText('grace');
  return shown;
}

describe('administrators', () => {
  it('alone are led to the people', async () => {
    await show();
    expect(screen.queryByRole('button', { name: 'People and invitations' })).toBeNull();
  });

  it('see who has used what, page by page, and get back', async () => {
    const { user } = await showPeople();
    expect(screen.getByRole('heading', { name: 'People' })).toHaveFocus();
    expect(
      screen.getByText(/1,200 requests this month · 50K tokens · \$12.30/)
    ).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Show more' }));
    const row = (await screen.findByText('eve')).closest('li') as HTMLElement;
    expect(within(row).getByText('waiting')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Back to the settings' }));
    expect(await screen.findByText('Your account')).toBeVisible();
  });

  it('let in, disable, and delete after a second press', async () => {
    const { server, user } = await showPeople({
      'GET people?begins=&state=&after=': { people: [GRACE, EVE] },
      'PATCH people/eve': { ...EVE, state: 'active' },
      'PATCH people/grace': { ...GRACE, state: 'disabled' },
      'DELETE people/grace': { ...GRACE, state: 'leaving' }
    });
    await user.click(await screen.findByRole('button', { name: 'Let in: eve' }));
    await screen.findByRole('button', { name: 'Disable: eve' });
    expect(server.lastChange?.body).toEqual({ state: 'active' });
    await user.click(screen.getByRole('button', { name: 'Disable: grace' }));
    await screen.findByRole('button', { name: 'Enable: grace' });
    const row = screen.getByText('grace').closest('li') as HTMLElement;
    await user.click(within(row).getByRole('button', { name: 'Delete…' }));
    expect(server.lastChange?.method).toBe('PATCH');
    await user.click(
      within(row).getByRole('button', { name: 'Delete “grace” with all data' })
    );
    expect(await within(row).findByText('being deleted')).toBeVisible();
    expect(within(row).queryByRole('button')).toBeNull();
  });

  it('give a new password to whoever has forgotten theirs, and see it once', async () => {
    const { server, user } = await showPeople({
      'POST people/grace/password': { password: 'made-up' }
    });
    await user.click(screen.getByRole('button', { name: 'New password…' }));
    expect(server.lastChange).toBeUndefined();
    await user.click(
      screen.getByRole('button', { name: 'Make a new password for “grace”' })
    );
    expect(await screen.findByText('made-up')).toBeVisible();
  });

  it('put people into groups, whose names stand with commas between them', async () => {
    const { server, user } = await showPeople({
      'PATCH people/grace': { ...GRACE, groups: ['staff', 'tutors'] }
    });
    await user.click(await screen.findByRole('button', { name: 'Groups: grace' }));
    const field = screen.getByLabelText('Groups of “grace”, with commas between them');
    expect(field).toHaveFocus();
    await user.type(field, 'staff, , tutors {Enter}');
    expect(await screen.findByText(/groups staff, tutors/)).toBeVisible();
    expect(server.lastChange?.body).toEqual({ groups: ['staff', 'tutors'] });
    expect(screen.queryByRole('textbox', { name: /Groups of/ })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Groups: grace' }));
    await user.clear(screen.getByLabelText(/Groups of “grace”/));
    server.answers.set('PATCH people/grace', GRACE);
    await user.keyboard('{Enter}');
    await waitFor(() => {
      expect(server.lastChange?.body).toEqual({ groups: [] });
    });
  });

  it('are asked once more before something is lost, and Escape answers only that', async () => {
    const { server, user } = await showPeople();
    const deletion = screen.getAllByRole('button', { name: 'Delete…' })[0];
    await user.click(deletion);
    expect(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus();
    await user.keyboard('{Escape}');
    expect(screen.getByRole('heading', { name: 'People' })).toBeVisible();
    expect(screen.getAllByRole('button', { name: 'Delete…' })[0]).toHaveFocus();
    expect(server.lastChange).toBeUndefined();
  });

  it('keep the focus where they have changed something', async () => {
    const { user } = await showPeople({
      'PATCH people/grace': { ...GRACE, state: 'disabled' }
    });
    const row = screen.getByText('grace').closest('li') as HTMLElement;
    await user.click(within(row).getByRole('button', { name: 'Disable: grace' }));
    expect(await within(row).findByText('disabled')).toBeVisible();
    expect(row.contains(document.activeElement)).toBe(true);
  });

  it('find people by the beginning of a name', async () => {
    const { user } = await showPeople({
      'GET people?begins=ev&state=&after=': { people: [EVE] }
    });
    await user.type(
      screen.getByRole('searchbox', { name: 'Sign-in name begins with' }),
      'ev'
    );
    await screen.findByText('eve');
    expect(screen.queryByText('grace')).toBeNull();
  });

  it('make invitations, whose address is shown once, and take them back', async () => {
    const made = {
      ...{ id: 'i1', role: 'user', uses: 3, used: 0, made_at: 1, expires_at: 2 },
      ...{ code: 'a/b', made_by: 'root' }
    };
    const { server, user } = await showPeople({
      'POST invitations': made,
      'DELETE invitations/i1': { invitations: [] }
    });
    const uses = screen.getByLabelText('For how many people');
    await user.clear(uses);
    await user.type(uses, '3');
    await user.click(screen.getByRole('button', { name: 'Make an invitation' }));
    expect(
      await screen.findByText('http://localhost/jupyter-chat/register?code=a%2Fb')
    ).toBeVisible();
    expect(server.lastChange?.body).toEqual({ uses: 3, days: 7, role: 'user' });
    expect(screen.getByText('0 of 3 used')).toBeVisible();
    expect(screen.getByText('made by root')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Take back' }));
    await waitFor(() => {
      expect(screen.queryByText('0 of 3 used')).toBeNull();
    });
    expect(screen.queryByText(/register\?code/)).toBeNull();
  });
});

it('initials stand for a name', () => {
  expect(['Ada Lovelace', 'ada', '', '😀 x', 'a b c'].map(initials)).toEqual([
    ...['AL', 'A', '', '😀X', 'AC']
  ]);
});

it('browsers are called as people know them', () => {
  expect(namesIn(FIREFOX)).toEqual({ browser: 'Firefox', system: 'Linux' });
  expect(namesIn('curl/8')).toEqual({ browser: undefined, system: undefined });
});
