import type { Message } from '../protocol';
import { type Conversation, hasNewer, path, runningReply } from './conversation';
import type { Entry, Pending, Regeneration } from './pending';

/** What a conversation shows: the messages stored, then the questions on their way. */
export interface View {
  readonly messages: readonly Message[];
  /** The branch has newer messages, which are not shown. */
  readonly newer: boolean;
  readonly pending: readonly Pending[];
  /** A reply that is being made, if one is. */
  readonly running: Message | undefined;
  /** Another version of an answer has been asked for. */
  readonly regenerating: Regeneration | undefined;
}

const NOTHING: readonly Message[] = [];

/**
 * What to show of a thread.
 *
 * What is asked in the place of something older hides what follows that place, as it
 * will when the server has it; what has arrived is shown as the message.  A question that
 * is being changed stays, though another window may show another branch meanwhile.
 */
export function view(
  conversation: Conversation | undefined,
  entries: readonly Entry[],
  editing: Message | null = null
): View {
  const known = Object.values(conversation?.messages ?? {});
  const arrived = new Set(known.map(message => message.client_id));
  const shown = entries.filter(({ clientId }) => !arrived.has(clientId));
  const whole = conversation === undefined ? NOTHING : path(conversation);
  let messages = whole;
  for (const { clientId, place, state } of entries) {
    if (state !== 'refused' && 'parentId' in place) {
      const question = known.find(
        ({ client_id: id, role }) => id === clientId && role === 'user'
      );
      if (question !== undefined && !messages.includes(question)) {
        // Its answer, with which its branch is shown, is announced in the next moment.
        messages = [...until(messages, place.parentId), question];
      } else if (!arrived.has(clientId)) {
        messages = until(messages, place.parentId);
      }
    }
  }
  if (editing !== null && !messages.some(({ id }) => id === editing.id)) {
    messages = [...until(messages, editing.parent_id), editing];
  }
  const isWhole = messages === whole;
  const left = new Set(messages.map(({ id }) => id));
  const hidden = new Set(whole.map(({ id }) => id).filter(id => !left.has(id)));
  for (const { id, place, state } of shown) {
    const before = 'after' in place ? place.after : place.parentId;
    // What waits at the end of what is hidden is hidden with it, but not what needs somebody.
    if (before !== null && hidden.has(before) && state === 'waiting') {
      hidden.add(id);
    }
  }
  return {
    messages,
    newer: isWhole && conversation !== undefined && hasNewer(conversation),
    pending: shown.filter(
      (entry): entry is Pending => entry.kind === 'question' && !hidden.has(entry.id)
    ),
    running: conversation && runningReply(conversation),
    regenerating: shown.find(entry => entry.kind === 'regeneration')
  };
}

function until(
  messages: readonly Message[],
  parentId: string | null
): readonly Message[] {
  const index = messages.findIndex(({ id }) => id === parentId);
  // Another branch is being shown now: there, nothing follows that place.
  return index < 0 && parentId !== null ? messages : messages.slice(0, index + 1);
}
