import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import type { SubpageProps } from '../../chat/Chat';
import { problemOf } from '../../chat/client/problem';
import { CopyButton } from '../../chat/components/CopyButton';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat } from '../../chat/components/context';
import { fullTime, number, timeAndDay } from '../../chat/components/format';
import type {
  AuditEntry,
  AuditPage as Page,
  AuditVerdict,
  Problem
} from '../../chat/protocol';
import { Subpage } from './Subpage';
import { AdminCalls } from './calls';
import { useLoaded } from './useLoaded';

const TYPED_MS = 300;
const MOST_BREAKS = 20;

/** What happened that matters for the safety of the whole, and whether the log is as it was
 * written. */
export function AuditPage({ onDone }: SubpageProps) {
  const { services, trans } = useChat();
  const calls = useMemo(() => new AdminCalls(services.rest), [services]);
  const [typed, setTyped] = useState('');
  const [event, setEvent] = useState('');
  const person = useSettled(typed.trim());
  const { found, note, take, act } = useLoaded<Page>(
    useCallback(() => calls.audit(person, event, null), [calls, person, event])
  );
  const more = () => {
    const last = found?.entries.at(-1);
    if (found === null || last === undefined) {
      return;
    }
    act(
      calls.audit(person, event, last.number).then(page => {
        take({
          ...page,
          entries: [...found.entries, ...page.entries],
          names: { ...found.names, ...page.names }
        });
      })
    );
  };
  return (
    <Subpage title={trans.__('Audit log')} onDone={onDone}>
      <Verify calls={calls} />
      <div className="jc-People-search jc-Field">
        <input
          type="search"
          value={typed}
          aria-label={trans.__('Person, by name')}
          placeholder={trans.__('Person, by name…')}
          onChange={changed => {
            setTyped(changed.target.value);
          }}
        />
        <select
          aria-label={trans.__('Which events')}
          value={event}
          onChange={changed => {
            setEvent(changed.target.value);
          }}
        >
          <option value="">{trans.__('All events')}</option>
          {found?.events.map(each => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </div>
      {note}
      {found?.entries.length === 0 && (
        <p className="jc-Settings-note">{trans.__('There is nothing of that kind.')}</p>
      )}
      <ol className="jc-Entries" aria-label={trans.__('Entries, the newest first')}>
        {found?.entries.map(entry => (
          <Entry key={entry.number} entry={entry} names={found.names} />
        ))}
      </ol>
      {found?.more === true && (
        <button type="button" className="jc-Button" onClick={more}>
          {trans.__('Show more')}
        </button>
      )}
    </Subpage>
  );
}

interface EntryProps {
  readonly entry: AuditEntry;
  readonly names: Readonly<Record<string, string>>;
}

function Entry({ entry, names }: EntryProps) {
  const { trans } = useChat();
  const { number: count, at, user_id: userId, event, subject, detail } = entry;
  const named = (id: string) => names[id] ?? id;
  const who = userId === '' ? trans.__('the server') : named(userId);
  const whom = subject === '' || subject === userId ? null : named(subject);
  return (
    <li className="jc-Entry jc-Person">
      <span className="jc-Entry-text">
        <span>
          {event}
          {detail !== '' && <span className="jc-Admin-detail"> {detail}</span>}
        </span>
        <small>
          {whom === null ? who : trans.__('%1 → %2', who, whom)}
          {' · '}
          <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
            {timeAndDay(at, new Date())}
          </time>
        </small>
      </span>
      <small className="jc-Settings-note">{trans.__('No. %1', number(count))}</small>
    </li>
  );
}

/** Whether the chain of entries holds. */
function Verify({ calls }: { readonly calls: AdminCalls }) {
  const { trans } = useChat();
  const [verdict, setVerdict] = useState<AuditVerdict | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    setVerdict(null);
    setProblem(null);
    try {
      setVerdict(await calls.verify());
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button
        type="button"
        className="jc-Button"
        aria-disabled={isBusy || undefined}
        onClick={() => {
          if (!isBusy) {
            void verify();
          }
        }}
      >
        {isBusy ? trans.__('Looking at every entry…') : trans.__('Verify the log')}
      </button>
      <div role="status">{verdict !== null && <Verdict verdict={verdict} />}</div>
      {problem !== null && <ProblemNote problem={problem} />}
    </>
  );
}

function Verdict({ verdict }: { readonly verdict: AuditVerdict }) {
  const { trans } = useChat();
  const { entries, number: last, digest, breaks } = verdict;
  if (breaks.length > 0) {
    return (
      <ProblemNote
        problem={{
          code: 'internal',
          message: trans.__(
            'The log was tampered with or damaged. Nothing was changed; `jupyter chat audit verify` says the same to whoever looks after the server.'
          ),
          detail: listed(breaks.map(each => each.why))
        }}
      />
    );
  }
  const end = `${String(last)}:${digest}`;
  const said: ReactNode = trans._n(
    'The chain of %2 entry is whole.',
    'The chain of %2 entries is whole.',
    entries,
    number(entries)
  );
  return (
    <div className="jc-Made">
      <p>{said}</p>
      {entries > 0 && (
        <>
          <p>
            {trans.__(
              'Note its end somewhere else: only that shows later whether something was cut off.'
            )}
          </p>
          <p className="jc-Made-link">
            <code>{end}</code>
            <CopyButton text={end} label={trans.__('Copy the end of the log')} />
          </p>
        </>
      )}
    </div>
  );
}

function listed(lines: readonly string[]): string {
  const shown = lines.slice(0, MOST_BREAKS);
  return lines.length > MOST_BREAKS ? [...shown, '…'].join('\n') : shown.join('\n');
}

/** What is typed, once one pauses. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(text);
    }, TYPED_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return settled;
}
