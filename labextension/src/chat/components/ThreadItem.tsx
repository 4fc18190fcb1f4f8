import type { Thread } from '../protocol';
import { IconButton } from './IconButton';
import { InlineEdit } from './InlineEdit';
import { useChat } from './context';
import { fullTime, timeOrDay } from './format';
import { DeleteIcon, EditIcon } from './icons';

interface Props {
  readonly thread: Thread;
  readonly now: Date;
  /** It is the one being shown. */
  readonly isOpen: boolean;
  /** It is the one that Tab reaches. */
  readonly isCurrent: boolean;
  readonly renaming: boolean;
  readonly onOpen: () => void;
  readonly onRename: () => void;
  /** The new title, or `null` where it stays. */
  readonly onRenamed: (title: string | null) => void;
  readonly onDelete: () => void;
}

/** One line of the list of conversations. */
export function ThreadItem(props: Props) {
  const { thread, now, isOpen, isCurrent, renaming, onOpen, onRename, onRenamed } = props;
  const { trans } = useChat();
  const title = thread.title ?? trans.__('Untitled');
  return (
    <li className="jc-ThreadItem" data-thread={thread.id} data-open={isOpen || undefined}>
      {renaming ? (
        <InlineEdit
          value={title}
          label={trans.__('Title')}
          onDone={onRenamed}
          onCancel={() => {
            onRenamed(null);
          }}
        />
      ) : (
        <>
          <button
            type="button"
            className="jc-ThreadItem-open"
            tabIndex={isCurrent ? 0 : -1}
            aria-current={isOpen || undefined}
            aria-keyshortcuts="F2 Delete"
            title={title}
            onClick={onOpen}
          >
            {thread.running === true && (
              <span
                className="jc-ThreadItem-dot"
                role="img"
                aria-label={trans.__('Answering')}
              />
            )}
            <span className="jc-ThreadItem-title">{title}</span>
            <time
              className="jc-ThreadItem-time"
              dateTime={new Date(thread.updated_at).toISOString()}
              title={fullTime(thread.updated_at)}
            >
              {timeOrDay(thread.updated_at, now)}
            </time>
          </button>
          <span className="jc-ThreadItem-actions">
            <IconButton
              icon={EditIcon}
              label={trans.__('Rename (F2)')}
              tabIndex={-1}
              onClick={onRename}
            />
            <IconButton
              icon={DeleteIcon}
              label={trans.__('Delete')}
              tabIndex={-1}
              onClick={props.onDelete}
            />
          </span>
        </>
      )}
    </li>
  );
}
