import { memo, useEffect, useRef } from 'react';
import type { Message } from '../protocol';
import { hasFailed, isRunning } from '../state/conversation';
import { textOf } from '../state/parts';
import { CopyButton, CopyLinkButton } from './CopyButton';
import { IconButton } from './IconButton';
import { Markdown } from './Markdown';
import { MessageFrame } from './MessageFrame';
import { MessageMenu } from './MessageMenu';
import { Thinking, WaitingNotice } from './Phase';
import { ProblemNote } from './ProblemNote';
import { QueuedReply } from './QueuedReply';
import { Reasoning } from './Reasoning';
import { Stats } from './Stats';
import { VersionSwitch } from './VersionSwitch';
import { useChat, useChatState } from './context';
import { useConversation, useOnline, useParts } from './hooks';
import { modelNamed, useModelSettings } from './useModelSettings';
import { AgainIcon } from './icons';
import { remediesOf, useProblemActions } from './problemActions';

interface Props {
  readonly message: Message;
  readonly isLast: boolean;
}

/** What the model answered, or is answering. */
export const Answer = memo(function Answer({ message, isLast }: Props) {
  const { services, trans, focusComposer } = useChat();
  const modelName = useModelName(message);
  const running = isRunning(message);
  const outcome = useOutcome(message);
  useAnnouncement(message);

  const again = () => {
    focusComposer(); // the buttons go
    void services.asking.regenerate(message);
  };
  return (
    <MessageFrame
      role="model"
      name={modelName}
      time={running ? undefined : message.created_at}
      phase={outcome}
      busy={running}
      isLast={isLast}
      actions={
        running ? undefined : (
          <>
            {textOf(message) !== '' && <CopyButton text={textOf(message)} />}
            <CopyLinkButton message={message} />
            {!offersAgain(message, isLast) && (
              <IconButton
                icon={AgainIcon}
                label={hasFailed(message) ? trans.__('Retry') : trans.__('Answer again')}
                onClick={again}
              />
            )}
            <VersionSwitch message={message} />
            <MessageMenu message={message} />
          </>
        )
      }
      stats={running ? undefined : <Stats message={message} />}
    >
      <Parts message={message} />
      <Outcome message={message} isLast={isLast} again={again} />
    </MessageFrame>
  );
});

/** The text and the thinking, in their order; while nothing has come, the phase. */
function Parts({ message }: { readonly message: Message }) {
  const parts = useParts(message);
  const waiting = useConversation()?.waiting[message.id];
  const running = isRunning(message);
  // One that is gone on with has text before anything new has come.
  const nothingNew =
    parts.length === 0 || (parts === message.parts && message.first_token_at == null);
  return (
    <>
      {parts.map((part, index) => {
        const growing = running && index === parts.length - 1;
        return part.type === 'reasoning' ? (
          <Reasoning key={index} text={part.text} thinking={growing} />
        ) : (
          <div key={index} className="jc-Answer-text" data-growing={growing || undefined}>
            <Markdown text={part.text} streaming={growing} />
          </div>
        );
      })}
      {waiting !== undefined && <WaitingNotice problem={waiting} />}
      {nothingNew && waiting === undefined && message.status === 'streaming' && (
        <Thinking />
      )}
      {nothingNew && message.status === 'queued' && <QueuedReply reply={message} />}
    </>
  );
}

/** Why the answer ended before its end, and what can be done. */
function Outcome({
  message,
  isLast,
  again
}: {
  readonly message: Message;
  readonly isLast: boolean;
  readonly again: () => void;
}) {
  const { trans } = useChat();
  const { problem, status } = message;
  const actions = useProblemActions(message, again);
  if (problem != null) {
    return <ProblemNote problem={problem} actions={actions} />;
  }
  if (status === 'interrupted') {
    const text =
      message.parts.length > 0
        ? trans.__('This answer was interrupted. What had come is kept.')
        : trans.__('This answer was interrupted before anything had come.');
    return (
      <ProblemNote problem={{ code: 'stream_cut', message: text }} actions={actions} />
    );
  }
  return isStoppedHere(message, isLast) ? (
    <div className="jc-Buttons jc-Answer-next">
      {actions.map(({ label, run }) => (
        <button key={label} type="button" className="jc-Button" onClick={run}>
          {label}
        </button>
      ))}
    </div>
  ) : null;
}

/** Stopped on purpose: nothing went wrong, and further up it would only be in the way. */
function isStoppedHere({ status }: Message, isLast: boolean): boolean {
  return status === 'stopped' && isLast;
}

/** Whether `Outcome` has a button already that has the answer made again. */
function offersAgain(message: Message, isLast: boolean): boolean {
  const { problem, status } = message;
  const hasButtons =
    problem != null || status === 'interrupted' || isStoppedHere(message, isLast);
  return hasButtons && remediesOf(message).includes('again');
}

/** Where the answer stands, in a word; `undefined` where it is complete or says so itself. */
function useOutcome(message: Message): string | undefined {
  const { trans } = useChat();
  const online = useOnline();
  if (isRunning(message) && !online) {
    return trans.__('Waiting to reconnect');
  }
  switch (message.status) {
    case 'streaming':
      return trans.__('Answering');
    case 'stopped':
      return trans.__('Stopped');
    case 'interrupted':
      return trans.__('Interrupted');
    case 'failed':
      return trans.__('Failed');
    case 'queued': // see `QueuedReply`
    case 'complete':
      return undefined;
  }
}

/** One whose turn has not come will be by the model that is chosen then. */
function useModelName({ model, status }: Message): string {
  const { trans } = useChat();
  const models = useChatState(state => state.models);
  const next = useModelSettings();
  if (model == null && status === 'queued' && next.name !== null) {
    return next.name;
  }
  return modelNamed(models, model)?.name ?? model ?? trans.__('Assistant');
}

const MOST_SPOKEN = 1000;

/** Says the finished answer, once, to those who hear the screen. */
function useAnnouncement(message: Message): void {
  const { announce, trans } = useChat();
  const wasRunning = useRef(false);
  useEffect(() => {
    if (isRunning(message)) {
      wasRunning.current = true;
    } else if (wasRunning.current) {
      wasRunning.current = false;
      const text = message.problem?.message ?? textOf(message).slice(0, MOST_SPOKEN);
      announce(trans.__('Answer: %1', text));
    }
  }, [message, announce, trans]);
}
