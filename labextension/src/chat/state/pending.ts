import type { Problem, ThreadSettings } from '../protocol';
import type { Attachment } from './parts';

/** After what something is asked: a message, or the reply to what is asked before it. */
export type Place = { readonly parentId: string | null } | { readonly after: string };

interface Queued {
  /** Its name and its place in the outbox: ids sort by the time they were made. */
  readonly id: string;
  /** What the server knows it by: one that it has, it does not take a second time. */
  readonly clientId: string;
  readonly threadId: string;
  readonly place: Place;
  readonly createdAt: number;
  /** `editing`: it is kept back; `refused`: see `problem`; `arrived`: not shown yet. */
  readonly state: 'waiting' | 'editing' | 'refused' | 'arrived';
  /** It has been sent, so that the server may have it. */
  readonly tried: boolean;
  /** Why the server did not take it. */
  readonly problem: Problem | null;
  /** The reply to it, once it has arrived. */
  readonly replyId?: string;
}

/** A question on its way to the server, or one that did not arrive. */
export interface Pending extends Queued {
  readonly kind: 'question';
  readonly text: string;
  /** What goes with it. */
  readonly attachments?: readonly Attachment[];
  /** Asked in the place of another question, not at the end. */
  readonly branch: boolean;
  /** For a thread that does not exist yet. */
  readonly create: boolean;
  readonly settings?: ThreadSettings;
  /** That thread is not to be kept. */
  readonly temporary?: boolean;
  /** The folder that it is made in. */
  readonly folder?: string;
}

/** A regeneration that the server has not begun yet. */
export interface Regeneration extends Queued {
  readonly kind: 'regeneration';
  /** The answer that gets another version, or the question that gets one more answer. */
  readonly messageId: string;
  /** The model that makes it, where that is not the conversation's. */
  readonly model?: string;
}

/** What waits in the outbox. */
export type Entry = Pending | Regeneration;

/** Whether a thread is made by this entry, unless one before it does. */
export function begins(entry: Entry, threadId: string): entry is Pending {
  return entry.threadId === threadId && entry.kind === 'question' && entry.create;
}

/** Whether it comes, at whatever distance, after a question that is not on its way. */
export function isHeldBack({ place }: Entry, entries: readonly Entry[]): boolean {
  const before =
    'after' in place ? entries.find(({ id }) => id === place.after) : undefined;
  return (
    before !== undefined &&
    (before.state === 'editing' ||
      before.state === 'refused' ||
      isHeldBack(before, entries))
  );
}

/** Whether any of these is on its way to the server. */
export function isComing(entries: readonly Entry[]): boolean {
  return entries.some(
    entry =>
      (entry.state === 'waiting' || entry.state === 'arrived') &&
      !isHeldBack(entry, entries)
  );
}
