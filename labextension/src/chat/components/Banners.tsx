import type { Code, Problem } from '../protocol';
import { isOfConnection } from '../state/state';
import { type Action, ProblemNote } from './ProblemNote';
import { WaitingElsewhere } from './WaitingElsewhere';
import { useChat, useChatState } from './context';
import { seconds } from './format';
import { useNow } from './hooks';

/** What concerns the chat as a whole: the connection, the history, a refused change. */
export function Banners() {
  const { services, trans } = useChat();
  const health = useChatState(state => state.health);
  const refusal = useChatState(state =>
    // The banner of those who are shut out says why.
    state.shutOut !== null && isOfConnection(state) ? null : state.refusal
  );
  return (
    <div className="jc-Banners" role="status">
      <ConnectionBanner />
      <WaitingElsewhere />
      {health !== null && <ProblemNote problem={health} />}
      {refusal !== null && refusal.code !== health?.code && (
        <ProblemNote
          problem={refusal}
          actions={[
            {
              label: trans.__('Close'),
              run: () => {
                services.store.update(state => ({ ...state, refusal: null }));
              }
            }
          ]}
        />
      )}
    </div>
  );
}

function ConnectionBanner() {
  const { services, trans } = useChat();
  const connection = useChatState(state => state.connection);
  const stopping = useChatState(state => state.stopping);
  const shutOut = useChatState(state => state.shutOut);
  const waiting = connection.phase === 'waiting';
  const now = useNow(waiting);
  if (connection.phase === 'closed' || (connection.phase === 'open' && !stopping)) {
    return null;
  }
  if (shutOut !== null) {
    return <ShutOut problem={shutOut} />;
  }
  const left = waiting ? Math.max(1, Math.ceil((connection.retryAt - now) / 1000)) : 0;
  return (
    <div className={stopping ? 'jc-Offline' : 'jc-Offline jc-mod-late'}>
      <span>
        {stopping &&
          trans.__(
            'The chat server was stopped. What had come of the answers is kept, and ' +
              'what you ask now is sent when it is back.'
          )}{' '}
        {waiting && !stopping && trans.__('No connection to the chat server.')}{' '}
        {waiting && (
          // It would be read out anew each second.
          <span aria-hidden>{trans.__('Trying again in %1.', seconds(left * 1000))}</span>
        )}
        {connection.phase === 'connecting' &&
          !stopping &&
          trans.__('Connecting to the chat server…')}
      </span>
      {waiting && (
        <button type="button" className="jc-Button" onClick={services.reconnect}>
          {trans.__('Try now')}
        </button>
      )}
    </div>
  );
}

function ShutOut({ problem }: { readonly problem: Problem }) {
  const { services, trans } = useChat();
  const reload = () => {
    window.location.reload();
  };
  const actions: Partial<Record<Code, Action>> = {
    forbidden: { label: trans.__('Reload'), run: reload },
    service_down: { label: trans.__('Try now'), run: services.reconnect }
  };
  const action = actions[problem.code];
  return <ProblemNote problem={problem} actions={action && [action]} />;
}
