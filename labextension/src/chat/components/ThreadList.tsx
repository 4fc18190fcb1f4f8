import {
  type KeyboardEvent,
  type MouseEvent,
  type UIEvent,
  useCallback,
  useRef,
  useState
} from 'react';
import type { Filter } from '../client/rest';
import type { Translator } from '../i18n';
import type { Problem, Thread } from '../protocol';
import { type Period, grouped, listed } from '../state/threads';
import { BulkBar } from './BulkBar';
import { IconButton } from './IconButton';
import { ProblemNote } from './ProblemNote';
import { SearchField } from './SearchField';
import { SearchResults } from './SearchResults';
import { ThreadFilter } from './ThreadFilter';
import { ThreadItem } from './ThreadItem';
import { ThreadMenu } from './ThreadMenu';
import { TrashNote } from './TrashNote';
import { useChat, useChatState } from './context';
import { month } from './format';
import { AddIcon } from './icons';
import { useSearch } from './useSearch';
import { useThreadActions } from './useThreadActions';

const NEAR_THE_END = 400;

/** The menu of one conversation, and what it stands at. */
interface Menu {
  readonly threadId: string;
  readonly anchor: HTMLElement;
}

interface Props {
  /** A conversation was chosen: the list may make room for it. */
  readonly onChosen: () => void;
}

/**
 * Conversations, pinned ones first, then newest first; arrows move, Enter opens, F2
 * renames, Delete deletes, Shift+F10 or the menu key opens the menu.
 */
export function ThreadList({ onChosen }: Props) {
  const { services, trans, focusComposer } = useChat();
  const { filter, next, phase, problem } = useChatState(state => state.threads);
  const threads = useChatState(state => listed(state.threads));
  const selection = useChatState(state => state.selection);
  const unread = useChatState(state => state.unread);
  const actions = useThreadActions();
  const [menu, setMenu] = useState<Menu | null>(null);
  const [lastChosen, setLastChosen] = useState<string | null>(null);
  const open = useChatState(state => state.open);
  const search = useSearch(onChosen);
  const [renaming, setRenaming] = useState<string | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const now = new Date();
  const current = threads.some(({ id }) => id === open.threadId)
    ? open.threadId
    : threads[0]?.id;

  const choose = (thread: Thread) => {
    services.following.open(thread.id);
    onChosen();
    focusComposer();
  };
  const press = (thread: Thread, event: MouseEvent) => {
    setMenu(null); // it may stand at what was pressed
    const index = threads.indexOf(thread);
    const from = threads.findIndex(({ id }) => id === (lastChosen ?? current));
    if (event.shiftKey && from >= 0) {
      const range = threads.slice(Math.min(from, index), Math.max(from, index) + 1);
      services.organising.select([...(selection ?? []), ...range.map(({ id }) => id)]);
    } else if (selection !== null || event.ctrlKey || event.metaKey) {
      services.organising.toggle(thread.id);
    } else {
      choose(thread);
      return;
    }
    setLastChosen(thread.id);
  };
  /** Away it goes, and the focus to its neighbour. */
  const leave = (thread: Thread, act: (threads: readonly Thread[]) => void) => {
    const index = threads.indexOf(thread);
    act([thread]);
    const neighbour = threads[index + 1] ?? threads[index - 1];
    if (neighbour === undefined) {
      list.current?.focus();
    } else {
      focusItem(list.current, neighbour.id);
    }
  };
  const remove = (thread: Thread) => {
    if (filter.view !== 'trash') {
      leave(thread, actions.remove);
    }
  };
  const toggleMenu = (threadId: string, anchor: HTMLElement) => {
    setMenu(menu?.threadId === threadId ? null : { threadId, anchor });
  };
  const closeMenu = useCallback(() => {
    setMenu(null);
    // At once: what was chosen, or pressed, may put the focus elsewhere after that.
    (itemOf(list.current, menu?.threadId) ?? list.current)?.focus();
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) {
        itemOf(list.current, menu?.threadId)?.focus(); // drawn anew in another section
      }
    });
  }, [menu]);
  const chosen = threads.filter(({ id }) => selection?.has(id));
  const inMenu = threads.find(({ id }) => id === menu?.threadId);
  const key = (event: KeyboardEvent) => {
    const id = (event.target as HTMLElement).closest<HTMLElement>('[data-thread]')
      ?.dataset.thread;
    const index = threads.findIndex(thread => thread.id === id);
    const goal = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: threads.length - 1
    }[event.key];
    if (event.key === 'Escape' && selection !== null) {
      services.organising.endSelection();
      event.stopPropagation();
      return;
    }
    if (index < 0) {
      return;
    }
    if (goal !== undefined) {
      focusItem(list.current, threads[goal]?.id);
    } else if (event.key === 'F2' && filter.view !== 'trash') {
      setRenaming(threads[index].id);
    } else if (event.key === 'Delete') {
      remove(threads[index]);
    } else if (isMenuKey(event)) {
      toggleMenu(threads[index].id, event.target as HTMLElement);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const scroll = ({ currentTarget }: UIEvent<HTMLElement>) => {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget;
    if (scrollHeight - scrollTop - clientHeight < NEAR_THE_END) {
      void services.listing.loadMore();
    }
  };

  return (
    <div
      className="jc-ThreadList"
      role="group"
      aria-label={trans.__('Conversations')}
      onContextMenu={event => {
        if (menu !== null) {
          event.preventDefault(); // the browser's own one, for the same key
        }
      }}
    >
      <div className="jc-ThreadList-head">
        <h3>{trans.__('Conversations')}</h3>
        <IconButton
          icon={AddIcon}
          label={trans.__('New conversation')}
          onClick={() => {
            services.following.openNew();
            onChosen();
            focusComposer();
          }}
        />
      </div>
      <SearchField
        list={search.list}
        active={search.activeId}
        onMove={search.move}
        onChoose={search.choose}
      />
      {search.isSearching ? (
        <SearchResults
          id={search.list}
          idOf={search.idOf}
          active={search.active}
          onChoose={search.choose}
        />
      ) : (
        <>
          <ThreadFilter />
          {filter.view === 'trash' && <TrashNote />}
        </>
      )}
      <div
        className="jc-ThreadList-items"
        hidden={search.isSearching}
        ref={list}
        tabIndex={-1}
        onKeyDown={key}
        onScroll={scroll}
      >
        {grouped(threads, now).map(({ period, threads: members }) => (
          <section key={title(period, trans)} aria-label={title(period, trans)}>
            <h4>{title(period, trans)}</h4>
            <ul>
              {members.map(thread => (
                <ThreadItem
                  key={thread.id}
                  thread={thread}
                  now={now}
                  isOpen={thread.id === open.threadId}
                  isCurrent={thread.id === current}
                  isUnread={unread.has(thread.id)}
                  isChosen={selection === null ? null : selection.has(thread.id)}
                  renaming={thread.id === renaming}
                  onOpen={event => {
                    press(thread, event);
                  }}
                  onRenamed={text => {
                    setRenaming(null);
                    focusItem(list.current, thread.id);
                    if (text !== null) {
                      void services.listing.rename(thread, text);
                    }
                  }}
                  onDelete={() => {
                    remove(thread);
                  }}
                  onArchive={() => {
                    leave(thread, actions.archive);
                  }}
                  onRestore={() => {
                    leave(thread, actions.restore);
                  }}
                  menuShown={thread.id === menu?.threadId}
                  onMore={button => {
                    toggleMenu(thread.id, button);
                  }}
                />
              ))}
            </ul>
          </section>
        ))}
        {threads.length === 0 && phase === 'ready' && (
          <p className="jc-ThreadList-note">{emptyText(filter, trans)}</p>
        )}
        {phase === 'loading' && (threads.length === 0 || next !== null) && (
          <p className="jc-ThreadList-note jc-mod-late">{trans.__('Loading…')}</p>
        )}
        {phase === 'failed' && problem !== null && <ListProblem problem={problem} />}
      </div>
      {selection !== null && !search.isSearching && (
        <BulkBar threads={chosen} all={threads} />
      )}
      {menu !== null && inMenu !== undefined && (
        <ThreadMenu
          key={menu.threadId}
          thread={inMenu}
          anchor={menu.anchor}
          onRename={() => {
            setRenaming(inMenu.id);
          }}
          onSelect={() => {
            services.organising.select([inMenu.id]);
            setLastChosen(inMenu.id);
          }}
          onLeave={act => {
            leave(inMenu, act);
          }}
          onDone={closeMenu}
        />
      )}
    </div>
  );
}

/** Why the list is not whole; what the banner beside it says is not said again. */
function ListProblem({ problem }: { readonly problem: Problem }) {
  const { services, trans } = useChat();
  const health = useChatState(state => state.health);
  const message = trans.__('The conversations could not be loaded.');
  return (
    <ProblemNote
      problem={problem.code === health?.code ? { code: problem.code, message } : problem}
      actions={[
        {
          label: trans.__('Try again'),
          run: () => {
            void services.listing.reload();
          }
        }
      ]}
    />
  );
}

function emptyText({ view, folder, tag }: Filter, trans: Translator): string {
  if (view === 'trash') {
    return trans.__('The trash is empty.');
  }
  if (folder !== null || tag !== null) {
    return trans.__('Nothing is in here any more.');
  }
  return view === 'archived'
    ? trans.__('What you archive leaves the list and stays here.')
    : trans.__('What you ask is kept here, so that you find it again.');
}

function title(period: Period, trans: Translator): string {
  switch (period.kind) {
    case 'pinned':
      return trans.__('Pinned');
    case 'today':
      return trans.__('Today');
    case 'yesterday':
      return trans.__('Yesterday');
    case 'week':
      return trans.__('Previous 7 days');
    case 'month':
      return month(period.year, period.month);
  }
}

function isMenuKey({ key, shiftKey }: KeyboardEvent): boolean {
  return key === 'ContextMenu' || (key === 'F10' && shiftKey);
}

/** Focus an item once it is there: after what React is about to draw. */
function focusItem(list: HTMLElement | null, threadId: string | undefined): void {
  requestAnimationFrame(() => {
    itemOf(list, threadId)?.focus();
  });
}

function itemOf(list: HTMLElement | null, threadId = ''): HTMLElement | null {
  return (
    list?.querySelector<HTMLElement>(`[data-thread="${threadId}"] .jc-ThreadItem-open`) ??
    null
  );
}
