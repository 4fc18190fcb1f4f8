import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { SubpageProps } from '../../chat/Chat';
import { problemOf } from '../../chat/client/problem';
import { save } from '../../chat/client/server';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat, useChatState } from '../../chat/components/context';
import type { PersonInfo, PersonState, Problem } from '../../chat/protocol';
import { Subpage } from '../admin/Subpage';
import { InvitationsSection } from './InvitationsSection';
import { PersonRow } from './PersonRow';
import { AccountCalls } from './calls';

const TYPED_MS = 250;

interface Props extends SubpageProps {
  /** A hub looks after names, passwords and roles. */
  readonly ofHub?: boolean;
}

/** For administrators: who has an account, and who is invited. */
export function PeoplePage({ onDone, ofHub = false }: Props) {
  const { services, trans } = useChat();
  const calls = useMemo(() => new AccountCalls(services.rest), [services]);
  const own = useChatState(state => state.user?.id);
  const [begins, setBegins] = useState('');
  const [state, setState] = useState<PersonState | ''>('');
  const { people, next, problem, load, replace, act } = usePeople(calls, begins, state);
  /** The password that was made up last, and for whom. */
  const [given, setGiven] = useState<{ id: string; password: string } | null>(null);
  return (
    <Subpage title={trans.__('People')} onDone={onDone}>
      <div className="jc-People-search jc-Field">
        <input
          type="search"
          value={begins}
          aria-label={trans.__('Sign-in name begins with')}
          placeholder={trans.__('Sign-in name begins with…')}
          onChange={event => {
            setBegins(event.target.value);
          }}
        />
        <select
          aria-label={trans.__('Which people')}
          value={state}
          onChange={event => {
            setState(event.target.value as PersonState | '');
          }}
        >
          <option value="">{trans.__('All')}</option>
          {!ofHub && <option value="pending">{trans.__('Waiting')}</option>}
          <option value="active">{trans.__('Active')}</option>
          <option value="disabled">{trans.__('Disabled')}</option>
          <option value="gone">{trans.__('Gone')}</option>
        </select>
      </div>
      {problem !== null && (
        <ProblemNote
          problem={problem}
          actions={[{ label: trans.__('Try again'), run: load }]}
        />
      )}
      {people?.length === 0 && (
        <p className="jc-Settings-note">{trans.__('There is nobody of that kind.')}</p>
      )}
      <ul className="jc-Entries" aria-label={trans.__('People')}>
        {people?.map(person => (
          <PersonRow
            key={person.id}
            person={person}
            isOneself={person.id === own}
            ofHub={ofHub}
            onChange={patch => {
              setGiven(null);
              act(calls.changePerson(person.id, patch), replace);
            }}
            onGivePassword={() => {
              act(calls.givePassword(person.id), ({ password }) => {
                setGiven({ id: person.id, password });
              });
            }}
            given={given?.id === person.id ? given.password : null}
            onExport={() => {
              const path = `admin/people/${person.id}/export`;
              act(services.rest.checkExport(path), () => {
                save(services.server, path);
              });
            }}
            onDelete={() => {
              setGiven(null);
              act(calls.deletePerson(person.id), replace);
            }}
          />
        ))}
      </ul>
      {next !== null && (
        <button type="button" className="jc-Button" onClick={next}>
          {trans.__('Show more')}
        </button>
      )}
      {!ofHub && <InvitationsSection calls={calls} />}
    </Subpage>
  );
}

/** People who are looked for; what is typed is looked for when one pauses. */
function usePeople(calls: AccountCalls, begins: string, state: PersonState | '') {
  const [people, setPeople] = useState<readonly PersonInfo[] | null>(null);
  const [after, setAfter] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tries, setTries] = useState(0);
  const wanted = useRef(0);
  const refused = useCallback((error: unknown) => {
    setProblem(problemOf(error));
  }, []);
  const read = useCallback(
    async (from: string) => {
      const number = (wanted.current += 1);
      const page = await calls.people(begins, state, from);
      if (number === wanted.current) {
        setPeople(before =>
          from === '' ? page.people : [...(before ?? []), ...page.people]
        );
        setAfter(page.next ?? null);
        setProblem(null);
      }
    },
    [calls, begins, state]
  );
  useEffect(() => {
    const timer = setTimeout(
      () => {
        read('').catch(refused);
      },
      begins === '' ? 0 : TYPED_MS
    );
    return () => {
      clearTimeout(timer);
    };
  }, [read, refused, begins, tries]);
  return {
    people,
    problem,
    next:
      after === null
        ? null
        : () => {
            read(after).catch(refused);
          },
    load: () => {
      setTries(tries + 1);
    },
    replace: (changed: PersonInfo) => {
      setPeople(
        before => before?.map(each => (each.id === changed.id ? changed : each)) ?? null
      );
    },
    act: <T,>(work: Promise<T>, done: (result: T) => void) => {
      work.then(result => {
        setProblem(null);
        done(result);
      }, refused);
    }
  };
}
