import type { Regeneration } from '../state/pending';
import { isOurs } from '../state/queue';
import { MessageFrame } from './MessageFrame';
import { useChat } from './context';

/** Another version of an answer that is asked for once there is a connection. */
export function WaitingRegeneration({ entry }: { readonly entry: Regeneration }) {
  const { services, trans } = useChat();
  return (
    <MessageFrame
      role="model"
      name={trans.__('Assistant')}
      phase={trans.__('Waiting for the connection')}
    >
      <p className="jc-Pending-note">
        {trans.__('Will be answered again when connected.')}
      </p>
      {isOurs(entry) && (
        <div className="jc-Buttons">
          <button
            type="button"
            className="jc-Button"
            onClick={() => {
              void services.asking.discard(entry);
            }}
          >
            {trans.__('Keep the former answer')}
          </button>
        </div>
      )}
    </MessageFrame>
  );
}
