import { memo, useEffect, useMemo, useRef, useState } from 'react';
import type { Message } from '../protocol';
import { attachedTo, textOf } from '../state/parts';
import { Attachments } from './Attachments';
import { CopyButton, CopyLinkButton } from './CopyButton';
import { IconButton } from './IconButton';
import { MessageFrame } from './MessageFrame';
import { MessageMenu } from './MessageMenu';
import { QuestionEditor } from './QuestionEditor';
import { VersionSwitch } from './VersionSwitch';
import { useChat, useChatState } from './context';
import { useIsLeaf } from './hooks';
import { AgainIcon, EditIcon } from './icons';

/** What the person asked. */
export const Question = memo(function Question({
  message
}: {
  readonly message: Message;
}) {
  const { services, trans, focusComposer } = useChat();
  const pencil = useRef<HTMLButtonElement>(null);
  const editing = useChatState(state => state.editing?.id === message.id);
  const setEditing = (begins: boolean) => {
    services.store.update(state => ({ ...state, editing: begins ? message : null }));
  };
  const [pressed, setPressed] = useState(false);
  useGoOnEditing(message);
  const text = textOf(message);
  const attachments = useMemo(() => attachedTo(message), [message]);
  const awaitsAnswer = useAwaitsAnswer(message);

  return (
    <MessageFrame
      role="user"
      time={message.created_at}
      isLast={awaitsAnswer}
      actions={
        editing ? undefined : (
          <>
            <VersionSwitch message={message} />
            {awaitsAnswer && (
              <IconButton
                icon={AgainIcon}
                label={trans.__('Answer')}
                onClick={() => {
                  focusComposer(); // the button goes
                  void services.asking.regenerate(message);
                }}
              />
            )}
            <IconButton
              ref={pencil}
              icon={EditIcon}
              label={trans.__('Edit the question')}
              onClick={() => {
                setPressed(true);
                setEditing(true);
              }}
            />
            <CopyLinkButton message={message} />
            <CopyButton text={text} />
            <MessageMenu message={message} />
          </>
        )
      }
    >
      {editing ? (
        <QuestionEditor
          id={message.id}
          text={text}
          attachments={attachments}
          isNew={pressed}
          onDone={(edited, kept) => {
            setEditing(false);
            services.asking.edit(message, edited, kept);
            focusComposer();
          }}
          onCancel={() => {
            setEditing(false);
            services.following.editDropped();
            requestAnimationFrame(() => pencil.current?.focus());
          }}
        />
      ) : (
        <>
          <Attachments attachments={attachments} />
          <div className="jc-Question-text" dir="auto">
            {text}
          </div>
        </>
      )}
    </MessageFrame>
  );
});

/** Whoever left in the middle of a change finds it as it was. */
function useGoOnEditing(message: Message): void {
  const { services } = useChat();
  const isFree = useChatState(state => state.editing === null);
  useEffect(() => {
    if (isFree && services.edits.read(message.id) !== null) {
      services.store.update(state => ({ ...state, editing: state.editing ?? message }));
    }
  }, [services, message, isFree]);
}

/** Whether a question has no answer: all are deleted, or were not copied. */
function useAwaitsAnswer(message: Message): boolean {
  const isLeaf = useIsLeaf(message);
  const busy = useChatState(({ pending }) =>
    pending.some(entry => entry.threadId === message.thread_id)
  );
  return isLeaf && !busy;
}
