import { useId } from 'react';
import { useChat, useChatState } from './context';

/** Whether answers go on while the server is down; only where the model's server can do it. */
export function DurableReplies() {
  const { services, trans } = useChat();
  const account = useChatState(state => state.account);
  const note = useId();
  if (account?.source !== 'openai' && account?.source !== 'azure') {
    return null;
  }
  const host = account.source === 'azure' ? 'Azure' : 'OpenAI';
  return (
    <section className="jc-Durable">
      <h3>{trans.__('When the chat server stops')}</h3>
      <label className="jc-Check">
        <input
          type="checkbox"
          aria-describedby={note}
          checked={account.durable_replies === true}
          onChange={({ currentTarget }) => {
            const durable_replies = currentTarget.checked;
            void services.account.tryToChange({ durable_replies });
          }}
        />
        {trans.__('Let answers go on at %1', host)}
      </label>
      <p id={note} className="jc-Settings-note">
        {trans.__(
          '%1 keeps such answers for about ten minutes, and the first word comes a little later.',
          host
        )}
      </p>
    </section>
  );
}
