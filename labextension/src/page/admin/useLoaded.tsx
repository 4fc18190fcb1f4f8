import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { problemOf } from '../../chat/client/problem';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat } from '../../chat/components/context';
import type { Problem } from '../../chat/protocol';

interface Loaded<T> {
  readonly found: T | null;
  /** Take in what a change has answered. */
  readonly take: (found: T) => void;
  /** Do something that may be refused, which is then said in `note`. */
  readonly act: (work: Promise<void>) => void;
  /** What is shown while it comes, and where it does not. */
  readonly note: ReactNode;
}

/** What `read` finds, anew whenever it is another one; what was known stays until then. */
export function useLoaded<T>(read: () => Promise<T>): Loaded<T> {
  const { trans } = useChat();
  const [found, setFound] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tries, setTries] = useState(0);
  const wanted = useRef(0);
  const refused = useCallback((error: unknown) => {
    setProblem(problemOf(error));
  }, []);
  useEffect(() => {
    const number = (wanted.current += 1);
    read().then(
      answer => {
        if (number === wanted.current) {
          setFound(answer);
          setProblem(null);
        }
      },
      (error: unknown) => {
        if (number === wanted.current) {
          refused(error);
        }
      }
    );
  }, [read, refused, tries]);
  const note =
    problem !== null ? (
      <ProblemNote
        problem={problem}
        actions={[
          {
            label: trans.__('Try again'),
            run: () => {
              setTries(tries + 1);
            }
          }
        ]}
      />
    ) : found === null ? (
      <p className="jc-Settings-note jc-mod-late">{trans.__('Loading…')}</p>
    ) : null;
  return {
    found,
    note,
    take: answer => {
      wanted.current += 1; // what was asked for before is older
      setFound(answer);
      setProblem(null);
    },
    act: work => {
      work.then(() => {
        setProblem(null);
      }, refused);
    }
  };
}
