import { describe, expect, it } from 'vitest';
import type { Message, Snapshot } from '../../src/chat/protocol';
import {
  hasOlder,
  path,
  versions,
  withLeaf,
  withMessage,
  withPage,
  withSnapshot,
  withWaiting
} from '../../src/chat/state/conversation';
import { textOf } from '../../src/chat/state/parts';
import { aQuestion, aThread, anAnswer } from '../server';

const thread = aThread();
const q1 = aQuestion(thread, 'One?');
const a1 = anAnswer(q1, 'One.');
const q2 = aQuestion(thread, 'Two?', a1);
const a2 = anAnswer(q2, 'Two.');
const other = anAnswer(q1, 'Uno.');

function snapshot(messages: Message[], versions: Snapshot['versions'] = {}): Snapshot {
  return {
    ...{ type: 'snapshot', thread_id: thread.id, epoch: 'e', seq: 1, thread },
    ...{ messages, versions, more: false }
  };
}

const whole = withSnapshot(undefined, snapshot([q1, a1, q2, a2]));

describe('the branch being shown', () => {
  it('is that of the snapshot, from older to newer', () => {
    expect(path(whole)).toEqual([q1, a1, q2, a2]);
    expect(path(whole)).toBe(path(whole)); // components compare it
  });

  it('grows with messages that follow its end, and only with those', () => {
    const q3 = aQuestion(thread, 'Three?', a2);
    expect(path(withMessage(whole, q3))).toEqual([q1, a1, q2, a2, q3]);
    expect(path(withMessage(whole, other))).toEqual(path(whole));
  });

  it('shows the new state of a message in its place', () => {
    const finished = { ...a1, parts: [{ type: 'text' as const, text: 'One, indeed.' }] };
    expect(path(withMessage(whole, finished))[1]).toBe(finished);
  });

  it('changes to another leaf only where that is known', () => {
    const both = withMessage(whole, other);
    expect(path(withLeaf(both, other.id))).toEqual([q1, other]);
    expect(withLeaf(both, 'unknown')).toBe(both);
    expect(withLeaf(both, a2.id)).toBe(both);
  });

  it('knows whether it has older messages than those at hand', () => {
    const newest = withSnapshot(undefined, snapshot([q2, a2]));
    expect(hasOlder(newest)).toBe(true);
    const all = withPage(newest, { messages: [q1, a1], versions: {} });
    expect(path(all)).toEqual([q1, a1, q2, a2]);
    expect(hasOlder(all)).toBe(false);
  });
});

describe('versions', () => {
  it('are the children of the same parent, oldest first', () => {
    expect(versions(withMessage(whole, other), a1)).toEqual([a1.id, other.id]);
    expect(versions(whole, a1)).toEqual([a1.id]);
  });

  it('are known from the snapshot even where their messages are not', () => {
    const known = withSnapshot(
      undefined,
      snapshot([q1, a1], { [a1.id]: [a1.id, other.id] })
    );
    expect(versions(known, a1)).toEqual([a1.id, other.id]);
  });

  it('of a first question are the other first questions', () => {
    const again = aQuestion(thread, 'One, please?');
    expect(versions(withMessage(whole, again), q1)).toEqual([q1.id, again.id]);
  });
});

it('forgets why a reply waited as soon as that goes on', () => {
  const problem = { code: 'rate_limited', message: 'Slow down.' } as const;
  const waiting = withWaiting(whole, a2.id, problem);
  expect(waiting.waiting[a2.id]).toEqual(problem);
  expect(withWaiting(waiting, a2.id, null).waiting).toEqual({});
  expect(withMessage(waiting, a2).waiting).toEqual({});
  expect(withMessage(waiting, a1).waiting[a2.id]).toEqual(problem);
});

it('copies text without the thinking', () => {
  const parts = [
    { type: 'reasoning' as const, text: 'Hm.' },
    { type: 'text' as const, text: 'Yes' },
    { type: 'text' as const, text: '.' }
  ];
  expect(textOf({ parts })).toBe('Yes.');
});

it('shows nothing any more of what was deleted, wherever one reads', () => {
  const more = withMessage(whole, aQuestion(thread, 'More', a2));
  const deleted = { ...snapshot([q1, a1]), deleted: q2.id };
  for (const reading of [false, true]) {
    const after = withSnapshot(more, deleted, reading);
    expect(path(after).map(({ id }) => id)).toEqual([q1.id, a1.id]);
    expect(Object.keys(after.messages).sort()).toEqual([q1.id, a1.id].sort());
    expect(versions(after, q2)).not.toContain(q2.id);
  }
});
