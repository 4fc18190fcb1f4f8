// The whole chat on the screen, with a server that a test plays.

import { render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { vi } from 'vitest';
import { Chat, type Panes } from '../../src/chat/Chat';
import { type MentionSource, MentionsProvider } from '../../src/chat/mentions';
import { allPanes } from '../../src/chat/panes';
import type { SendKey } from '../../src/chat/components/context';
import type { Message, Snapshot, Thread } from '../../src/chat/protocol';
import type { Services } from '../../src/chat/state/services';
import { type Browser, Server } from '../server';

export interface OnScreen {
  readonly server: Server;
  readonly services: Services;
  readonly user: ReturnType<typeof userEvent.setup>;
  readonly composer: () => HTMLTextAreaElement;
}

/** Show a chat that has connected; `prepare` changes the server before. */
export async function showChat(
  prepare: (server: Server) => void = () => undefined,
  sendKey?: SendKey,
  browser?: Browser,
  mentions: readonly MentionSource[] = [],
  panes: Panes = allPanes
): Promise<OnScreen> {
  const server = new Server();
  prepare(server);
  const services = await server.chat(browser);
  render(
    <MentionsProvider value={mentions}>
      <Chat services={services} layout="sidebar" panes={panes} sendKey={sendKey} />
    </MentionsProvider>
  );
  return {
    server,
    services,
    user: userEvent.setup(),
    composer: () => screen.getByRole('textbox', { name: 'Question' })
  };
}

/** Open a thread that holds these messages. */
export async function openThread(
  { server, services }: OnScreen,
  thread: Thread,
  messages: Message[],
  more: Partial<Snapshot> = {}
): Promise<void> {
  services.following.open(thread.id);
  const subscribed = await server.next('subscribe');
  server.snapshot(thread, messages, more);
  server.acknowledge(subscribed);
  await vi.waitUntil(() => screen.queryAllByRole('article').length === messages.length);
}
