import { beforeEach, describe, expect, it } from 'vitest';
import type { Message, MessagePage, Snapshot } from '../../src/chat/protocol';
import {
  type Conversation,
  hasNewer,
  hasOlder,
  newest,
  path,
  runningReply,
  withLeaf,
  withMessage,
  withSnapshot
} from '../../src/chat/state/conversation';
import {
  MOST_SHOWN,
  atNewest,
  withNewer,
  withOlder,
  withWindow
} from '../../src/chat/state/window';
import { aQuestion, aThread, anAnswer } from '../server';

const PAGE = 50;
const thread = aThread();
const branch = chain(1000);
let conversation: Conversation;

function chain(count: number, parent: Message | null = null): Message[] {
  const messages: Message[] = [];
  for (let number = 0; number < count; number++) {
    const before = messages.at(-1) ?? parent;
    messages.push(
      before === null || before.role === 'assistant'
        ? aQuestion(thread, String(number), before)
        : anAnswer(before, String(number))
    );
  }
  return messages;
}

function page(messages: Message[], more: Partial<MessagePage> = {}): MessagePage {
  return { messages, versions: {}, more: true, newer: true, ...more };
}

function snapshot(messages: Message[]): Snapshot {
  return {
    ...{ type: 'snapshot', thread_id: thread.id, epoch: 'e', seq: 1, thread },
    ...{ messages, versions: {}, more: true }
  };
}

/** The numbers of the first and the last message shown. */
function shown(of: Conversation): [number, number] {
  const messages = path(of);
  const numbers = messages.map(message => branch.indexOf(message));
  expect(numbers).toEqual(numbers.map((_, index) => numbers[0] + index)); // no hole
  return [numbers[0], numbers[numbers.length - 1]];
}

function older(of: Conversation): Conversation {
  const [first] = shown(of);
  return withOlder(of, page(branch.slice(Math.max(0, first - PAGE), first)));
}

function newer(of: Conversation): Conversation {
  const [, last] = shown(of);
  const next = branch.slice(last + 1, last + 1 + PAGE);
  return withNewer(of, page(next, { newer: last + 1 + PAGE < branch.length }));
}

function known(of: Conversation): number {
  return Object.keys(of.messages).length;
}

beforeEach(() => {
  conversation = withSnapshot(undefined, snapshot(branch.slice(-PAGE)));
});

describe('a long branch', () => {
  it('is at hand near to the reader only, and at its newest', () => {
    while (hasOlder(conversation)) {
      conversation = older(conversation);
      expect(path(conversation).length).toBeLessThanOrEqual(MOST_SHOWN + PAGE);
      expect(known(conversation)).toBeLessThanOrEqual(MOST_SHOWN + PAGE);
      expect(Object.keys(conversation.children).length).toBeLessThanOrEqual(400);
    }
    expect(shown(conversation)).toEqual([0, MOST_SHOWN - 1]);
    expect(newest(conversation)).toEqual(branch.slice(-PAGE));
    expect(hasNewer(conversation)).toBe(true);
  });

  it('is read back down to the newest without a hole', () => {
    while (hasOlder(conversation)) {
      conversation = older(conversation);
    }
    for (let pages = 0; hasNewer(conversation); pages++) {
      expect(pages).toBeLessThan(branch.length / PAGE);
      conversation = newer(conversation);
      expect(known(conversation)).toBeLessThanOrEqual(MOST_SHOWN + 2 * PAGE);
    }
    expect(shown(conversation)[1]).toBe(branch.length - 1);
  });

  it('shows its newest at once, and is as short as at first', () => {
    while (hasOlder(conversation)) {
      conversation = older(conversation);
    }
    conversation = atNewest(conversation);
    expect(path(conversation)).toEqual(branch.slice(-PAGE));
    expect(known(conversation)).toBe(PAGE);
    expect(atNewest(conversation)).toBe(conversation);
  });

  it('can be shown around one of its messages, and read on from there', () => {
    conversation = withWindow(conversation, page(branch.slice(100, 150)));
    expect(shown(conversation)).toEqual([100, 149]);
    expect(shown(older(conversation))).toEqual([50, 149]);
    expect(shown(newer(conversation))).toEqual([100, 199]);
  });

  it('has no gap where a window reaches the newest', () => {
    conversation = withWindow(conversation, page(branch.slice(920, 970)));
    expect(hasNewer(conversation)).toBe(false);
    expect(shown(conversation)).toEqual([920, 999]);
  });
});

describe('with a gap to the newest', () => {
  const reply = anAnswer(branch[999], '', { status: 'streaming' });
  const next = aQuestion(thread, 'More?', branch[branch.length - 1]);

  beforeEach(() => {
    conversation = withWindow(conversation, page(branch.slice(100, 150)));
  });

  it('new messages come to the newest, and move nothing', () => {
    conversation = withMessage(conversation, next);
    expect(shown(conversation)).toEqual([100, 149]);
    expect(newest(conversation).at(-1)).toBe(next);
    expect(path(atNewest(conversation)).at(-1)).toBe(next);
  });

  it('a running reply is known, and kept', () => {
    conversation = withMessage(conversation, { ...reply, parent_id: branch[999].id });
    expect(runningReply(conversation)?.id).toBe(reply.id);
    expect(runningReply(older(conversation))?.id).toBe(reply.id);
  });

  it('a newer snapshot of the same branch moves nothing', () => {
    const later = [...branch.slice(-PAGE + 1), next];
    expect(shown(withSnapshot(conversation, snapshot(later)))).toEqual([100, 149]);
  });

  it('a snapshot of another branch is shown, unless somebody reads on', () => {
    const other = chain(60, branch[20]).slice(-PAGE);
    expect(path(withSnapshot(conversation, snapshot(other)))).toEqual(other);
    expect(shown(withSnapshot(conversation, snapshot(other), true))).toEqual([100, 149]);
  });

  it('another leaf that is known is shown', () => {
    const edited = aQuestion(thread, 'Edited', branch[120]);
    conversation = withLeaf(withMessage(conversation, edited), edited.id);
    expect(hasNewer(conversation)).toBe(false);
    expect(path(conversation).slice(-2)).toEqual([branch[120], edited]);
  });

  it('a page that nothing follows ends it', () => {
    expect(path(withNewer(conversation, page([], { newer: false })))).toEqual(
      branch.slice(-PAGE)
    );
  });
});

it('a message that was fetched before it was announced becomes the leaf', () => {
  const next = aQuestion(thread, 'More?', branch[999]);
  conversation = withOlder(conversation, page([next], { more: false }));
  expect(path(withMessage(conversation, next)).at(-1)).toBe(next);
});
