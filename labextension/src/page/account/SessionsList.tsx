import { ConfirmButton } from '../../chat/components/ConfirmButton';
import { useChat } from '../../chat/components/context';
import { timeAndDay } from '../../chat/components/format';
import type { SessionInfo } from '../../chat/protocol';
import { namesIn } from './agents';

interface Props {
  readonly sessions: readonly SessionInfo[];
  readonly onEnd: (id: string) => void;
  readonly onEndAll: () => void;
}

/** Where one is signed in. */
export function SessionsList({ sessions, onEnd, onEndAll }: Props) {
  const { trans } = useChat();
  const now = new Date();
  return (
    <>
      <ul className="jc-Entries" aria-labelledby="jc-sessions">
        {sessions.map(session => {
          const { browser, system } = namesIn(session.agent ?? '');
          const name =
            browser === undefined || system === undefined
              ? (browser ?? system ?? trans.__('A browser'))
              : trans.__('%1 on %2', browser, system);
          const used = session.current
            ? trans.__('This browser')
            : trans.__('Last used: %1', timeAndDay(session.used_at, now));
          return (
            <li key={session.id} className="jc-Entry">
              <span className="jc-Entry-text">
                <span>{name}</span>
                <small>{[used, session.address].filter(part => part).join(' · ')}</small>
              </span>
              {session.current !== true && (
                <button
                  type="button"
                  className="jc-Button"
                  aria-label={trans.__('Sign out: %1', name)}
                  onClick={() => {
                    onEnd(session.id);
                  }}
                >
                  {trans.__('Sign out')}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <div className="jc-Buttons">
        <ConfirmButton
          label={trans.__('Sign out everywhere')}
          confirmation={trans.__('Sign out everywhere, also here')}
          onConfirm={onEndAll}
        />
      </div>
    </>
  );
}
