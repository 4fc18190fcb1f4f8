import type { Thread } from '../protocol';
import { useChat } from './context';
import { ForkIcon } from './icons';

/** Stands before the title of a fork, whose own mark at the end may be cut off. */
export function ForkMark({ thread }: { readonly thread: Thread }) {
  const { trans } = useChat();
  return thread.forked_from == null ? null : (
    <span
      className="jc-ForkMark"
      role="img"
      aria-label={trans.__('Fork')}
      title={trans.__('Forked from another conversation')}
    >
      <ForkIcon />
    </span>
  );
}
