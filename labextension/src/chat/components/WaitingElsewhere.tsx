import type { Pending } from '../state/pending';
import { useChat, useChatState } from './context';
import { useOnline } from './hooks';

/** Says that questions of other conversations have not been sent, and leads to them. */
export function WaitingElsewhere() {
  const { services, trans } = useChat();
  const openId = useChatState(state => state.open.threadId);
  const pending = useChatState(state => state.pending);
  const online = useOnline();
  const elsewhere = pending.filter(
    (entry): entry is Pending =>
      entry.kind === 'question' &&
      entry.threadId !== openId &&
      // What is on its way needs nobody's attention.
      !(online && (entry.state === 'waiting' || entry.state === 'arrived'))
  );
  if (elsewhere.length === 0) {
    return null;
  }
  const [{ threadId }] = elsewhere;
  return (
    <div className="jc-Offline">
      <span>
        {trans._n(
          '%1 question elsewhere has not been sent yet.',
          '%1 questions elsewhere have not been sent yet.',
          elsewhere.length
        )}
      </span>
      <button
        type="button"
        className="jc-Button"
        onClick={() => {
          services.following.open(threadId);
        }}
      >
        {trans.__('Show')}
      </button>
    </div>
  );
}
