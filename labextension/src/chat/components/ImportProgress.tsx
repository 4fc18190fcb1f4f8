import { useEffect } from 'react';
import type { Import, ImportProblem } from '../protocol';
import { isFinal } from '../state/exchange';
import { ProblemNote } from './ProblemNote';
import { useChat } from './context';
import { number, percent } from './format';

interface Props {
  readonly progress: Import;
  readonly interrupted: boolean;
  readonly sending: boolean;
}

/** How far an import has come, and in the end what became of it. */
export function ImportProgress({ progress, interrupted, sending }: Props) {
  const { services, trans, announce } = useChat();
  const ended = isFinal(progress) || interrupted;
  const heading = useHeading({ progress, interrupted, sending });
  const done =
    progress.state === 'uploading'
      ? part(progress.received, progress.size)
      : part(progress.read, progress.total);
  useEffect(() => {
    announce(heading);
  }, [announce, heading]);

  return (
    <div className="jc-Import" data-state={progress.state}>
      <p className="jc-Import-heading">
        <strong>{heading}</strong> <span title={progress.name}>{progress.name}</span>
      </p>
      {!ended && <progress aria-label={heading} max={1} value={done} />}
      {interrupted && (
        <p>
          {progress.state === 'uploading'
            ? trans.__(
                'The server was restarted after %1 of the file had been sent. Choose the same file again: it goes on where it stopped.',
                percent(done)
              )
            : trans.__(
                'The server was restarted after %1 of the file had been read. Choose the same file again: it goes on where it stopped.',
                percent(done)
              )}
        </p>
      )}
      {progress.state === 'uploading' && !sending && !interrupted && (
        <p>{trans.__('The upload was interrupted. Choose the same file to go on.')}</p>
      )}
      <Counts progress={progress} />
      {progress.problem != null && <ProblemNote problem={progress.problem} />}
      <Omissions progress={progress} />
      <Problems progress={progress} />
      {!ended && (
        <button
          type="button"
          className="jc-Button"
          onClick={() => {
            void services.takingAlong.cancel();
          }}
        >
          {trans.__('Cancel the import')}
        </button>
      )}
    </div>
  );
}

function useHeading({ progress, interrupted, sending }: Props): string {
  const { trans } = useChat();
  if (interrupted) {
    return trans.__('Interrupted');
  }
  switch (progress.state) {
    case 'uploading':
      return sending ? trans.__('Sending…') : trans.__('Not sent yet');
    case 'running':
      return trans.__('Importing…');
    case 'done':
      return isVain(progress)
        ? trans.__('Nothing could be imported')
        : trans.__('Imported');
    case 'cancelled':
      return trans.__('Cancelled');
    case 'failed':
      return trans.__('Not imported');
  }
}

function Counts({ progress }: { readonly progress: Import }) {
  const { trans } = useChat();
  const { threads_added = 0, threads_known = 0, threads_failed = 0 } = progress;
  const none = threads_added + threads_known + threads_failed === 0;
  const { state } = progress;
  if (state === 'uploading' || (none && (state !== 'done' || isVain(progress)))) {
    return null;
  }
  const counts = [
    trans._n(
      '%2 conversation added',
      '%2 conversations added',
      threads_added,
      number(threads_added)
    )
  ];
  if (threads_known > 0) {
    counts.push(
      trans._n(
        '%2 was here already',
        '%2 were here already',
        threads_known,
        number(threads_known)
      )
    );
  }
  if (threads_failed > 0) {
    counts.push(trans.__('%1 could not be taken over', number(threads_failed)));
  }
  return <p>{counts.join(' · ')}</p>;
}

function Omissions({ progress: { omissions = [] } }: { readonly progress: Import }) {
  const { trans } = useChat();
  if (omissions.length === 0) {
    return null;
  }
  const list = omissions
    .map(({ what, count }) => `${what} (${number(count)})`)
    .join(', ');
  return <p className="jc-Import-left">{trans.__('Left out: %1.', list)}</p>;
}

function Problems({ progress }: { readonly progress: Import }) {
  const { trans } = useChat();
  const { problems = [], more_problems = 0, state, threads_failed = 0 } = progress;
  const count = problems.length + more_problems;
  if (count === 0) {
    return null;
  }
  return (
    <details className="jc-Import-problems" open={count <= 3 || isVain(progress)}>
      <summary>{trans._n('%2 problem', '%2 problems', count, number(count))}</summary>
      <ul tabIndex={0} aria-label={trans.__('Problems')}>
        {problems.map((problem, index) => (
          <li key={index}>
            <Place problem={problem} />
            {problem.message}
          </li>
        ))}
        {more_problems > 0 && (
          <li>
            {trans._n('and %2 more', 'and %2 more', more_problems, number(more_problems))}
          </li>
        )}
      </ul>
      {state === 'done' && threads_failed > 0 && (
        <p>
          {trans.__(
            'Everything else was kept. For what was left out, export again where it comes from and import that file: only what is missing is added.'
          )}
        </p>
      )}
    </details>
  );
}

/** Whether there was something in the file, but nothing that could be taken over. */
function isVain(progress: Import): boolean {
  const { problems = [], threads_added = 0, threads_known = 0 } = progress;
  const none = threads_added + threads_known + (progress.messages_added ?? 0) === 0;
  return progress.state === 'done' && problems.length > 0 && none;
}

/** Where in the file it is. */
function Place({ problem: { entry, title, file } }: { readonly problem: ImportProblem }) {
  const { trans } = useChat();
  const place = [
    file,
    entry != null ? trans.__('entry %1', number(entry)) : null,
    title != null ? `“${title}”` : null
  ].filter(each => each != null);
  return place.length > 0 ? <strong>{place.join(', ')}: </strong> : null;
}

function part(done = 0, all = 0): number {
  return all > 0 ? Math.min(done / all, 1) : 0;
}
