import { useCallback, useMemo, useState } from 'react';
import { type Conversation as Known, hasOlder, newest } from '../state/conversation';
import type { ChatState } from '../state/state';
import { EmptyState } from './EmptyState';
import { FirstRun } from './FirstRun';
import { JumpButton } from './JumpButton';
import { MessageList } from './MessageList';
import { OpenProblem } from './OpenProblem';
import { useChat, useChatState } from './context';
import { useConversation, useView } from './hooks';
import { goToEnds } from './keys';
import { useRows } from './useRows';

/** The messages of the thread being shown. */
export function Conversation() {
  const { trans, services } = useChat();
  const { threadId, isNew, problem, target, reached, chosen, jumps, returns } =
    useChatState(state => state.open);
  const setUp = useChatState(isSetUp);
  const conversation = useConversation();
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const [away, setAway] = useState(false);
  const jump = useCallback(() => {
    services.browsing.showNewest();
  }, [services]);
  const rows = useRows();
  const { messages, newer: after } = useView();
  const before =
    conversation !== undefined && messages.length > 0 && hasOlder(conversation);
  const more = useMemo(() => ({ before, after }), [before, after]);
  const isAway = away || after;
  const unseen = useUnseen(conversation, isAway);

  // A message that was opened is looked for before anything is shown.
  const isComing =
    target !== undefined &&
    target !== reached &&
    !rows.some(({ messageId }) => messageId === target.messageId);
  const isShown = rows.length > 0 && !isComing;
  const isEmpty = isNew || (conversation !== undefined && !isComing);
  return (
    <div className="jc-Conversation">
      <div
        className="jc-Conversation-scroll"
        ref={setScroller}
        role="log"
        aria-live="off"
        aria-label={trans.__('Messages')}
        tabIndex={0}
        onKeyDown={event => {
          // A message that was opened has the focus itself.
          const isOnText =
            event.target === event.currentTarget ||
            (event.target as Element).tagName === 'ARTICLE';
          if (isOnText) {
            goToEnds(event, services.browsing);
          }
        }}
      >
        {isShown && scroller !== null ? (
          <MessageList
            key={threadId}
            rows={rows}
            scroller={scroller}
            more={more}
            target={target}
            chosen={chosen}
            jump={jumps ?? 0}
            back={returns ?? 0}
            onAway={setAway}
          />
        ) : (
          <div className="jc-Conversation-column">
            {isEmpty && setUp === true && <EmptyState />}
            {isEmpty && setUp === false && <FirstRun />}
            {(isComing || (conversation === undefined && !isNew)) && problem === null && (
              <p className="jc-Conversation-note jc-mod-late">{trans.__('Loading…')}</p>
            )}
            <OpenProblem />
          </div>
        )}
      </div>
      {isAway && isShown && <JumpButton unseen={unseen} onClick={jump} />}
    </div>
  );
}

/** How many messages have come since the reader scrolled away. */
function useUnseen(conversation: Known | undefined, away: boolean): number {
  const messages = conversation === undefined ? [] : newest(conversation);
  const last = messages.at(-1)?.id;
  const threadId = conversation?.threadId;
  const [seen, setSeen] = useState({ threadId, id: last });
  const isKnown = seen.threadId === threadId && seen.id !== undefined;
  const isOld = seen.threadId !== threadId || seen.id !== last;
  if (isOld && (!away || !isKnown)) {
    // Not in an effect: what comes before that has run would count as seen.
    setSeen({ threadId, id: last });
  }
  // Ids sort by the time they were made.
  return away && isKnown ? messages.filter(({ id }) => id > (seen.id ?? '')).length : 0;
}

/**
 * Whether somebody can answer, as far as that is known: there is a source, and if one
 * has chosen it oneself, it works.
 */
function isSetUp({ account, models }: ChatState): boolean | null {
  if (account === null) {
    return null;
  }
  const broken = account.from_environment !== true && models?.problem != null;
  return account.source != null && !broken;
}
