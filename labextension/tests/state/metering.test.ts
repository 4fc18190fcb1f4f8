import { expect, it, vi } from 'vitest';
import type { Context, ContextQuery, CountQuery } from '../../src/chat/protocol';
import { Metering } from '../../src/chat/state/metering';
import type { Attachment } from '../../src/chat/state/parts';
import { aSum } from '../sums';

const FILE: Attachment = {
  type: 'attachment',
  kind: 'file',
  name: 'a.txt',
  text: 'words'
};

/** A server that answers when it is told to. */
class Asked {
  readonly queries: ContextQuery[] = [];
  readonly counts: CountQuery[] = [];
  readonly #answers: ((error?: Error) => void)[] = [];

  context(query: ContextQuery): Promise<Context> {
    this.queries.push(query);
    return new Promise((resolve, reject) => {
      this.#answers.push(error => {
        if (error === undefined) {
          const used = query.text?.length ?? 0;
          const thread_cost = query.cost === true ? aSum('') : undefined;
          resolve({ window: 100, used, shares: [], sent: 0, left_out: 0, thread_cost });
        } else {
          reject(error);
        }
      });
    });
  }

  count(query: CountQuery) {
    this.counts.push(query);
    return Promise.resolve({
      tokens: query.parts.map(() => 7),
      warnings: query.parts.map(() => [])
    });
  }

  async answer(error?: Error): Promise<void> {
    await vi.waitUntil(() => this.#answers.length > 0);
    this.#answers.shift()?.(error);
  }
}

it('asks for one thing at a time, and then for the newest', async () => {
  const rest = new Asked();
  const metering = new Metering(rest);
  for (const text of ['a', 'ab', 'abc', 'abcd']) {
    metering.measure({ text, attachments: [] }, 'now');
  }
  await rest.answer();
  await rest.answer();
  await vi.waitUntil(() => metering.store.state?.used === 4);
  expect(rest.queries.map(({ text }) => text)).toEqual(['a', 'abcd']);
});

it('counts what is attached once', async () => {
  const rest = new Asked();
  const metering = new Metering(rest);
  for (const text of ['a', 'ab']) {
    metering.measure({ text, attachments: [FILE, { ...FILE, name: text }] }, 'now');
    await rest.answer();
  }
  await vi.waitUntil(() => metering.store.state?.used === 2);
  expect(rest.queries.map(({ attached }) => attached)).toEqual([14, 14]);
  expect(rest.counts.map(({ parts }) => parts.length)).toEqual([2, 1]);
});

it('keeps what is known when the server does not answer, and asks again later', async () => {
  const rest = new Asked();
  const metering = new Metering(rest);
  metering.measure({ text: 'a', attachments: [] }, 'now');
  await rest.answer();
  metering.measure({ text: 'ab', attachments: [] }, 'now');
  await rest.answer(new Error('away'));
  expect(metering.store.state?.used).toBe(1);
  metering.measure({ text: 'abc', attachments: [] }, 'now');
  await rest.answer();
  await vi.waitUntil(() => metering.store.state?.used === 3);
});

it('says that what it knows is old when the server does not answer', async () => {
  const rest = new Asked();
  const metering = new Metering(rest);
  metering.measure({ text: 'a', attachments: [] }, 'now');
  await rest.answer();
  await vi.waitUntil(() => metering.store.state !== null);
  metering.measure({ text: 'ab', attachments: [] }, 'now');
  await rest.answer(new Error('away'));
  await vi.waitUntil(() => metering.store.state?.isOld === true);
  metering.measure({ text: 'abc', attachments: [] }, 'now');
  await rest.answer();
  await vi.waitUntil(() => metering.store.state?.used === 3);
  expect(metering.store.state?.isOld).toBeUndefined();
});

it('has the cost of the thread added up when that may have changed, and keeps it', async () => {
  const rest = new Asked();
  const metering = new Metering(rest);
  for (const [text, moment] of [
    ['a', 'asked'],
    ['ab', 'asked'],
    ['abc', 'answered']
  ]) {
    metering.measure({ text, attachments: [] }, moment);
    await rest.answer();
    await vi.waitUntil(() => metering.store.state?.used === text.length);
    expect(metering.store.state?.thread_cost?.cost).toBe(0.5);
  }
  expect(rest.queries.map(({ cost }) => cost)).toEqual([true, undefined, true]);
});
