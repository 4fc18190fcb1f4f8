import { useRef, useState } from 'react';
import type { Thread } from '../protocol';
import { Floating, type MenuItem, Popup } from './Menu';
import { useChat } from './context';
import {
  ArchiveIcon,
  DeleteIcon,
  DoneIcon,
  EditIcon,
  FolderIcon,
  PinIcon,
  RestoreIcon,
  TagIcon
} from './icons';
import { useThreadActions } from './useThreadActions';

interface Props {
  readonly thread: Thread;
  /** What the menu stands at. */
  readonly anchor: HTMLElement;
  readonly onRename: () => void;
  /** Begin to choose several; `undefined`: it is in no list. */
  readonly onSelect?: () => void;
  /** What else can be done where the menu is opened. */
  readonly more?: readonly MenuItem[];
  /** Do what takes the thread away from where it was, and the focus elsewhere. */
  readonly onLeave: (act: (threads: readonly Thread[]) => void) => void;
  /** Close it, and put the focus where it was. */
  readonly onDone: () => void;
}

/** Everything that can be done to one conversation. */
export function ThreadMenu(props: Props) {
  const { thread, anchor, onRename, onSelect, onLeave, onDone, more = [] } = props;
  const { trans, panes } = useChat();
  const actions = useThreadActions();
  const [picking, setPicking] = useState<'tag' | 'folder' | null>(null);
  const element = useRef<HTMLDivElement>(null);

  if (picking !== null && panes !== undefined) {
    return (
      <Floating
        element={element}
        className="jc-Menu jc-mod-picker"
        anchor={anchor}
        onClose={onDone}
      >
        <panes.Labels kind={picking} threads={[thread]} onDone={onDone} />
      </Floating>
    );
  }
  const leave = (act: (threads: readonly Thread[]) => void) => () => {
    onLeave(act);
  };
  const select = { icon: DoneIcon, label: trans.__('Select'), run: onSelect };
  const labels: readonly MenuItem[] = [
    {
      icon: TagIcon,
      label: trans.__('Tags…'),
      stays: true,
      run: () => {
        setPicking('tag');
      }
    },
    {
      icon: FolderIcon,
      label: trans.__('Move to folder…'),
      stays: true,
      run: () => {
        setPicking('folder');
      }
    }
  ];
  const items: readonly MenuItem[] =
    thread.deleted_at != null
      ? [
          {
            icon: RestoreIcon,
            label: trans.__('Restore'),
            run: leave(actions.restore)
          },
          {
            icon: DeleteIcon,
            label: trans.__('Delete for good'),
            // A second press in the same place, as of a double click, must do no harm.
            items: [
              { label: trans.__('Keep it in the trash') },
              {
                icon: DeleteIcon,
                label: trans.__('Really delete for good'),
                run: leave(actions.purge)
              }
            ]
          }
        ]
      : [
          { icon: EditIcon, label: trans.__('Rename'), run: onRename },
          {
            icon: PinIcon,
            label: thread.pinned === true ? trans.__('Unpin') : trans.__('Pin'),
            run: () => {
              void actions.pin([thread]);
            }
          },
          ...(panes === undefined ? [] : labels),
          {
            icon: ArchiveIcon,
            label:
              thread.archived === true
                ? trans.__('Take out of the archive')
                : trans.__('Archive'),
            run: leave(actions.archive)
          },
          { icon: DeleteIcon, label: trans.__('Delete'), run: leave(actions.remove) }
        ];
  return (
    <Popup
      label={thread.title ?? trans.__('Untitled')}
      items={[...items, ...(onSelect === undefined ? [] : [select]), ...more]}
      anchor={anchor}
      onClose={onDone}
    />
  );
}
