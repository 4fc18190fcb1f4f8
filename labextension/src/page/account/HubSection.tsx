import type { ComponentType } from 'react';
import type { SubpageProps } from '../../chat/Chat';
import { useChat, useChatState } from '../../chat/components/context';
import { useAllowances } from '../../chat/components/useAllowances';
import { Circle } from './Circle';
import { PeoplePage } from './PeoplePage';
import { signOut } from './signOut';

interface Props {
  readonly onOpen: (page: ComponentType<SubpageProps>) => void;
}

/** Who one is at the hub, which looks after names and passwords. */
export function HubSection({ onOpen }: Props) {
  const { services, trans } = useChat();
  const user = useChatState(state => state.user);
  const isAdmin = useAllowances()?.role === 'admin';
  if (user === null) {
    return null;
  }
  return (
    <section className="jc-Account" aria-labelledby="jc-account">
      <h3 id="jc-account">{trans.__('Your account')}</h3>
      <div className="jc-Who">
        <Circle name={user.name} color={user.color ?? null} />
        <span className="jc-Entry-text">
          <strong>{user.name}</strong>
          <small>
            {isAdmin
              ? trans.__('at JupyterHub · administrator')
              : trans.__('at JupyterHub')}
          </small>
        </span>
        <button
          type="button"
          className="jc-Button"
          title={trans.__('Also of JupyterHub')}
          onClick={() => {
            signOut(services.server.baseUrl);
          }}
        >
          {trans.__('Sign out')}
        </button>
      </div>
      {isAdmin && (
        <div className="jc-Buttons">
          <button
            type="button"
            className="jc-Button"
            onClick={() => {
              onOpen(HubPeoplePage);
            }}
          >
            {trans.__('People')}
          </button>
        </div>
      )}
    </section>
  );
}

function HubPeoplePage({ onDone }: SubpageProps) {
  return <PeoplePage onDone={onDone} ofHub />;
}
