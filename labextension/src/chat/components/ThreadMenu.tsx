import { useEffect, useRef, useState } from 'react';
import type { Thread } from '../protocol';
import { LabelPicker } from './LabelPicker';
import { useChat } from './context';
import { useDismiss } from './hooks';
import {
  ArchiveIcon,
  DeleteIcon,
  DoneIcon,
  EditIcon,
  FolderIcon,
  type Icon,
  PinIcon,
  RestoreIcon,
  TagIcon
} from './icons';
import { moveFocus } from './menuFocus';
import { useThreadActions } from './useThreadActions';

interface Props {
  readonly thread: Thread;
  /** Where it stands, as CSS. */
  readonly style?: React.CSSProperties;
  readonly onRename: () => void;
  /** Begin to choose several; `undefined`: not from here. */
  readonly onSelect?: () => void;
  readonly onDone: () => void;
}

interface Entry {
  readonly icon: Icon;
  readonly label: string;
  readonly run: () => void;
}

/** Everything that can be done to one conversation. */
export function ThreadMenu({ thread, style, onRename, onSelect, onDone }: Props) {
  const { trans } = useChat();
  const actions = useThreadActions();
  const [picking, setPicking] = useState<'tag' | 'folder' | null>(null);
  const element = useRef<HTMLDivElement>(null);
  useDismiss(element, true, onDone);

  useEffect(() => {
    element.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  }, []);

  const and = (run: () => void) => () => {
    onDone();
    run();
  };
  const entries: Entry[] =
    thread.deleted_at != null
      ? [
          {
            icon: RestoreIcon,
            label: trans.__('Restore'),
            run: and(() => {
              actions.restore([thread]);
            })
          },
          {
            icon: DeleteIcon,
            label: trans.__('Delete for good'),
            run: and(() => {
              actions.purge([thread]);
            })
          }
        ]
      : [
          { icon: EditIcon, label: trans.__('Rename'), run: and(onRename) },
          {
            icon: PinIcon,
            label: thread.pinned === true ? trans.__('Unpin') : trans.__('Pin'),
            run: and(() => {
              actions.pin([thread]);
            })
          },
          {
            icon: TagIcon,
            label: trans.__('Tags…'),
            run: () => {
              setPicking('tag');
            }
          },
          {
            icon: FolderIcon,
            label: trans.__('Move to folder…'),
            run: () => {
              setPicking('folder');
            }
          },
          {
            icon: ArchiveIcon,
            label:
              thread.archived === true
                ? trans.__('Take out of the archive')
                : trans.__('Archive'),
            run: and(() => {
              actions.archive([thread]);
            })
          },
          {
            icon: DeleteIcon,
            label: trans.__('Delete'),
            run: and(() => {
              actions.remove([thread]);
            })
          }
        ];
  if (onSelect !== undefined) {
    entries.push({ icon: DoneIcon, label: trans.__('Select'), run: and(onSelect) });
  }
  return (
    <div className="jc-ThreadMenu" ref={element} style={style}>
      {picking !== null ? (
        <LabelPicker kind={picking} threads={[thread]} onDone={onDone} />
      ) : (
        <div
          role="menu"
          aria-label={thread.title ?? trans.__('Untitled')}
          onKeyDown={event => {
            event.stopPropagation(); // the list behind it has arrows of its own
            moveFocus(event);
          }}
        >
          {entries.map(({ icon: Drawn, label, run }) => (
            <button key={label} type="button" role="menuitem" tabIndex={-1} onClick={run}>
              <Drawn />
              <span>{label}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
