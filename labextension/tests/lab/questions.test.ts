import { expect, it, vi } from 'vitest';
import { english } from '../../src/chat/i18n';
import { attachedIn } from '../../src/chat/state/attaching';
import type { Attachment } from '../../src/chat/state/parts';
import { Questions } from '../../src/lab/questions';
import { Server } from '../server';

const CELL: Attachment = { type: 'attachment', kind: 'cell', name: '1', text: 'sk-1' };

async function asking(prepare: (server: Server) => void = () => undefined) {
  const server = new Server();
  prepare(server);
  const services = await server.chat();
  const app = { shell: { activateById: vi.fn() } };
  const panel = { id: 'chat', focusComposer: vi.fn() };
  const questions = new Questions(app as never, panel as never, services, english);
  return { server, services, questions };
}

it('asks about a cell at once', async () => {
  const { server, services, questions } = await asking();
  questions.ask('Explain this.', [CELL]);
  expect((await server.next('send')).parts).toContainEqual(CELL);
  expect(services.store.state.refusal).toBeNull();
});

it('says why it did not ask about a cell that looks like a secret', async () => {
  const { services, questions } = await asking(server => {
    server.answers.set('POST context/count', { tokens: [1], warnings: [['A key.']] });
  });
  questions.ask('Explain this.', [CELL]);
  await vi.waitUntil(() => services.store.state.refusal !== null);
  expect(services.store.state.refusal?.message).toMatch(/^Not asked yet: .* a secret/);
  expect(attachedIn(services.store.state)).toEqual([CELL]);
  expect(services.drafts.read(services.store.state.open)).toBe('Explain this.');
});

it('asks nothing in a conversation that was opened meanwhile', async () => {
  const { server, services, questions } = await asking();
  questions.ask('Explain this.', [CELL]);
  services.following.openNew();
  await vi.waitUntil(() => attachedIn(services.store.state).length > 0);
  expect(server.commands.some(({ type }) => type === 'send')).toBe(false);
});
