import type { Pending } from '../state/pending';
import { MessageFrame } from './MessageFrame';
import { ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';

/** A question on its way to the server: shown at once, marked until it has arrived. */
export function PendingQuestion({ question }: { readonly question: Pending }) {
  const { services, trans } = useChat();
  const online = useChatState(state => state.connection.phase === 'open');
  const { problem, text } = question;
  const phase = online ? trans.__('Sending…') : trans.__('Will be sent when connected');
  return (
    <MessageFrame
      role="user"
      phase={problem === null ? phase : trans.__('Not sent')}
      busy={problem === null}
    >
      <div className="jc-Question-text" dir="auto">
        {text}
      </div>
      {problem !== null && (
        <ProblemNote
          problem={problem}
          actions={[
            {
              label: trans.__('Send again'),
              run: () => {
                services.asking.retry(question);
              }
            },
            {
              label: trans.__('Edit'),
              run: () => {
                services.asking.discard(question);
                services.drafts.put(services.store.state.open, text);
              }
            }
          ]}
        />
      )}
    </MessageFrame>
  );
}
