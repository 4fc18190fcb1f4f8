import type { Message, Problem, ThreadSettings } from '../protocol';
import { type Conversation, path, runningReply } from './conversation';

/** After which message something is asked; `leaf`: at the end of what is shown then. */
export type Place = 'leaf' | { readonly parentId: string | null };

/** A question on its way to the server, or one that did not arrive. */
export interface Pending {
  readonly clientId: string;
  readonly threadId: string;
  readonly text: string;
  readonly place: Place;
  /** For a thread that does not exist yet. */
  readonly create: boolean;
  readonly settings?: ThreadSettings;
  readonly createdAt: number;
  /** Why it did not arrive. */
  readonly problem: Problem | null;
}

/** A regeneration that the server has not begun yet. */
export interface Regeneration {
  readonly threadId: string;
  readonly parentId: string | null;
}

/** What a conversation shows: the messages stored, then the questions on their way. */
export interface View {
  readonly messages: readonly Message[];
  readonly pending: readonly Pending[];
  /** A reply that is being made, if one is. */
  readonly running: Message | undefined;
  /** Another version of an answer has been asked for. */
  readonly regenerating: boolean;
}

const NOTHING: readonly Message[] = [];

/**
 * What to show of a thread.
 *
 * A question that is asked in the place of an older one hides what follows that place,
 * as it will when the server has it; one that has arrived is shown as the message.
 */
export function view(
  conversation: Conversation | undefined,
  pending: readonly Pending[],
  regeneration: Regeneration | null
): View {
  let messages = conversation === undefined ? NOTHING : path(conversation);
  const arrived = new Set(messages.map(message => message.client_id));
  const shown = pending.filter(({ clientId }) => !arrived.has(clientId));
  const edited = shown.find(({ place }) => place !== 'leaf');
  if (edited !== undefined && edited.place !== 'leaf') {
    messages = until(messages, edited.place.parentId);
  } else if (regeneration !== null) {
    messages = until(messages, regeneration.parentId);
  }
  return {
    messages,
    pending: shown,
    running: conversation && runningReply(conversation),
    regenerating: regeneration !== null
  };
}

function until(
  messages: readonly Message[],
  parentId: string | null
): readonly Message[] {
  return messages.slice(0, messages.findIndex(({ id }) => id === parentId) + 1);
}
