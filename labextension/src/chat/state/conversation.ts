import type { Message, MessagePage, Problem, Snapshot, Summary } from '../protocol';
import { textOf } from './parts';

/**
 * What is known of a thread's message tree.
 *
 * `children` maps a message (or `ROOT`) to all its children, oldest first: the versions of
 * each other.  Where not all of them are known, it has none: of each message shown they are.
 */
export interface Conversation {
  readonly threadId: string;
  /** The last message of the branch being shown. */
  readonly leafId: string | null;
  /**
   * The last message shown, where that is not the leaf: the reader is far away from the
   * newest, and what is between is not at hand (see `window.ts`).
   */
  readonly endId: string | null;
  readonly messages: Readonly<Record<string, Message>>;
  readonly children: Readonly<Record<string, readonly string[]>>;
  /** Why replies wait for their model's server, by message. */
  readonly waiting: Readonly<Record<string, Problem>>;
  /** What stands for the beginnings of branches, by the message up to which each goes. */
  readonly summaries: Readonly<Record<string, Summary>>;
}

/** Where a thread begins: the parent of its first messages. */
export const ROOT = '';

/**
 * The newest part of the branch, with what was known of the thread before; but for replies
 * on other branches that were being made, of which something may have been missed.
 *
 * @param reading - keep showing what is shown, also where the newest part does not
 *   follow on it
 */
export function withSnapshot(
  before: Conversation | undefined,
  snapshot: Snapshot,
  reading = false
): Conversation {
  const conversation = before && without(before, snapshot.deleted ?? null);
  const known: Conversation = {
    threadId: snapshot.thread_id,
    leafId: snapshot.messages.at(-1)?.id ?? null,
    endId: conversation?.endId ?? null,
    messages: settled(conversation, reading),
    children: conversation?.children ?? {},
    waiting: snapshot.waiting ?? {},
    summaries: Object.fromEntries(
      (snapshot.summaries ?? []).map(summary => [summary.upto, summary])
    )
  };
  const whole = withPage(known, snapshot);
  const end = conversation?.endId ?? (reading ? conversation?.leafId : null) ?? null;
  const followed = conversation?.leafId ?? null;
  return reading || newest(whole).some(({ id }) => id === followed)
    ? endingAt(whole, end)
    : endingAt(whole, null);
}

/** What is known of messages that change no more; and of those being read. */
function settled(
  conversation: Conversation | undefined,
  reading: boolean
): Conversation['messages'] {
  const known = conversation?.messages ?? {};
  const read =
    reading && conversation !== undefined ? new Set(path(conversation)) : new Set();
  return Object.fromEntries(
    Object.entries(known).filter(
      ([, message]) => !isRunning(message) || read.has(message)
    )
  );
}

/** With another summary up to a message, or (`null`) none. */
export function withSummary(
  conversation: Conversation,
  upto: string,
  summary: Summary | null
): Conversation {
  const summaries = { ...conversation.summaries };
  if (summary === null) {
    Reflect.deleteProperty(summaries, upto);
  } else {
    summaries[upto] = summary;
  }
  return { ...conversation, summaries };
}

/** Without a message and all that is known below it; what was shown there ends before it. */
function without(conversation: Conversation, messageId: string | null): Conversation {
  if (messageId === null || !(messageId in conversation.messages)) {
    return conversation;
  }
  const { [messageId]: root, ...messages } = conversation.messages;
  const children: Record<string, readonly string[]> = { ...conversation.children };
  const gone = [messageId];
  for (const id of gone) {
    gone.push(...(children[id] ?? []));
    Reflect.deleteProperty(messages, id);
    Reflect.deleteProperty(children, id);
  }
  const key = root.parent_id ?? ROOT;
  children[key] = (children[key] ?? []).filter(id => id !== messageId);
  const still = (id: string | null) =>
    id !== null && gone.includes(id) ? root.parent_id : id;
  return {
    ...conversation,
    messages,
    children,
    leafId: still(conversation.leafId),
    endId: still(conversation.endId)
  };
}

/** A part of a branch, put to what is known. */
export function withPage(
  conversation: Conversation,
  page: Pick<MessagePage, 'messages' | 'versions'>
): Conversation {
  const messages = { ...conversation.messages };
  const children: Record<string, readonly string[]> = { ...conversation.children };
  for (const message of page.messages) {
    const key = message.parent_id ?? ROOT;
    messages[message.id] = message;
    // The server says which versions there are: some of those known may be deleted.
    children[key] = page.versions[message.id] ?? [message.id];
  }
  return { ...conversation, messages, children };
}

/** A new message, or a new state of one. */
export function withMessage(conversation: Conversation, message: Message): Conversation {
  const { id, parent_id: parentId } = message;
  const key = parentId ?? ROOT;
  const children: Record<string, readonly string[]> = { ...conversation.children };
  const isFirst = parentId === conversation.leafId; // the leaf has had none
  if (key in children || isFirst) {
    children[key] = merged(children[key], [id]);
  }
  if (message.role === 'user' && !(id in conversation.messages)) {
    children[id] ??= []; // it is new, and its answer is announced after it
  }
  return {
    ...conversation,
    // It may be known already, from a page that was fetched before it was announced.
    leafId: isFirst ? id : conversation.leafId,
    messages: { ...conversation.messages, [id]: message },
    children,
    waiting: withoutWaiting(conversation, id)
  };
}

/** What is known but for one message, of which something was missed. */
export function withoutMessage(conversation: Conversation, id: string): Conversation {
  const messages = Object.entries(conversation.messages).filter(
    ([other]) => other !== id
  );
  return { ...conversation, messages: Object.fromEntries(messages) };
}

/** A reply waits for its model's server (or, with `null`, no longer does). */
export function withWaiting(
  conversation: Conversation,
  messageId: string,
  problem: Problem | null
): Conversation {
  const waiting = withoutWaiting(conversation, messageId);
  return {
    ...conversation,
    waiting: problem === null ? waiting : { ...waiting, [messageId]: problem }
  };
}

/** Show the branch that ends at `leafId`, if that message is known. */
export function withLeaf(conversation: Conversation, leafId: string): Conversation {
  const known = conversation.leafId !== leafId && leafId in conversation.messages;
  return known ? { ...conversation, leafId, endId: null } : conversation;
}

/** The end of the branch that goes on from a message, at each fork with the newest; `null`:
 * that is not known. */
export function newestBelow(
  conversation: Conversation,
  messageId: string
): string | null {
  const { messages, children } = conversation;
  let id = messageId;
  while (id in messages && (children[id] ?? []).length > 0) {
    id = children[id][children[id].length - 1];
  }
  return id in messages ? id : null;
}

/**
 * What has come in `after`, on the branch that `before` shows: unless that goes on in
 * `after`, or is not there any more.
 */
export function onBranchOf(
  before: Conversation | undefined,
  after: Conversation
): Conversation {
  const { leafId = null, endId = null } = before ?? {};
  const goesOn =
    leafId === null ||
    !(leafId in after.messages) ||
    newest(after).some(({ id }) => id === leafId);
  return goesOn ? after : endingAt({ ...after, leafId }, endId);
}

/**
 * What has come in `after`, at the place that `before` shows, as far as that is known: where
 * the newest messages of another branch do not follow on what is shown, that stays.
 */
export function inPlace(
  before: Conversation | undefined,
  after: Conversation
): Conversation {
  if (before === undefined || before.leafId === after.leafId) {
    return after;
  }
  const left = path(before).filter(({ id }) => id in after.messages);
  const branch = newest(after);
  const isWhole = branch.at(0)?.parent_id == null;
  return isWhole || left.length === 0 || haveCommon(left, branch)
    ? after
    : endingAt(after, left[left.length - 1].id);
}

/** Whether what is shown far from the newest may be on another branch than these now. */
export function isLost(before: Conversation | undefined, after: Conversation): boolean {
  return (
    before !== undefined &&
    before.leafId !== after.leafId &&
    hasNewer(after) &&
    !haveCommon(newest(before), newest(after))
  );
}

function haveCommon(some: readonly Message[], others: readonly Message[]): boolean {
  const ids = new Set(others.map(({ id }) => id));
  return some.some(({ id }) => ids.has(id));
}

/** Show messages up to this one; `null`, or one that the newest follow on: up to these. */
export function endingAt(conversation: Conversation, endId: string | null): Conversation {
  const isFar = endId !== null && !newest(conversation).some(({ id }) => id === endId);
  return { ...conversation, endId: isFar ? endId : null };
}

const paths = new WeakMap<Conversation, readonly Message[]>();
const newests = new WeakMap<Conversation, readonly Message[]>();

/** The messages of the branch that are shown, from older to newer. */
export function path(conversation: Conversation): readonly Message[] {
  return conversation.endId === null
    ? newest(conversation)
    : cached(paths, conversation, conversation.endId);
}

/** The newest messages of the branch, as far back as known without a gap. */
export function newest(conversation: Conversation): readonly Message[] {
  return cached(newests, conversation, conversation.leafId);
}

function cached(
  known: WeakMap<Conversation, readonly Message[]>,
  conversation: Conversation,
  endId: string | null
): readonly Message[] {
  let found = known.get(conversation);
  if (found === undefined) {
    const messages: Message[] = [];
    let id = endId;
    while (id !== null && id in conversation.messages) {
      const message: Message = conversation.messages[id];
      messages.push(message);
      id = message.parent_id;
    }
    found = messages.reverse();
    known.set(conversation, found);
  }
  return found;
}

/** Whether the branch has older messages than those shown. */
export function hasOlder(conversation: Conversation): boolean {
  return path(conversation).at(0)?.parent_id != null;
}

/** Whether the branch has newer messages than those shown. */
export function hasNewer({ endId }: Conversation): boolean {
  return endId !== null;
}

/** The ids of a message's versions, itself among them, oldest first. */
export function versions(
  conversation: Conversation,
  message: Message
): readonly string[] {
  return conversation.children[message.parent_id ?? ROOT] ?? [message.id];
}

/** Whether all versions of the messages shown, and of the newest, are known. */
export function knowsVersions(conversation: Conversation): boolean {
  return [...path(conversation), ...newest(conversation)].every(
    ({ parent_id: parentId }) => (parentId ?? ROOT) in conversation.children
  );
}

/** Whether a message is shown; `null`: whether the beginning is. */
export function shows(conversation: Conversation, messageId: string | null): boolean {
  return messageId === null
    ? !hasOlder(conversation)
    : path(conversation).some(({ id }) => id === messageId);
}

/** The reply that is being made, or else the first one that waits for its turn. */
export function runningReply(conversation: Conversation): Message | undefined {
  return newest(conversation).find(isRunning);
}

/** Whether a message is a reply that is still being made, or waits for its turn. */
export function isRunning(message: Message): boolean {
  return message.status === 'streaming' || message.status === 'queued';
}

/** Whether there is text of an answer, and more to come, as the server sees it too. */
export function isUnfinished(message: Message): boolean {
  if (message.role === 'user' || isRunning(message) || textOf(message) === '') {
    return false;
  }
  return message.status !== 'complete' || message.problem?.code === 'output_limit';
}

/** Whether an answer came to no good end, so that having it made again is a retry. */
export function hasFailed({ status }: Message): boolean {
  return status === 'stopped' || status === 'interrupted' || status === 'failed';
}

function merged(...lists: (readonly string[] | undefined)[]): readonly string[] {
  // Ids sort by the time they were made.
  return [...new Set(lists.flatMap(list => list ?? []))].sort();
}

function withoutWaiting({ waiting }: Conversation, messageId: string) {
  return messageId in waiting
    ? Object.fromEntries(Object.entries(waiting).filter(([id]) => id !== messageId))
    : waiting;
}
