import { useState } from 'react';
import type { Message } from '../protocol';
import { Typing } from './Phase';
import { useChat } from './context';

/** An answer that waits for the one before it: the question is stored, and can be withdrawn. */
export function QueuedReply({ reply }: { readonly reply: Message }) {
  const { services, trans, focusComposer } = useChat();
  const [stopping, setStopping] = useState(false);
  return (
    <>
      <Typing>{trans.__('Queued: comes after the answer before it')}</Typing>
      <div className="jc-Buttons">
        <button
          type="button"
          className="jc-Button"
          disabled={stopping}
          title={trans.__(
            'The question stays, is not answered, and not sent with later ones'
          )}
          onClick={() => {
            setStopping(true);
            focusComposer(); // the button goes
            void services.asking.stop(reply).finally(() => {
              setStopping(false);
            });
          }}
        >
          {trans.__('Do not answer')}
        </button>
      </div>
    </>
  );
}
