import { useChatState } from './context';
import { useThread } from './hooks';

/** Whether the conversation is one that is not kept, or is going to be. */
export function useIsTemporary(): boolean {
  const isWanted = useChatState(({ open, newTemporary }) => open.isNew && newTemporary);
  return useThread()?.temporary === true || isWanted;
}
