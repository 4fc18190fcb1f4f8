import { createContext, useContext } from 'react';
import type { Attachment } from './state/parts';

/** Something that can be attached by typing `@` and a part of its name. */
export interface Mention {
  /** Tells it from the others of its source. */
  readonly id: string;
  /** What it is called, for instance "Cell [3]" or "data/sales.csv". */
  readonly label: string;
  /** What else tells it from others, for instance how a cell begins. */
  readonly note?: string;
  /** Why it cannot be attached now, in words for the person. */
  readonly off?: string;
  /** What goes with the question.  What it throws is shown to the person
   * (`problemOf`), and what was typed stays. */
  readonly attach: () => Promise<readonly Attachment[]>;
}

/**
 * One kind of things that can be mentioned.  `@kind` lists what the source has, and
 * `@kind:query` what of it fits; any other `@query` asks all sources.
 */
export interface MentionSource {
  /** What is typed after `@`: lower case letters, such as "file". */
  readonly kind: string;
  /** What the things are called, as the heading of their list. */
  readonly label: string;
  /**
   * What fits, the best first; all that is worth showing where `query` is empty.  A few
   * dozen at most.  `query` has no white space.  Once `signal` is aborted, nobody waits for
   * the answer any more; a source that throws is left out, or says why where it was asked for by its kind, and is
   * asked again after a while.
   */
  readonly complete: (query: string, signal: AbortSignal) => Promise<readonly Mention[]>;
}

const Context = createContext<readonly MentionSource[]>([]);

/** What can be mentioned where the chat stands; each shell says what that is. */
export const MentionsProvider = Context.Provider;

/** The same list until the shell gives another. */
export function useMentionSources(): readonly MentionSource[] {
  return useContext(Context);
}
