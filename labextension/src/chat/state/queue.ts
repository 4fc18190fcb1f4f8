import type { Ack, Problem } from '../protocol';
import type { CommandBody } from '../client/commands';
import { ProblemError } from '../client/problem';
import { type Entry, type Pending, type Place, begins } from './pending';

/*
 * What can happen to the entries of the outbox.  Each function answers the new entries
 * and knows nothing else, so that it can be carried out on what is stored, in one
 * transaction, whatever other tabs have done to it meanwhile.
 */

export type Entries = readonly Entry[];

const NOWHERE: Problem = {
  code: 'not_found',
  message:
    'What this question was to follow is gone. Sent again, it comes at the end of the ' +
    'conversation.'
};

/** Put something into the outbox; nothing is put there twice. */
export function added(entries: Entries, entry: Entry): Entries {
  return entries.some(({ id }) => id === entry.id) ? entries : [...entries, entry];
}

/** What is to be sent next in a thread, if anything can be. */
export function nextOf(entries: Entries, threadId: string): Entry | undefined {
  return entries.find(
    entry =>
      entry.threadId === threadId &&
      entry.state === 'waiting' &&
      !entries.some(before => isAfter(entry, before))
  );
}

/** It is being sent: from now on the server may have it. */
export function tried(entries: Entries, id: string): Entries {
  return entries.some(entry => entry.id === id && !entry.tried)
    ? patched(entries, id, { tried: true })
    : entries;
}

/** It was not sent after all. */
export function untried(entries: Entries, id: string): Entries {
  return patched(entries, id, { tried: false });
}

/** The server has stored it; what waited for its reply follows that. */
export function arrived(entries: Entries, id: string, ack: Ack): Entries {
  const parentId = ack.reply_id ?? ack.message_id ?? null;
  return entries
    .filter(entry => entry.id !== id)
    .map(entry => (follows(entry, id) ? { ...entry, place: { parentId } } : entry));
}

/**
 * What was to follow something that is not here any more (another tab has seen it arrive,
 * or has taken it back, just before this was put here) follows that reply, if it is known.
 */
export function placed(entries: Entries, replies: ReadonlyMap<string, string>): Entries {
  const ids = new Set(entries.map(({ id }) => id));
  const isLost = ({ place }: Entry) =>
    'after' in place && !ids.has(place.after) && replies.has(place.after);
  return entries.some(isLost)
    ? entries.map(entry =>
        isLost(entry) && 'after' in entry.place
          ? { ...entry, place: { parentId: replies.get(entry.place.after) ?? null } }
          : entry
      )
    : entries;
}

export function refused(entries: Entries, id: string, problem: Problem): Entries {
  return patched(entries, id, { state: 'refused', problem });
}

/** Send it again, at `place` unless something waits for its reply. */
export function retried(entries: Entries, id: string, place: Place | null): Entries {
  const awaited = entries.some(entry => follows(entry, id));
  return patched(entries, id, {
    ...{ state: 'waiting', problem: null },
    ...(place === null || awaited ? {} : { place })
  });
}

/** Whether it can be changed or taken back: the server has not got it. */
export function isOurs({ state, tried }: Entry): boolean {
  return state === 'refused' || state === 'editing' || (state === 'waiting' && !tried);
}

/** The thread that is to be made is made in another way. */
export function changedNew(
  entries: Entries,
  threadId: string,
  changes: Pick<Pending, 'settings' | 'temporary'>
): Entries {
  const isMeant = (entry: Entry) => begins(entry, threadId) && isOurs(entry);
  return entries.some(isMeant)
    ? entries.map(entry => (isMeant(entry) ? { ...entry, ...changes } : entry))
    : entries;
}

/** Keep it back, to be changed. */
export function held(entries: Entries, id: string): Entries {
  return whereOurs(entries, id, { state: 'editing' });
}

/** It has another text now (`null`: the same as before) and goes on its way. */
export function edited(
  entries: Entries,
  id: string,
  text: string | null,
  clientId: string,
  attachments?: Pending['attachments']
): Entries {
  return entries.map(entry =>
    entry.id === id && entry.kind === 'question' && entry.state === 'editing'
      ? {
          ...entry,
          ...{ text: text ?? entry.text, state: 'waiting', problem: null },
          attachments: attachments ?? entry.attachments,
          // Under its old name the server might take it for what it has had before.
          ...{ clientId: entry.tried ? clientId : entry.clientId, tried: false }
        }
      : entry
  );
}

/** Forget it; what waited for its reply takes its place. */
export function discarded(entries: Entries, id: string): Entries {
  const gone = entries.find(entry => entry.id === id && isOurs(entry));
  if (gone === undefined) {
    return entries;
  }
  return entries
    .filter(entry => entry !== gone)
    .map(entry => (follows(entry, id) ? inPlaceOf(entry, gone) : entry));
}

/** Those that were refused for a reason that is gone. */
export function revived(
  entries: Entries,
  isGone: (problem: Problem) => boolean
): Entries {
  return entries.some(entry => entry.problem !== null && isGone(entry.problem))
    ? entries.map(entry =>
        entry.state === 'refused' && entry.problem !== null && isGone(entry.problem)
          ? { ...entry, state: 'waiting', problem: null }
          : entry
      )
    : entries;
}

/** What is asked of the server; a question without a place is not asked at all. */
export function commandOf(entry: Entry): CommandBody {
  const { clientId: client_id, threadId: thread_id, place } = entry;
  if (entry.kind === 'regeneration') {
    const settings = entry.model === undefined ? undefined : { model: entry.model };
    return {
      type: 'regenerate',
      client_id,
      thread_id,
      message_id: entry.messageId,
      settings
    };
  }
  if ('after' in place) {
    throw new ProblemError(NOWHERE);
  }
  return {
    type: 'send',
    client_id,
    thread_id,
    parent_id: place.parentId,
    parts: [...(entry.attachments ?? []), { type: 'text', text: entry.text }],
    create: entry.create,
    settings: entry.settings,
    temporary: entry.temporary,
    folder: entry.folder
  };
}

function inPlaceOf(entry: Entry, gone: Entry): Entry {
  if (entry.kind !== 'question' || gone.kind !== 'question') {
    return { ...entry, place: gone.place };
  }
  const { place, create, settings, temporary, folder, branch } = gone;
  return { ...entry, place, create, settings, temporary, folder, branch };
}

function isAfter(entry: Entry, before: Entry): boolean {
  return entry.threadId === before.threadId && follows(entry, before.id);
}

function follows({ place }: Entry, id: string): boolean {
  return 'after' in place && place.after === id;
}

function whereOurs(entries: Entries, id: string, changes: Partial<Pending>): Entries {
  return entries.some(entry => entry.id === id && isOurs(entry))
    ? patched(entries, id, changes)
    : entries;
}

function patched(
  entries: Entries,
  id: string,
  changes: Pick<Partial<Pending>, 'state' | 'tried' | 'problem' | 'place'>
): Entries {
  return entries.map(entry => (entry.id === id ? { ...entry, ...changes } : entry));
}
