import { useEffect } from 'react';
import { useChat } from './context';
import type { Preset, Problem, Prompt } from '../protocol';
import { type LibraryState, libraryOf } from '../state/library';
import { useStore } from '../state/store';

interface Known {
  readonly state: LibraryState;
  readonly presets: readonly Preset[];
  readonly prompts: readonly Prompt[];
  readonly isKnown: boolean;
  readonly problem: Problem | null;
}

/** One's presets and prompts; fetched as soon as they are `wanted`. */
export function useLibrary(wanted = true): Known {
  const { services } = useChat();
  const state = libraryOf(services);
  const { library, problem } = useStore(state.store, shown => shown);
  useEffect(() => {
    if (wanted) {
      state.want();
    }
  }, [state, wanted]);
  return {
    state,
    presets: library?.presets ?? NO_PRESETS,
    prompts: library?.prompts ?? NO_PROMPTS,
    isKnown: library !== null,
    problem
  };
}

const NO_PRESETS: readonly Preset[] = [];
const NO_PROMPTS: readonly Prompt[] = [];
