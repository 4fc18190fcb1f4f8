import { useCallback, useMemo, useState } from 'react';
import type { SubpageProps } from '../../chat/Chat';
import { useChat } from '../../chat/components/context';
import { timeAndDay } from '../../chat/components/format';
import type { Flagged, FlaggedList } from '../../chat/protocol';
import { Subpage } from './Subpage';
import { AdminCalls } from './calls';
import { useLoaded } from './useLoaded';

/** What was flagged: where and for what, not what it says. */
export function FlaggedPage({ onDone }: SubpageProps) {
  const { services, trans } = useChat();
  const calls = useMemo(() => new AdminCalls(services.rest), [services]);
  const [unseen, setUnseen] = useState(true);
  const { found, note, take, act } = useLoaded<FlaggedList>(
    useCallback(() => calls.flagged(unseen, null), [calls, unseen])
  );
  const waiting = (found?.flagged ?? []).filter(each => each.seen_at == null);
  const see = (which: readonly Flagged[]) => {
    const ids = which.map(each => each.id);
    const at = Date.now();
    act(
      calls.see(ids).then(() => {
        if (found !== null) {
          const seen = found.flagged.map(each =>
            ids.includes(each.id) ? { ...each, seen_at: at } : each
          );
          take({ ...found, flagged: seen });
        }
      })
    );
  };
  const more = () => {
    const last = found?.flagged.at(-1);
    if (found === null || last === undefined) {
      return;
    }
    act(
      calls.flagged(unseen, last.id).then(page => {
        take({
          flagged: [...found.flagged, ...page.flagged],
          names: { ...found.names, ...page.names },
          more: page.more
        });
      })
    );
  };
  return (
    <Subpage title={trans.__('What was flagged')} onDone={onDone}>
      <p className="jc-Settings-note">
        {trans.__(
          'Who, when and for what. What was said is shown to nobody but the person.'
        )}
      </p>
      <div className="jc-Admin-tools">
        <div className="jc-Field">
          <select
            aria-label={trans.__('Which of it')}
            value={unseen ? 'new' : 'all'}
            onChange={event => {
              setUnseen(event.target.value === 'new');
            }}
          >
            <option value="new">{trans.__('Not seen yet')}</option>
            <option value="all">{trans.__('All')}</option>
          </select>
        </div>
        {waiting.length > 1 && (
          <button
            type="button"
            className="jc-Button"
            onClick={() => {
              see(waiting);
            }}
          >
            {trans.__('Mark all of these as seen')}
          </button>
        )}
      </div>
      {note}
      {found?.flagged.length === 0 && (
        <p className="jc-Settings-note">
          {unseen
            ? trans.__('There is nothing that you have not seen.')
            : trans.__('Nothing was flagged.')}
        </p>
      )}
      <ul className="jc-Entries">
        {found?.flagged.map(each => (
          <Row
            key={each.id}
            flagged={each}
            name={found.names?.[each.user_id] ?? each.user_id}
            onSeen={() => {
              see([each]);
            }}
          />
        ))}
      </ul>
      {found?.more === true && (
        <button type="button" className="jc-Button" onClick={more}>
          {trans.__('Show more')}
        </button>
      )}
    </Subpage>
  );
}

interface RowProps {
  readonly flagged: Flagged;
  readonly name: string;
  readonly onSeen: () => void;
}

function Row({ flagged, name, onSeen }: RowProps) {
  const { trans } = useChat();
  const { direction, categories, blocked, at, seen_at: seenAt } = flagged;
  const now = new Date();
  const what =
    direction === 'input'
      ? blocked
        ? trans.__('a question, not sent')
        : trans.__('a question, sent')
      : blocked
        ? trans.__('an answer, withdrawn')
        : trans.__('an answer, left as it is');
  return (
    <li className="jc-Entry jc-Person">
      <span className="jc-Entry-text">
        <span>
          {name}
          {categories.map(category => (
            <em key={category} className="jc-State">
              {category === 'unchecked' ? trans.__('could not be looked at') : category}
            </em>
          ))}
        </span>
        <small>{[timeAndDay(at, now), what].join(' · ')}</small>
      </span>
      {seenAt == null ? (
        <button
          type="button"
          className="jc-Button"
          aria-label={trans.__('Mark as seen: %1, %2', name, timeAndDay(at, now))}
          onClick={onSeen}
        >
          {trans.__('Mark as seen')}
        </button>
      ) : (
        <small className="jc-Settings-note">
          {trans.__('seen %1', timeAndDay(seenAt, now))}
        </small>
      )}
    </li>
  );
}
