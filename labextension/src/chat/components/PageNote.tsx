import type { Problem } from '../protocol';
import { ProblemNote } from './ProblemNote';
import { useChat } from './context';

interface Props {
  readonly where: 'before' | 'after';
  /** Why the page could not be had. */
  readonly problem: Problem | null;
  readonly onRetry: () => void;
}

/** Stands at an end of the messages at hand where there are more. */
export function PageNote({ where, problem, onRetry }: Props) {
  const { trans } = useChat();
  return (
    <div className="jc-PageNote" data-where={where}>
      {problem === null ? (
        <span className="jc-Conversation-note jc-mod-late">
          {where === 'before'
            ? trans.__('Loading older messages…')
            : trans.__('Loading newer messages…')}
        </span>
      ) : (
        <ProblemNote
          problem={problem}
          actions={[{ label: trans.__('Try again'), run: onRetry }]}
        />
      )}
    </div>
  );
}
