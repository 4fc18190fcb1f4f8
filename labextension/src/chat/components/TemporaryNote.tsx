import { useEffect, useRef } from 'react';
import type { Thread } from '../protocol';
import { findThread } from '../state/threads';
import { useChat, useChatState } from './context';
import { useThread } from './hooks';
import { TemporaryIcon } from './icons';

/** Says that a conversation is not kept, and lets one keep it. */
export function TemporaryNote() {
  const { services, trans } = useChat();
  const isNew = useChatState(state => state.open.isNew);
  const chosen = useChatState(state => state.newTemporary);
  const thread = useThread();
  useWayBack(thread);

  if (isNew ? !chosen : thread?.temporary !== true) {
    return null;
  }
  return (
    <div className="jc-ThreadNote" role="status">
      <TemporaryIcon />
      <span>{trans.__('Temporary: deleted when you leave it.')}</span>
      {!isNew && thread !== undefined && (
        <button
          type="button"
          className="jc-Button"
          onClick={() => {
            void services.listing.keep(thread);
          }}
        >
          {trans.__('Keep')}
        </button>
      )}
    </div>
  );
}

interface WayBack {
  readonly threadId: string;
  readonly withdraw: () => void;
}

/** For a moment after one has left a temporary conversation it can be opened again. */
function useWayBack(thread: Thread | undefined): void {
  const { services, trans } = useChat();
  const before = useRef<Thread>();
  const offered = useRef<WayBack>();
  const threadId = useChatState(state => state.open.threadId);

  useEffect(() => {
    const left = before.current;
    before.current = thread;
    if (offered.current?.threadId === threadId) {
      offered.current.withdraw(); // one has gone back already, in another way
      offered.current = undefined;
    }
    if (left?.temporary !== true || left.id === threadId) {
      return;
    }
    const known = findThread(services.store.state.threads, left.id);
    if (known?.temporary === true) {
      const withdraw = services.organising.offer(
        trans.__('Left the temporary conversation.'),
        () => {
          services.following.open(left.id);
        }
      );
      offered.current = { threadId: left.id, withdraw };
    }
  }, [services, trans, thread, threadId]);
}
