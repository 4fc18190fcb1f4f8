import { useCallback, useRef, useState } from 'react';
import type { Thread } from '../protocol';
import { ConfirmButton } from './ConfirmButton';
import { IconButton } from './IconButton';
import { LabelPicker } from './LabelPicker';
import { useChat } from './context';
import { useDismiss } from './hooks';
import {
  ArchiveIcon,
  CloseIcon,
  DeleteIcon,
  FolderIcon,
  PinIcon,
  RestoreIcon,
  TagIcon,
  UnarchiveIcon
} from './icons';
import { useThreadActions } from './useThreadActions';

interface Props {
  /** Those that were chosen. */
  readonly threads: readonly Thread[];
  /** All that the list shows. */
  readonly all: readonly Thread[];
}

/** What can be done to all the conversations that were chosen. */
export function BulkBar({ threads, all }: Props) {
  const { services, trans } = useChat();
  const actions = useThreadActions();
  const [picking, setPicking] = useState<'tag' | 'folder' | null>(null);
  const element = useRef<HTMLDivElement>(null);
  const stopPicking = useCallback(() => {
    setPicking(null);
  }, []);
  useDismiss(element, picking !== null, stopPicking);
  const end = () => {
    services.organising.endSelection();
  };
  const none = threads.length === 0;
  const inTrash = threads.some(thread => thread.deleted_at != null);
  const archived = !none && threads.every(thread => thread.archived === true);
  /** What refuses stays chosen. */
  const act =
    (action: (threads: readonly Thread[]) => Promise<readonly Thread[]>) => () => {
      end();
      void action(threads).then(refused => {
        if (refused.length > 0) {
          services.organising.choose(refused);
        }
      });
    };
  return (
    <div
      className="jc-BulkBar"
      role="toolbar"
      aria-label={trans.__('With the conversations chosen')}
      ref={element}
    >
      {picking !== null && (
        <div className="jc-BulkBar-picker">
          <LabelPicker kind={picking} threads={threads} onDone={stopPicking} />
        </div>
      )}
      <div className="jc-BulkBar-row">
        <span role="status">{trans._n('%1 chosen', '%1 chosen', threads.length)}</span>
        <button
          type="button"
          className="jc-Button"
          onClick={() => {
            services.organising.select(
              threads.length === all.length ? [] : all.map(({ id }) => id)
            );
          }}
        >
          {threads.length === all.length ? trans.__('None') : trans.__('All')}
        </button>
        <IconButton icon={CloseIcon} label={trans.__('End choosing')} onClick={end} />
      </div>
      <div className="jc-BulkBar-row">
        {inTrash ? (
          <>
            <IconButton
              icon={RestoreIcon}
              label={trans.__('Restore all chosen')}
              onClick={act(actions.restore)}
            />
            <ConfirmButton
              label={trans.__('Delete for good')}
              confirmation={trans._n('Delete %1', 'Delete %1', threads.length)}
              onConfirm={act(actions.purge)}
            />
          </>
        ) : (
          <>
            <IconButton
              icon={PinIcon}
              label={trans.__('Pin all chosen')}
              disabled={none}
              onClick={act(actions.pin)}
            />
            <IconButton
              icon={TagIcon}
              label={trans.__('Tag all chosen')}
              disabled={none}
              onClick={() => {
                setPicking('tag');
              }}
            />
            <IconButton
              icon={FolderIcon}
              label={trans.__('Move all chosen')}
              disabled={none}
              onClick={() => {
                setPicking('folder');
              }}
            />
            <IconButton
              icon={archived ? UnarchiveIcon : ArchiveIcon}
              label={
                archived
                  ? trans.__('Take all chosen out of the archive')
                  : trans.__('Archive all chosen')
              }
              disabled={none}
              onClick={act(actions.archive)}
            />
            <IconButton
              icon={DeleteIcon}
              label={trans.__('Delete all chosen')}
              disabled={none}
              onClick={act(actions.remove)}
            />
          </>
        )}
      </div>
    </div>
  );
}
