import { createContext, useContext } from 'react';
import type { MentionSource } from './mentions';

/** Something that a shell can put beside the next question. */
export interface AttachSource {
  readonly label: string;
  /** Why it cannot be done now, in words for the person. */
  readonly off?: string;
  /** It is there to be chosen from; without that, `run` attaches it. */
  readonly pick?: MentionSource;
  /** What it throws is shown to the person. */
  readonly run?: () => void | Promise<void>;
}

/** Asked whenever somebody wants to attach something. */
export type AttachSources = () => readonly AttachSource[];

const Context = createContext<AttachSources>(() => []);

/** What there is to attach beside files; each shell says what that is. */
export const AttachSourcesProvider = Context.Provider;

export function useAttachSources(): AttachSources {
  return useContext(Context);
}
