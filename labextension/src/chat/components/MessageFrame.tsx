import type { ReactNode } from 'react';
import { Avatar } from './Avatar';
import { useChat, useChatState } from './context';
import { fullTime, timeAndDay } from './format';

interface Props {
  readonly role: 'user' | 'model';
  /** The model's name; the person's own is known. */
  readonly name?: string;
  readonly time?: number;
  /** Says what happens instead of when it did. */
  readonly phase?: string;
  readonly busy?: boolean;
  /** It is the newest message: its actions are always shown. */
  readonly isLast?: boolean;
  readonly actions?: ReactNode;
  readonly stats?: ReactNode;
  readonly children: ReactNode;
}

/** What all messages have: who wrote it, when, and what can be done with it. */
export function MessageFrame(props: Props) {
  const { role, time, phase, busy, isLast, actions, stats, children } = props;
  const { trans } = useChat();
  const user = useChatState(state => state.user);
  const name = props.name ?? user?.name ?? trans.__('You');
  const label =
    role === 'user' ? trans.__('Question by %1', name) : trans.__('Answer by %1', name);
  return (
    <article
      className={`jc-Message jc-mod-${role}`}
      data-last={isLast || undefined}
      data-busy={busy || undefined}
      aria-label={label}
      aria-busy={busy}
    >
      <div className="jc-Message-meta">
        <span className="jc-Message-who">
          <Avatar user={role === 'user' ? user : 'model'} />
          <span className="jc-Message-name">{name}</span>
        </span>
        {phase !== undefined && <span className="jc-Message-phase">{phase}</span>}
        {phase === undefined && time !== undefined && (
          <time dateTime={new Date(time).toISOString()} title={fullTime(time)}>
            {timeAndDay(time, new Date())}
          </time>
        )}
      </div>
      <div className="jc-Message-body">{children}</div>
      {(actions !== undefined || stats !== undefined) && (
        <div className="jc-Message-foot">
          <div className="jc-Message-actions">{actions}</div>
          {stats}
        </div>
      )}
    </article>
  );
}
