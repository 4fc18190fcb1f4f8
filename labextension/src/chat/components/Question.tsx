import { memo } from 'react';
import type { Message } from '../protocol';
import { textOf } from '../state/conversation';
import { CopyButton, CopyLinkButton } from './CopyButton';
import { IconButton } from './IconButton';
import { MessageFrame } from './MessageFrame';
import { QuestionEditor } from './QuestionEditor';
import { VersionSwitch } from './VersionSwitch';
import { useChat, useChatState } from './context';
import { EditIcon } from './icons';

/** What the person asked. */
export const Question = memo(function Question({
  message
}: {
  readonly message: Message;
}) {
  const { services, trans } = useChat();
  const editing = useChatState(state => state.editing?.id === message.id);
  const setEditing = (begins: boolean) => {
    services.store.update(state => ({ ...state, editing: begins ? message : null }));
  };
  const text = textOf(message);

  return (
    <MessageFrame
      role="user"
      time={message.created_at}
      actions={
        <>
          <VersionSwitch message={message} />
          <IconButton
            icon={EditIcon}
            label={trans.__('Edit the question')}
            onClick={() => {
              setEditing(true);
            }}
          />
          <CopyLinkButton message={message} />
          <CopyButton text={text} />
        </>
      }
    >
      {editing ? (
        <QuestionEditor
          text={text}
          onDone={edited => {
            setEditing(false);
            services.asking.edit(message, edited);
          }}
          onCancel={() => {
            setEditing(false);
          }}
        />
      ) : (
        <div className="jc-Question-text" dir="auto">
          {text}
        </div>
      )}
    </MessageFrame>
  );
});
