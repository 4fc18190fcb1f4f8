import type { Thread } from '../protocol';
import { useChat } from './context';
import { fullTime } from './format';

const DAY = 86_400_000;

interface Props {
  readonly thread: Thread;
  readonly now: Date;
}

/** In the list: that a conversation in which nothing happens goes to the trash, and when. */
export function RetireNote({ thread, now }: Props) {
  const { trans } = useChat();
  const { retire_at: at, deleted_at: deletedAt } = thread;
  if (at == null || deletedAt != null) {
    return null;
  }
  const days = Math.ceil((at - now.getTime()) / DAY);
  return (
    <span className="jc-RetireNote" title={fullTime(at)}>
      {days <= 1
        ? trans.__('Goes to the trash within a day, unless you ask something')
        : trans._n(
            'Goes to the trash in %1 day, unless you ask something',
            'Goes to the trash in %1 days, unless you ask something',
            days
          )}
    </span>
  );
}
