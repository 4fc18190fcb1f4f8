import type { MessageHit, Problem, SearchPage, Thread, TitleHit } from '../protocol';

/** What is looked for, and what was found so far. */
export interface SearchState {
  /** As typed; blank: nothing is looked for. */
  readonly text: string;
  /** `waiting`: what is shown, if anything, is of what was typed before. */
  readonly phase: 'waiting' | 'ready' | 'failed';
  readonly titles: readonly TitleHit[];
  /** The cursor of more titles; `null`: these are all. */
  readonly moreTitles: string | null;
  readonly messages: readonly MessageHit[];
  /** The cursor of more messages; `null`: these are all. */
  readonly next: string | null;
  /** Older messages are still being taken into the index. */
  readonly indexing: boolean;
  readonly problem: Problem | null;
}

export const noSearch: SearchState = {
  text: '',
  phase: 'ready',
  titles: [],
  moreTitles: null,
  messages: [],
  next: null,
  indexing: false,
  problem: null
};

/** The first page of what was found, in place of what was shown. */
export function withFound(search: SearchState, page: SearchPage): SearchState {
  return {
    ...search,
    phase: 'ready',
    titles: page.titles ?? [],
    moreTitles: page.more_titles ?? null,
    messages: page.messages ?? [],
    next: page.next ?? null,
    indexing: page.indexing ?? false,
    problem: null
  };
}

/** A following page of the titles. */
export function withTitles(search: SearchState, page: SearchPage): SearchState {
  return {
    ...search,
    phase: 'ready',
    titles: [...search.titles, ...(page.titles ?? [])],
    moreTitles: page.more_titles ?? null
  };
}

/** A following page of the messages. */
export function withMessages(search: SearchState, page: SearchPage): SearchState {
  return {
    ...search,
    phase: 'ready',
    messages: [...search.messages, ...(page.messages ?? [])],
    next: page.next ?? null
  };
}

/** A thread has changed; what was found in one that is in the trash goes. */
export function withChanged(search: SearchState, thread: Thread): SearchState {
  const isIn = (hit: { thread: Thread }) => hit.thread.id === thread.id;
  if (!search.titles.some(isIn) && !search.messages.some(isIn)) {
    return search;
  }
  const gone = thread.deleted_at != null;
  const changed = <H extends { thread: Thread }>(hits: readonly H[]): readonly H[] =>
    gone
      ? hits.filter(hit => !isIn(hit))
      : hits.map(hit => (isIn(hit) ? { ...hit, thread } : hit));
  return {
    ...search,
    titles: changed(search.titles),
    messages: changed(search.messages)
  };
}
