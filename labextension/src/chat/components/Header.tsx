import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Layout } from '../Chat';
import { pageUrl } from '../client/server';
import { ExportMenu, useExportItems } from './ExportMenu';
import { IconButton } from './IconButton';
import { InlineEdit } from './InlineEdit';
import { type MenuItem, useMenuButton } from './Menu';
import { TagChips } from './TagChips';
import { ThreadMenu } from './ThreadMenu';
import { useChat, useChatState } from './context';
import { useThread } from './hooks';
import {
  AddIcon,
  BackIcon,
  ExportIcon,
  GearIcon,
  ListIcon,
  MoreIcon,
  PageIcon,
  PaneIcon,
  TemporaryIcon
} from './icons';

interface Props {
  readonly layout: Layout;
  /** There is a list of conversations, and there are settings. */
  readonly hasPanes: boolean;
  readonly listShown: boolean;
  /** The list stands beside the conversation instead of before it. */
  readonly pane: boolean;
  readonly tools: ReactNode;
  readonly onToggleList: () => void;
}

/** One line: the list, the title, a new conversation, the settings. */
export function Header(props: Props) {
  const { layout, hasPanes, listShown, pane, tools, onToggleList } = props;
  const { services, trans, focusComposer } = useChat();
  const screen = useChatState(state => state.screen);
  const { isNew, threadId } = useChatState(state => state.open);
  const newTemporary = useChatState(state => state.newTemporary);
  const isTemporary = useThread()?.temporary === true;
  const [renaming, setRenaming] = useState<string | null>(null);
  const openPage = () => {
    const url = pageUrl(services.server, isNew ? null : threadId);
    window.open(url, '_blank', 'noopener');
  };

  if (screen === 'settings' && hasPanes) {
    return <SettingsHeader />;
  }
  return (
    <header className="jc-Header">
      {hasPanes && (
        <IconButton
          icon={pane ? PaneIcon : ListIcon}
          label={
            listShown ? trans.__('Hide conversations') : trans.__('Show conversations')
          }
          aria-expanded={listShown}
          onClick={onToggleList}
        />
      )}
      <Title editing={renaming} onEdit={setRenaming} />
      {isNew ? (
        <IconButton
          icon={TemporaryIcon}
          label={trans.__('Temporary: not kept')}
          aria-pressed={newTemporary}
          onClick={() => {
            services.listing.setTemporary(!newTemporary);
            focusComposer();
          }}
        />
      ) : (
        <More
          onOpenPage={layout !== 'page' ? openPage : undefined}
          onRename={() => {
            setRenaming(threadId);
          }}
          onSelect={
            hasPanes
              ? () => {
                  services.organising.select([threadId]);
                  if (!listShown) {
                    onToggleList();
                  }
                }
              : undefined
          }
        />
      )}
      {/* Where there is no room for these, the menu has them. */}
      <span className="jc-Header-extra" data-in-menu={!isNew || undefined}>
        {layout !== 'page' && (
          <IconButton
            icon={PageIcon}
            label={trans.__('Open as a page')}
            onClick={openPage}
          />
        )}
        {!isNew && !isTemporary && <ExportMenu threadId={threadId} />}
      </span>
      {tools}
      {hasPanes && (
        <IconButton
          icon={GearIcon}
          label={trans.__('Settings')}
          onClick={() => {
            services.store.update(state => ({ ...state, screen: 'settings' }));
          }}
        />
      )}
      <IconButton
        icon={AddIcon}
        label={trans.__('New conversation')}
        onClick={() => {
          services.following.openNew();
          focusComposer();
        }}
      />
    </header>
  );
}

function SettingsHeader() {
  const { services, trans, focusComposer } = useChat();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // What opened the settings is gone, and the focus with it; elsewhere it stays.
    if (document.activeElement === document.body) {
      heading.current?.focus();
    }
  }, []);
  return (
    <header className="jc-Header">
      <IconButton
        icon={BackIcon}
        label={trans.__('Back to the conversation')}
        className="jc-mod-directional"
        onClick={() => {
          services.store.update(state => ({ ...state, screen: 'conversation' }));
          focusComposer();
        }}
      />
      <h2 className="jc-Header-title" ref={heading} tabIndex={-1}>
        {trans.__('Settings')}
      </h2>
    </header>
  );
}

interface MoreProps {
  /** Open it on a page of its own; `undefined`: it is on one. */
  readonly onOpenPage?: () => void;
  readonly onRename: () => void;
  /** Begin to choose several in the list. */
  readonly onSelect: (() => void) | undefined;
}

/** What else can be done to the conversation that is open. */
function More({ onOpenPage, onRename, onSelect }: MoreProps) {
  const { trans, focusComposer } = useChat();
  const thread = useThread();
  const { button, anchor, close } = useMenuButton();
  const exports = useExportItems(thread?.id ?? '');
  if (thread === undefined) {
    return null;
  }
  const more: MenuItem[] = [];
  if (onOpenPage !== undefined) {
    more.push({ icon: PageIcon, label: trans.__('Open as a page'), run: onOpenPage });
  }
  if (thread.temporary !== true) {
    more.push({ icon: ExportIcon, label: trans.__('Export'), items: exports });
  }
  return (
    <>
      {thread.tags !== undefined && thread.tags.length > 0 && (
        <TagChips tags={thread.tags} most={3} />
      )}
      <IconButton
        {...button}
        icon={MoreIcon}
        label={trans.__('More for this conversation')}
      />
      {anchor !== null && (
        <ThreadMenu
          thread={thread}
          anchor={anchor}
          onRename={onRename}
          onSelect={thread.temporary === true ? undefined : onSelect}
          more={more}
          onLeave={act => {
            act([thread]);
            focusComposer();
          }}
          onDone={close}
        />
      )}
    </>
  );
}

interface TitleProps {
  /** The thread whose title is being changed. */
  readonly editing: string | null;
  readonly onEdit: (threadId: string | null) => void;
}

/** The thread's title; a click renames it. */
function Title({ editing, onEdit: setEditing }: TitleProps) {
  const { services, trans } = useChat();
  const thread = useThread();
  const isNew = useChatState(state => state.open.isNew);

  if (thread === undefined || isNew) {
    return (
      <h2 className="jc-Header-title">{isNew ? trans.__('New conversation') : ''}</h2>
    );
  }
  const title = thread.title ?? trans.__('Untitled');
  if (editing === thread.id) {
    return (
      <InlineEdit
        value={title}
        label={trans.__('Title')}
        onDone={text => {
          setEditing(null);
          void services.listing.rename(thread, text);
        }}
        onCancel={() => {
          setEditing(null);
        }}
      />
    );
  }
  return (
    <h2 className="jc-Header-title">
      <button
        type="button"
        title={trans.__('%1 — click to rename', title)}
        onClick={() => {
          setEditing(thread.id);
        }}
      >
        {title}
      </button>
    </h2>
  );
}
