import { useState } from 'react';
import type { Problem } from '../protocol';
import { MessageFrame } from './MessageFrame';
import { useChat } from './context';
import { seconds } from './format';
import { useNow, useOnline } from './hooks';

/** Three dots and what they mean. */
export function Typing({ children }: { readonly children: React.ReactNode }) {
  return (
    <p className="jc-Typing">
      <span className="jc-Typing-dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span>{children}</span>
    </p>
  );
}

/** `Thinking 4s`, counted from when it is first shown; nothing while nobody can know. */
export function Thinking() {
  const { trans } = useChat();
  const online = useOnline();
  const [since] = useState(Date.now);
  const elapsed = useNow(online) - since;
  return online ? (
    <Typing>
      {elapsed < 1000
        ? trans.__('Thinking…')
        : trans.__('Thinking %1', seconds(Math.floor(elapsed / 1000) * 1000))}
    </Typing>
  ) : null;
}

/** Why the model's server keeps us waiting, and for how long; nothing while nobody can know. */
export function WaitingNotice({ problem }: { readonly problem: Problem }) {
  const { trans } = useChat();
  const online = useOnline();
  const now = useNow(online);
  const left = Math.max(0, Math.ceil(((problem.retry_at ?? now) - now) / 1000));
  return online ? (
    <Typing>
      {problem.message}{' '}
      <strong>
        {left > 0
          ? trans.__('Trying again in %1.', seconds(left * 1000))
          : trans.__('Trying again…')}
      </strong>
    </Typing>
  ) : null;
}

/** Stands where an answer will be that the server has not begun yet. */
export function AnswerPhase({ phase }: { readonly phase: 'sending' | 'queued' }) {
  const { trans } = useChat();
  return (
    <MessageFrame role="model" name={trans.__('Assistant')} busy>
      <Typing>
        {phase === 'sending'
          ? trans.__('Sending…')
          : trans.__('Queued: comes after the answer before it')}
      </Typing>
    </MessageFrame>
  );
}
