import type { UIEvent } from 'react';
import type { MessageHit, TitleHit } from '../protocol';
import { ForkMark } from './ForkMark';
import { Marked } from './Marked';
import { ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';
import { fullTime, timeOrDay } from './format';

export type Hit = TitleHit | MessageHit;

interface Props {
  readonly id: string;
  readonly idOf: (index: number) => string;
  /** The one that Enter opens. */
  readonly active: number;
  readonly onChoose: (hit: Hit) => void;
}

const NEAR_THE_END = 400;
const NARROWED = /(?:role|model|tag|from|to|has):|"/i;

/** What was found, in place of the list of conversations. */
export function SearchResults({ id, idOf, active, onChoose }: Props) {
  const { services, trans } = useChat();
  const search = useChatState(state => state.search);
  const { text, phase, titles, moreTitles, messages, next, indexing, problem } = search;
  const isEmpty = titles.length + messages.length === 0;
  const isLooking = phase === 'waiting' || (isEmpty && next !== null);
  const now = new Date();

  const scroll = ({ currentTarget }: UIEvent<HTMLElement>) => {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget;
    if (scrollHeight - scrollTop - clientHeight < NEAR_THE_END) {
      void services.searching.moreMessages();
    }
  };
  const option = (hit: Hit, index: number) => (
    <Result
      key={'message_id' in hit ? hit.message_id : hit.thread.id}
      id={idOf(index)}
      hit={hit}
      now={now}
      isActive={index === active}
      onChoose={() => {
        onChoose(hit);
      }}
    />
  );
  return (
    <div
      className="jc-ThreadList-items jc-SearchResults"
      aria-busy={isLooking}
      data-old={phase === 'waiting' || undefined}
      onScroll={scroll}
    >
      {indexing && (
        <p className="jc-ThreadList-note" role="status">
          {trans.__(
            'Older conversations are still being prepared for search; more may be found ' +
              'in a while.'
          )}
        </p>
      )}
      <div id={id} role="listbox" aria-label={trans.__('Search results')}>
        {titles.length > 0 && (
          <div role="group" aria-label={trans.__('Titles')}>
            <h4 aria-hidden="true">{trans.__('Titles')}</h4>
            {titles.map(option)}
          </div>
        )}
        {messages.length > 0 && (
          <div role="group" aria-label={trans.__('Messages')}>
            <h4 aria-hidden="true">{trans.__('Messages')}</h4>
            {messages.map((hit, index) => option(hit, titles.length + index))}
          </div>
        )}
      </div>
      {moreTitles !== null && messages.length === 0 && <MoreTitles />}
      {isEmpty && phase === 'ready' && next === null && (
        <div className="jc-ThreadList-note">
          <p>{trans.__('Nothing found for “%1”.', text.trim())}</p>
          <p>
            {NARROWED.test(text)
              ? trans.__('Try it without quotes or filters, or with other words.')
              : trans.__(
                  'Try fewer or other words; the beginning of the last one is enough.'
                )}
          </p>
        </div>
      )}
      {isLooking && phase !== 'failed' && (
        <p className="jc-ThreadList-note jc-mod-late">{trans.__('Searching…')}</p>
      )}
      {!isLooking && next !== null && (
        <p className="jc-ThreadList-note jc-mod-late">{trans.__('Loading…')}</p>
      )}
      {problem !== null &&
        (problem.code === 'invalid' ? (
          <p className="jc-ThreadList-note" role="status">
            {problem.message}
          </p>
        ) : (
          <ProblemNote
            problem={problem}
            actions={[
              {
                label: trans.__('Try again'),
                run: () => {
                  void services.searching.again();
                }
              }
            ]}
          />
        ))}
    </div>
  );
}

function MoreTitles() {
  const { services, trans } = useChat();
  return (
    <button
      type="button"
      className="jc-Button jc-SearchResults-more"
      onClick={() => {
        void services.searching.moreTitles();
      }}
    >
      {trans.__('More titles')}
    </button>
  );
}

interface ResultProps {
  readonly id: string;
  readonly hit: Hit;
  readonly now: Date;
  readonly isActive: boolean;
  readonly onChoose: () => void;
}

/** Focus stays in the search field: the pointer or Enter chooses. */
function Result({ id, hit, now, isActive, onChoose }: ResultProps) {
  const { trans } = useChat();
  const { thread } = hit;
  const isMessage = 'message_id' in hit;
  const at = isMessage ? hit.created_at : thread.updated_at;
  return (
    <div
      id={id}
      className="jc-Result"
      data-of={isMessage ? 'message' : 'title'}
      role="option"
      aria-selected={isActive}
      onPointerDown={event => {
        event.preventDefault();
      }}
      onClick={onChoose}
    >
      <div className="jc-Result-head">
        <ForkMark thread={thread} />
        <span className="jc-Result-title" dir="auto">
          {isMessage ? (
            (thread.title ?? trans.__('Untitled'))
          ) : (
            <Marked snippet={hit.title} />
          )}
        </span>
        <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
          {timeOrDay(at, now)}
        </time>
      </div>
      {isMessage && (
        <p className="jc-Result-text" dir="auto">
          <span className="jc-Result-role">
            {hit.role === 'user' ? trans.__('You:') : trans.__('Answer:')}
          </span>{' '}
          <Marked snippet={hit.snippet} />
        </p>
      )}
    </div>
  );
}
