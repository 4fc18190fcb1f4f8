import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Message } from '../protocol';
import { hasOlder } from '../state/conversation';
import type { ChatState } from '../state/state';
import { problemOf } from '../client/problem';
import type { Problem } from '../protocol';
import { Answer } from './Answer';
import { EmptyState } from './EmptyState';
import { FirstRun } from './FirstRun';
import { IconButton } from './IconButton';
import { PendingQuestion } from './PendingQuestion';
import { AnswerPhase } from './Phase';
import { ProblemNote } from './ProblemNote';
import { Question } from './Question';
import { WaitingRegeneration } from './WaitingRegeneration';
import { useChat, useChatState } from './context';
import { useConversation, useView } from './hooks';
import { DownIcon } from './icons';
import { useFollowBottom } from './useFollowBottom';

/** Older messages are fetched when the reader comes this near to the top. */
const NEAR_THE_TOP = 600;

/** The messages of the thread being shown. */
export function Conversation() {
  const { services, trans } = useChat();
  const { threadId, isNew, problem } = useChatState(state => state.open);
  const setUp = useChatState(isSetUp);
  const conversation = useConversation();
  const { messages, pending, running, regenerating } = useView();
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isEmpty = messages.length === 0 && pending.length === 0;
  const { away, jump } = useFollowBottom(scroller, content, isEmpty ? null : threadId);
  const unseen = useUnseen(messages, away);
  const sentLast = pending.at(-1)?.clientId;
  useEffect(() => {
    if (sentLast !== undefined) {
      jump(); // one's own question is always shown
    }
  }, [sentLast, jump]);

  const online = useChatState(state => state.connection.phase === 'open');
  const coming = pending.some(({ state }) => state === 'waiting' || state === 'arrived');
  return (
    <div className="jc-Conversation">
      <div
        className="jc-Conversation-scroll"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={trans.__('Messages')}
        tabIndex={0}
      >
        <div className="jc-Conversation-column" ref={content}>
          {conversation !== undefined && hasOlder(conversation) && (
            <Older key={messages[0]?.id} scroller={scroller} />
          )}
          {isEmpty && isNew && setUp !== null && (setUp ? <EmptyState /> : <FirstRun />)}
          {conversation === undefined && !isNew && problem === null && (
            <p className="jc-Conversation-note jc-mod-late">{trans.__('Loading…')}</p>
          )}
          {problem !== null && (
            <ProblemNote
              problem={problem}
              actions={[
                problem.code === 'not_found'
                  ? {
                      label: trans.__('New conversation'),
                      run: () => {
                        services.following.openNew();
                      }
                    }
                  : {
                      label: trans.__('Try again'),
                      run: () => {
                        void services.following.follow(true);
                      }
                    }
              ]}
            />
          )}
          {messages.map((message, index) =>
            message.role === 'user' ? (
              <Question key={message.client_id ?? message.id} message={message} />
            ) : (
              <Answer
                key={message.id}
                message={message}
                isLast={index === messages.length - 1 && pending.length === 0}
              />
            )
          )}
          {pending.map(question => (
            <PendingQuestion key={question.clientId} question={question} />
          ))}
          {regenerating !== undefined && !online ? (
            <WaitingRegeneration entry={regenerating} />
          ) : (
            online &&
            (coming || regenerating !== undefined) && (
              <AnswerPhase phase={running ? 'queued' : 'sending'} />
            )
          )}
        </div>
      </div>
      {away && (
        <div className="jc-Jump">
          <IconButton
            icon={DownIcon}
            label={
              unseen > 0
                ? trans._n(
                    'Jump to the newest: %1 new',
                    'Jump to the newest: %1 new',
                    unseen
                  )
                : trans.__('Jump to the newest')
            }
            onClick={jump}
          />
          {unseen > 0 && (
            <span className="jc-Jump-count" aria-hidden="true">
              {unseen}
            </span>
          )}
        </div>
      )}
    </div>
  );
}

/** How many messages have come since the reader scrolled away. */
function useUnseen(messages: readonly Message[], away: boolean): number {
  const last = messages.at(-1)?.id ?? '';
  const [seen, setSeen] = useState(last);
  useEffect(() => {
    if (!away) {
      setSeen(last);
    }
  }, [away, last]);
  // Ids sort by the time they were made.
  return away ? messages.filter(({ id }) => id > seen).length : 0;
}

/** Fetches the page before, when it comes near; what is being read stays in its place. */
function Older({ scroller }: { readonly scroller: React.RefObject<HTMLElement | null> }) {
  const { services, trans } = useChat();
  const [problem, setProblem] = useState<Problem | null>(null);
  const mark = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const watched = mark.current;
    if (watched === null || problem !== null) {
      return undefined;
    }
    const observer = new IntersectionObserver(
      entries => {
        if (entries.some(entry => entry.isIntersecting)) {
          services.following.loadOlder().catch((error: unknown) => {
            setProblem(problemOf(error));
          });
        }
      },
      { root: scroller.current, rootMargin: `${String(NEAR_THE_TOP)}px 0px 0px 0px` }
    );
    observer.observe(watched);
    return () => {
      observer.disconnect();
    };
  }, [services, scroller, problem]);

  // It is taken away in the same commit that puts the older messages in its place.
  useLayoutEffect(() => {
    const element = scroller.current;
    return () => {
      if (element !== null) {
        const fromEnd = element.scrollHeight - element.scrollTop;
        requestAnimationFrame(() => {
          element.scrollTop = element.scrollHeight - fromEnd;
        });
      }
    };
  }, [scroller]);

  return (
    <div className="jc-Conversation-note" ref={mark}>
      {problem === null ? (
        <span className="jc-mod-late">{trans.__('Loading older messages…')}</span>
      ) : (
        <ProblemNote
          problem={problem}
          actions={[
            {
              label: trans.__('Try again'),
              run: () => {
                setProblem(null);
              }
            }
          ]}
        />
      )}
    </div>
  );
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
