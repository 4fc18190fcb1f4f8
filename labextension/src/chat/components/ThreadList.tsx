import { type KeyboardEvent, type UIEvent, useRef, useState } from 'react';
import type { Translator } from '../i18n';
import type { Thread } from '../protocol';
import { type Period, grouped } from '../state/threads';
import { IconButton } from './IconButton';
import { ProblemNote } from './ProblemNote';
import { ThreadItem } from './ThreadItem';
import { useChat, useChatState } from './context';
import { month } from './format';
import { AddIcon } from './icons';

const NEAR_THE_END = 400;

interface Props {
  /** A conversation was chosen: the list may make room for it. */
  readonly onChosen: () => void;
}

/** All conversations, newest first; arrows move, Enter opens, F2 renames, Delete deletes. */
export function ThreadList({ onChosen }: Props) {
  const { services, trans, focusComposer } = useChat();
  const { threads, next, phase, problem } = useChatState(state => state.threads);
  const open = useChatState(state => state.open);
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
  const remove = (thread: Thread) => {
    const index = threads.indexOf(thread);
    void services.listing.remove(thread);
    const neighbour = threads[index + 1] ?? threads[index - 1];
    focusItem(list.current, neighbour?.id);
  };
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
    if (index < 0) {
      return;
    }
    if (goal !== undefined) {
      focusItem(list.current, threads[goal]?.id);
    } else if (event.key === 'F2') {
      setRenaming(threads[index].id);
    } else if (event.key === 'Delete') {
      remove(threads[index]);
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
    <div className="jc-ThreadList" role="group" aria-label={trans.__('Conversations')}>
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
      <div className="jc-ThreadList-items" ref={list} onKeyDown={key} onScroll={scroll}>
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
                  renaming={thread.id === renaming}
                  onOpen={() => {
                    choose(thread);
                  }}
                  onRename={() => {
                    setRenaming(thread.id);
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
                />
              ))}
            </ul>
          </section>
        ))}
        {threads.length === 0 && phase === 'ready' && (
          <p className="jc-ThreadList-note">
            {trans.__('What you ask is kept here, so that you find it again.')}
          </p>
        )}
        {phase === 'loading' && (threads.length === 0 || next !== null) && (
          <p className="jc-ThreadList-note jc-mod-late">{trans.__('Loading…')}</p>
        )}
        {phase === 'failed' && problem !== null && (
          <ProblemNote
            problem={problem}
            actions={[
              {
                label: trans.__('Try again'),
                run: () => {
                  void services.listing.reload();
                }
              }
            ]}
          />
        )}
      </div>
    </div>
  );
}

function title(period: Period, trans: Translator): string {
  switch (period.kind) {
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

/** Focus an item once it is there: after what React is about to draw. */
function focusItem(list: HTMLElement | null, threadId: string | undefined): void {
  requestAnimationFrame(() => {
    list
      ?.querySelector<HTMLElement>(
        `[data-thread="${threadId ?? ''}"] .jc-ThreadItem-open`
      )
      ?.focus();
  });
}
