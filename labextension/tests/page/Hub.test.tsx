import { render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Chat } from '../../src/chat/Chat';
import { allPanes } from '../../src/chat/panes';
import type { PersonInfo } from '../../src/chat/protocol';
import { HubSection } from '../../src/page/account/HubSection';
import * as leaving from '../../src/page/account/signOut';
import { Server } from '../server';

const GRACE: PersonInfo = {
  ...{ id: 'p2', name: 'grace', role: 'user', state: 'active', made_at: 1 }
};
const GONE: PersonInfo = { ...GRACE, id: 'p3', name: 'tim', state: 'gone' };

beforeEach(() => {
  localStorage.clear();
  vi.spyOn(leaving, 'signOut').mockReturnValue();
});

async function show(role: 'user' | 'admin') {
  const server = new Server();
  server.answers.set('GET limits', { role, allowances: [] });
  server.answers.set('GET people?begins=&state=&after=', { people: [GRACE, GONE] });
  const services = await server.chat();
  const user = userEvent.setup();
  const panes = { ...allPanes, Account: HubSection };
  render(<Chat services={services} layout="page" panes={panes} />);
  await user.click(screen.getByRole('button', { name: 'Settings' }));
  await screen.findByText('Your account');
  return { server, user };
}

describe('the account of a hub', () => {
  it('is left by signing out of the hub', async () => {
    const { server, user } = await show('user');
    expect(screen.queryByRole('button', { name: 'People' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Sign out' }));
    expect(leaving.signOut).toHaveBeenCalled();
    expect(server.requests.some(({ path }) => path === 'profile')).toBe(false);
  });

  it('lets administrators do what is not the hub’s to do', async () => {
    const { server, user } = await show('admin');
    await user.click(await screen.findByRole('button', { name: 'People' }));
    const grace = (await screen.findByText('grace')).closest('li') as HTMLElement;
    const names = within(grace)
      .getAllByRole('button')
      .map(button => button.textContent);
    expect(names).toEqual(['Disable', 'Delete…']);
    const tim = screen.getByText('tim').closest('li') as HTMLElement;
    expect(within(tim).getByRole('button', { name: 'Export: tim' })).toBeVisible();
    expect(server.requests.some(({ path }) => path === 'invitations')).toBe(false);
  });
});
