import type { LibraryReport } from '../protocol';
import { useChat } from './context';
import { number } from './format';

/** What was taken from a file, and what was not. */
export function LibraryReportNote({ report }: { readonly report: LibraryReport }) {
  const { trans } = useChat();
  const { presets = 0, prompts = 0, known = 0, renamed = [], problems = [] } = report;
  const counts = [
    presets > 0 &&
      trans._n('%2 preset added', '%2 presets added', presets, number(presets)),
    prompts > 0 &&
      trans._n('%2 prompt added', '%2 prompts added', prompts, number(prompts)),
    known > 0 &&
      trans._n('%2 was here already', '%2 were here already', known, number(known))
  ].filter(count => count !== false);
  return (
    <div className="jc-LibraryReport" role="status">
      <p>{counts.length > 0 ? counts.join(' · ') : trans.__('Nothing was added.')}</p>
      {renamed.length > 0 && (
        <ul>
          {renamed.map(({ name, now }) => (
            <li key={now}>{trans.__('“%1” is called “%2” here.', name, now)}</li>
          ))}
        </ul>
      )}
      {problems.length > 0 && (
        <>
          <p>{trans.__('Left out:')}</p>
          <ul>
            {problems.map(({ kind, entry, name, message }) => (
              <li key={`${kind} ${String(entry)}`}>
                <strong>
                  {kind === 'presets'
                    ? trans.__('Preset %1', number(entry))
                    : trans.__('Prompt %1', number(entry))}
                  {name != null && ` “${name}”`}:
                </strong>{' '}
                {message}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
