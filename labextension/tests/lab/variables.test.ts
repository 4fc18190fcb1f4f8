import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { english } from '../../src/chat/i18n';
import { variableMentions } from '../../src/lab/variables';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A kernel that answers when it is told to. */
function kernelled(status = 'idle') {
  const asked: {
    answer: (value: unknown) => void;
    begin: () => void;
  }[] = [];
  const kernel = {
    status,
    requestExecute: vi.fn(() => {
      const future = {
        onIOPub: () => undefined,
        done: new Promise(resolve => {
          const answer = (value: unknown) => {
            const text = `'${btoa(JSON.stringify(value))}'`;
            const found = { data: { 'text/plain': text } };
            resolve({ content: { status: 'ok', user_expressions: { found } } });
          };
          asked.push({ answer, begin: () => future.onIOPub() });
        })
      };
      return future;
    })
  };
  const panel = { sessionContext: { session: { kernel } }, content: {}, context: {} };
  const tracker = { currentWidget: panel };
  const source = variableMentions(tracker as never, english);
  const list = () => source.complete('', new AbortController().signal);
  return { asked, kernel, list };
}

it('lists the variables, the newest first', async () => {
  const { asked, list } = kernelled();
  const found = list();
  asked[0].answer([
    ['a', 'int', ''],
    ['b', 'list', '3 items']
  ]);
  expect((await found).map(({ label, note }) => [label, note])).toEqual([
    ['b', 'list, 3 items'],
    ['a', 'int']
  ]);
});

it('says soon that the kernel is busy, asks it once, and lists when it is free', async () => {
  const { asked, kernel, list } = kernelled('busy');
  const first = expect(list()).rejects.toThrow(/^The kernel is busy/);
  await vi.advanceTimersByTimeAsync(700);
  await first;
  const second = list();
  expect(kernel.requestExecute).toHaveBeenCalledOnce();
  asked[0].answer([['a', 'int', '']]);
  expect(await second).toHaveLength(1);
});

it('tells a value that takes long from a cell that runs', async () => {
  const { asked, list } = kernelled();
  const found = list();
  asked[0].answer([['a', 'Slow', '']]);
  const [{ attach }] = await found;
  const slow = expect(attach()).rejects.toThrow(/^The value of “a” takes too long/);
  asked[1].begin();
  await vi.advanceTimersByTimeAsync(5000);
  await slow;
  const busy = expect(attach()).rejects.toThrow(/^The kernel is busy/);
  await vi.advanceTimersByTimeAsync(5000);
  await busy;
  const given = expect(attach()).rejects.toThrow(/^The value of “a” takes too long/);
  asked[3].answer({ kind: 'slow', text: '' });
  await given;
});
