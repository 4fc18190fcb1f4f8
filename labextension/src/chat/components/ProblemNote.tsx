import type { Problem } from '../protocol';
import { useChat } from './context';
import { WarningIcon } from './icons';

export interface Action {
  readonly label: string;
  readonly run: () => void;
}

interface Props {
  /** For the fields that it is about. */
  readonly id?: string;
  readonly problem: Problem;
  readonly actions?: readonly Action[];
}

/** What went wrong, where it did, and what can be done about it. */
export function ProblemNote({ id, problem, actions = [] }: Props) {
  const { trans } = useChat();
  return (
    <div id={id} className="jc-Problem" data-code={problem.code}>
      <WarningIcon />
      <div className="jc-Problem-text">
        <p>{problem.message}</p>
        {problem.detail != null && problem.detail !== '' && (
          <details>
            <summary>{trans.__('Details')}</summary>
            <pre>{problem.detail}</pre>
          </details>
        )}
        {actions.length > 0 && (
          <div className="jc-Buttons">
            {actions.map(({ label, run }, index) => (
              <button
                key={label}
                type="button"
                className={index === 0 ? 'jc-Button jc-mod-accent' : 'jc-Button'}
                onClick={run}
              >
                {label}
              </button>
            ))}
          </div>
        )}
      </div>
    </div>
  );
}
