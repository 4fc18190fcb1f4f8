// The part of a long branch that is at hand: what the reader is near, and the newest.

import type { MessagePage } from '../protocol';
import {
  type Conversation,
  ROOT,
  endingAt,
  hasNewer,
  isRunning,
  newest,
  path,
  withPage
} from './conversation';

/** Messages shown at most; more are let go of at the end that the reader is far from. */
export const MOST_SHOWN = 300;
/** The newest messages stay, so that coming back to them takes no time. */
const NEWEST_KEPT = 50;

/** The page before what is shown. */
export function withOlder(conversation: Conversation, page: MessagePage): Conversation {
  const grown = withPage(conversation, page);
  const most = hasNewer(grown) ? MOST_SHOWN : MOST_SHOWN + NEWEST_KEPT;
  return path(grown).length <= most ? grown : cut(grown, 0, MOST_SHOWN);
}

/** The page after what is shown. */
export function withNewer(conversation: Conversation, page: MessagePage): Conversation {
  const last = page.newer === true ? page.messages.at(-1) : undefined;
  const grown = endingAt(withPage(conversation, page), last?.id ?? null);
  return path(grown).length <= MOST_SHOWN ? grown : cut(grown, -MOST_SHOWN);
}

/** Whether another page can be put to what is shown, and nothing of it has to go. */
export function hasRoom(conversation: Conversation): boolean {
  return path(conversation).length + NEWEST_KEPT <= MOST_SHOWN;
}

/** The page around a message, in the place of what is shown. */
export function withWindow(conversation: Conversation, page: MessagePage): Conversation {
  const last = page.messages.at(-1);
  return cut(endingAt(withPage(conversation, page), last?.id ?? null), -MOST_SHOWN);
}

/** The newest messages, in the place of what is shown. */
export function atNewest(conversation: Conversation): Conversation {
  return hasNewer(conversation) || newest(conversation).length > MOST_SHOWN
    ? cut(endingAt(conversation, null), -NEWEST_KEPT)
    : conversation;
}

/** Without what is neither among the messages shown from `start` to `end`, nor newest. */
function cut(conversation: Conversation, start: number, end?: number): Conversation {
  const shown = path(conversation).slice(start, end);
  const near = [
    ...Object.values(conversation.messages).filter(isRunning),
    ...newest(conversation).slice(-NEWEST_KEPT),
    ...shown
  ];
  const messages = Object.fromEntries(near.map(message => [message.id, message]));
  const parents = new Set(near.map(({ parent_id: parentId }) => parentId ?? ROOT));
  const children = Object.fromEntries(
    Object.entries(conversation.children).filter(([parentId]) => parents.has(parentId))
  );
  return endingAt({ ...conversation, messages, children }, shown.at(-1)?.id ?? null);
}
