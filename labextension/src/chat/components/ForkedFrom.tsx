import { findThread } from '../state/threads';
import { useChat, useChatState } from './context';
import { useThread } from './hooks';
import { ForkIcon } from './icons';

/** Where a fork began; leads there. */
export function ForkedFrom() {
  const { services, trans } = useChat();
  const origin = useThread()?.forked_from;
  const title = useChatState(
    ({ threads }) => origin && findThread(threads, origin.thread_id)?.title
  );
  if (origin == null) {
    return null;
  }
  return (
    <p className="jc-Conversation-note jc-ForkedFrom">
      <ForkIcon />
      <button
        type="button"
        onClick={() => {
          services.following.open(origin.thread_id, origin.message_id);
        }}
      >
        {title == null
          ? trans.__('Forked from another conversation')
          : trans.__('Forked from “%1”', title)}
      </button>
    </p>
  );
}
