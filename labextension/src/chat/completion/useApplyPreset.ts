import { useChat } from '../components/context';
import { useModelSettings } from '../components/useModelSettings';
import type { Preset } from '../protocol';
import { findThread } from '../state/threads';

/** Makes a preset the settings of the open conversation; offers to take that back. */
export function useApplyPreset(): (preset: Preset) => void {
  const { services, trans } = useChat();
  const { own } = useModelSettings();
  const { store, listing, organising } = services;
  return ({ name, settings }) => {
    const { threadId } = store.state.open;
    const takeBack = () => {
      const { threads, open } = store.state;
      const thread = findThread(threads, threadId);
      if (thread !== undefined) {
        return listing.change(thread, { settings: own });
      }
      return open.threadId === threadId && listing.changeSettings(own);
    };
    void listing.changeSettings(settings);
    organising.offer(trans.__('Answers here follow “%1” now.', name), takeBack, [
      threadId
    ]);
  };
}
