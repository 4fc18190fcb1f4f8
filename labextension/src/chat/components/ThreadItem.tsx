import type { MouseEvent } from 'react';
import type { Thread } from '../protocol';
import { placedAt } from '../state/threads';
import { ForkMark } from './ForkMark';
import { IconButton } from './IconButton';
import { InlineEdit } from './InlineEdit';
import { RetireNote } from './RetireNote';
import { TagChips } from './TagChips';
import { useChat } from './context';
import { fullTime, timeOrDay } from './format';
import {
  ArchiveIcon,
  DeleteIcon,
  MoreIcon,
  PinIcon,
  RestoreIcon,
  UnarchiveIcon
} from './icons';
import { useThreadActions } from './useThreadActions';

const MOST_TAGS = 2;

interface Props {
  readonly thread: Thread;
  readonly now: Date;
  /** It is the one being shown. */
  readonly isOpen: boolean;
  /** It is the one that Tab reaches. */
  readonly isCurrent: boolean;
  /** Its answer has come, and nobody has looked. */
  readonly isUnread: boolean;
  /** Whether it was chosen; `null` while nothing is being chosen. */
  readonly isChosen: boolean | null;
  readonly renaming: boolean;
  readonly onOpen: (event: MouseEvent) => void;
  /** The new title, or `null` where it stays. */
  readonly onRenamed: (title: string | null) => void;
  readonly onDelete: () => void;
  readonly onArchive: () => void;
  readonly onRestore: () => void;
  readonly menuShown: boolean;
  /** Open or close the menu, which stands at this button. */
  readonly onMore: (button: HTMLElement) => void;
}

/** One line of the list of conversations, with a second one for its tags. */
export function ThreadItem(props: Props) {
  const { thread, now, isOpen, isCurrent, isUnread, isChosen, renaming, onOpen } = props;
  const { trans } = useChat();
  const { title: own, tags = [] } = thread;
  const title = own ?? trans.__('Untitled');
  const time = placedAt(thread);
  return (
    <li
      className="jc-ThreadItem"
      data-thread={thread.id}
      data-open={isOpen || undefined}
      data-chosen={isChosen ?? undefined}
    >
      {renaming ? (
        <div className="jc-ThreadItem-edit">
          <InlineEdit
            value={title}
            label={trans.__('Title')}
            onDone={props.onRenamed}
            onCancel={() => {
              props.onRenamed(null);
            }}
          />
          {tags.length > 0 && <TagChips tags={tags} most={MOST_TAGS} />}
          <RetireNote thread={thread} now={now} />
        </div>
      ) : (
        <>
          <button
            type="button"
            className="jc-ThreadItem-open"
            tabIndex={isCurrent ? 0 : -1}
            aria-current={isOpen || undefined}
            aria-pressed={isChosen ?? undefined}
            aria-keyshortcuts="F2 Delete Shift+F10"
            title={title}
            onClick={onOpen}
          >
            <span className="jc-ThreadItem-line">
              {isChosen !== null && <span className="jc-ThreadItem-box" aria-hidden />}
              {thread.running === true ? (
                <span
                  className="jc-ThreadItem-dot"
                  role="img"
                  aria-label={trans.__('Answering')}
                />
              ) : (
                isUnread && (
                  <span
                    className="jc-ThreadItem-dot jc-mod-unread"
                    role="img"
                    aria-label={trans.__('Unread')}
                  />
                )
              )}
              <ForkMark thread={thread} />
              <span className="jc-ThreadItem-title">{title}</span>
              <time
                className="jc-ThreadItem-time"
                dateTime={new Date(time).toISOString()}
                title={fullTime(time)}
              >
                {timeOrDay(time, now)}
              </time>
            </span>
            {tags.length > 0 && <TagChips tags={tags} most={MOST_TAGS} />}
            <RetireNote thread={thread} now={now} />
          </button>
          {isChosen === null && <Actions {...props} />}
        </>
      )}
    </li>
  );
}

/** What is done most; the menu has the rest. */
function Actions(props: Props) {
  const { thread, onDelete, onArchive, onRestore, menuShown, onMore } = props;
  const { trans } = useChat();
  const actions = useThreadActions();
  const pinned = thread.pinned === true;
  const archived = thread.archived === true;
  return (
    <span className="jc-ThreadItem-actions">
      {thread.deleted_at != null ? (
        <IconButton
          icon={RestoreIcon}
          label={trans.__('Restore')}
          tabIndex={-1}
          onClick={onRestore}
        />
      ) : (
        <>
          <IconButton
            icon={PinIcon}
            label={pinned ? trans.__('Unpin') : trans.__('Pin')}
            aria-pressed={pinned}
            tabIndex={-1}
            onClick={() => {
              void actions.pin([thread]);
            }}
          />
          <IconButton
            icon={archived ? UnarchiveIcon : ArchiveIcon}
            label={archived ? trans.__('Take out of the archive') : trans.__('Archive')}
            tabIndex={-1}
            onClick={onArchive}
          />
          <IconButton
            icon={DeleteIcon}
            label={trans.__('Delete')}
            tabIndex={-1}
            onClick={onDelete}
          />
        </>
      )}
      <IconButton
        icon={MoreIcon}
        label={trans.__('More')}
        aria-haspopup="menu"
        aria-expanded={menuShown}
        tabIndex={-1}
        onClick={event => {
          onMore(event.currentTarget);
        }}
      />
    </span>
  );
}
