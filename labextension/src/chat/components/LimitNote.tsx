import { type ReactNode, useState } from 'react';
import { IconButton } from './IconButton';
import { useChat } from './context';
import { CloseIcon, WarningIcon } from './icons';

/** From this part of a limit on it is said. */
const NEARLY = 0.8;

interface Props {
  /** How much of the limit is taken: 1 is all of it. */
  readonly share: number;
  /** Where it is kept which note was closed last. */
  readonly memory: string;
  /** The limit and its span of time: each is said once. */
  readonly name: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

/** Says that a limit is near, until that is closed, or that it is reached. */
export function LimitNote({ share, memory, name, action, children }: Props) {
  const { services, trans } = useChat();
  const [seen, setSeen] = useState(() => services.memory.read(memory));
  const isReached = share >= 1;
  if (share < NEARLY || (!isReached && seen === name)) {
    return null;
  }
  return (
    <div
      className="jc-ThreadNote jc-BudgetNote"
      role="status"
      data-spent={isReached || undefined}
    >
      <WarningIcon />
      <span>{children}</span>
      {action}
      {!isReached && (
        <IconButton
          icon={CloseIcon}
          label={trans.__('Close')}
          onClick={() => {
            services.memory.write(memory, name);
            setSeen(name);
          }}
        />
      )}
    </div>
  );
}
