import type { Message, MessagePage, Problem, Snapshot } from '../protocol';

/**
 * What is known of a thread's message tree.
 *
 * `children` maps a message (or `ROOT`) to all its known children, oldest first: the
 * versions of each other.
 */
export interface Conversation {
  readonly threadId: string;
  /** The last message of the branch being shown. */
  readonly leafId: string | null;
  readonly messages: Readonly<Record<string, Message>>;
  readonly children: Readonly<Record<string, readonly string[]>>;
  /** Why replies wait for their model's server, by message. */
  readonly waiting: Readonly<Record<string, Problem>>;
}

const ROOT = '';

/**
 * The newest part of the branch, with what was known of the thread before; but for replies
 * on other branches that were being made, of which something may have been missed.
 */
export function withSnapshot(
  conversation: Conversation | undefined,
  snapshot: Snapshot
): Conversation {
  const known: Conversation = {
    threadId: snapshot.thread_id,
    leafId: snapshot.messages.at(-1)?.id ?? null,
    messages: Object.fromEntries(
      Object.entries(conversation?.messages ?? {}).filter(
        ([, message]) => !isRunning(message)
      )
    ),
    children: conversation?.children ?? {},
    waiting: snapshot.waiting ?? {}
  };
  return withPage(known, snapshot);
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
    children[key] = merged(children[key], page.versions[message.id], [message.id]);
  }
  return { ...conversation, messages, children };
}

/** A new message, or a new state of one. */
export function withMessage(conversation: Conversation, message: Message): Conversation {
  const { id, parent_id: parentId } = message;
  const key = parentId ?? ROOT;
  const isNew = !(id in conversation.messages);
  return {
    ...conversation,
    leafId: isNew && parentId === conversation.leafId ? id : conversation.leafId,
    messages: { ...conversation.messages, [id]: message },
    children: {
      ...conversation.children,
      [key]: merged(conversation.children[key], [id])
    },
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
  return known ? { ...conversation, leafId } : conversation;
}

const paths = new WeakMap<Conversation, readonly Message[]>();

/** The messages of the branch being shown, as far as known, from older to newer. */
export function path(conversation: Conversation): readonly Message[] {
  let found = paths.get(conversation);
  if (found === undefined) {
    const messages: Message[] = [];
    let id = conversation.leafId;
    while (id !== null && id in conversation.messages) {
      const message: Message = conversation.messages[id];
      messages.push(message);
      id = message.parent_id;
    }
    found = messages.reverse();
    paths.set(conversation, found);
  }
  return found;
}

/** Whether the branch has older messages than those known. */
export function hasOlder(conversation: Conversation): boolean {
  return path(conversation).at(0)?.parent_id != null;
}

/** The ids of a message's versions, itself among them, oldest first. */
export function versions(
  conversation: Conversation,
  message: Message
): readonly string[] {
  return conversation.children[message.parent_id ?? ROOT] ?? [message.id];
}

/** Whether a message is a reply that is still being made, or waits for its turn. */
export function isRunning(message: Message): boolean {
  return message.status === 'streaming' || message.status === 'queued';
}

/** A message's text, without reasoning. */
export function textOf(message: Pick<Message, 'parts'>): string {
  return message.parts
    .filter(part => part.type === 'text')
    .map(part => part.text)
    .join('');
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
