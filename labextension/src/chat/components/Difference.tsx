import { useEffect, useState } from 'react';
import { type DiffRow, diffRows } from './diffRows';
import { useChat } from './context';

interface Props {
  readonly before: string;
  readonly after: string;
}

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;

/** What changes from one text to another, line by line. */
export function Difference({ before, after }: Props) {
  const { trans } = useChat();
  const [rows, setRows] = useState<readonly DiffRow[] | null>(null);
  useEffect(() => {
    let current = true;
    void import('diff').then(({ diffLines }) => {
      if (current) {
        // A last line without its end is no change.
        setRows(diffRows(diffLines(`${before}\n`, `${after}\n`)));
      }
    });
    return () => {
      current = false;
    };
  }, [before, after]);
  const names = { added: trans.__('added'), removed: trans.__('removed') } as const;
  return (
    <div
      className="jc-Diff"
      role="region"
      tabIndex={0}
      aria-label={trans.__('What would change')}
    >
      {rows?.map((row, index) =>
        row.kind === 'skipped' ? (
          <div key={index} className="jc-Diff-skipped">
            {trans._n('%1 unchanged line', '%1 unchanged lines', row.lines)}
          </div>
        ) : (
          <div key={index} className="jc-Diff-row" data-change={row.kind}>
            <span aria-hidden>{SIGNS[row.kind]}</span>
            {row.kind !== 'same' && (
              <span className="jc-Spoken">{`${names[row.kind]}: `}</span>
            )}
            <code>{row.text}</code>
          </div>
        )
      )}
    </div>
  );
}
