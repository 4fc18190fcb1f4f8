import { expect, it, vi } from 'vitest';
import { Commands, LOST, UNSENT } from '../../src/chat/client/commands';
import type { Command } from '../../src/chat/protocol';

const STOP = { type: 'stop', thread_id: 't', message_id: 'm' } as const;
const SUBSCRIBE = { type: 'subscribe', thread_id: 't' } as const;

function setUp(online = true) {
  const line = { online, sent: [] as Command[] };
  const commands = new Commands(frame => {
    if (line.online) {
      line.sent.push(JSON.parse(frame) as Command);
    }
    return line.online;
  });
  return { line, commands };
}

it('settles each command with its own answer', async () => {
  const { line, commands } = setUp();
  const first = commands.carryOut(STOP);
  const second = commands.carryOut(STOP);
  const [one, other] = line.sent;
  expect(one.id).not.toBe(other.id);
  const problem = { code: 'not_found', message: 'Gone.' } as const;
  commands.settle({ type: 'rejected', id: other.id, problem });
  commands.settle({ type: 'ack', id: one.id, message_id: 'm' });
  commands.settle({ type: 'ack', id: 'nobody asked' });
  await expect(first).resolves.toMatchObject({ message_id: 'm' });
  await expect(second).rejects.toMatchObject({ problem });
});

it('sends again, in order and unchanged, what was not answered before a break', async () => {
  const { line, commands } = setUp();
  const answers = [
    commands.carryOut(STOP),
    commands.carryOut({ ...STOP, message_id: 'n' })
  ];
  const before = [...line.sent];
  commands.lose();
  commands.resend();
  expect(line.sent).toEqual([...before, ...before]);
  before.forEach(({ id }) => {
    commands.settle({ type: 'ack', id });
  });
  await Promise.all(answers);
  commands.resend();
  expect(line.sent).toHaveLength(4);
});

it('keeps what is asked without a connection until there is one', async () => {
  const { line, commands } = setUp(false);
  const stopped = commands.carryOut(STOP);
  line.online = true;
  commands.resend();
  commands.settle({ type: 'ack', id: line.sent[0].id });
  await expect(stopped).resolves.toBeDefined();
});

it('ends subscriptions with their connection', async () => {
  const { line, commands } = setUp();
  const subscribed = commands.carryOut(SUBSCRIBE);
  commands.lose();
  await expect(subscribed).rejects.toBe(LOST);
  commands.resend();
  expect(line.sent).toHaveLength(1);
  void commands.carryOut(SUBSCRIBE); // already on the new connection
  commands.resend();
  expect(line.sent).toHaveLength(2);
  line.online = false;
  await expect(commands.carryOut(SUBSCRIBE)).rejects.toBe(UNSENT);
});

it('leaves to others what they keep themselves', async () => {
  const { line, commands } = setUp();
  const sent = commands.carryOut(STOP, true);
  commands.lose();
  await expect(sent).rejects.toBe(LOST);
  commands.resend();
  expect(line.sent).toHaveLength(1);
});

it('asks nothing in the name of somebody else', async () => {
  const { line, commands } = setUp();
  const stopped = commands.carryOut(STOP);
  commands.abandon();
  commands.resend();
  await expect(stopped).rejects.toBe(LOST);
  expect(line.sent).toHaveLength(1);
});

it('sends half a character, which no server could read, as a replacement', () => {
  const { line, commands } = setUp();
  const parts = [
    { type: 'text', text: 'half \ud83d, whole 🐸, \udc38 and \\ud83d' }
  ] as const;
  void commands.carryOut({
    type: 'send',
    client_id: 'c',
    thread_id: 't',
    parent_id: null,
    parts: [...parts]
  });
  expect(line.sent[0]).toMatchObject({
    parts: [{ text: 'half \ufffd, whole 🐸, \ufffd and \\ud83d' }]
  });
});

it('says when an answer is late, which a long question may be', () => {
  vi.useFakeTimers();
  const late = vi.fn();
  const sent: Command[] = [];
  const commands = new Commands(frame => {
    sent.push(JSON.parse(frame) as Command);
    return true;
  }, late);
  void commands.carryOut(STOP);
  vi.advanceTimersByTime(4000);
  commands.settle({ type: 'ack', id: sent[0].id });
  vi.advanceTimersByTime(10_000);
  expect(late).not.toHaveBeenCalled();

  void commands.carryOut(STOP);
  vi.advanceTimersByTime(5100);
  expect(late).toHaveBeenCalledTimes(1);
  commands.lose();
  commands.resend();
  vi.advanceTimersByTime(5100);
  expect(late).toHaveBeenCalledTimes(2);
  commands.settle({ type: 'ack', id: sent[1].id });

  const text = 'x'.repeat(3_200_000);
  const send = { type: 'send', client_id: 'c', thread_id: 't', parent_id: null } as const;
  void commands.carryOut({ ...send, parts: [{ type: 'text', text }] });
  vi.advanceTimersByTime(100_000);
  expect(late).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(6000);
  expect(late).toHaveBeenCalledTimes(3);
  vi.useRealTimers();
});
