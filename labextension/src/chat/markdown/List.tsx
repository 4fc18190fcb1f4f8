import type { ReactNode } from 'react';
import { useChat } from '../components/context';

interface FrameProps {
  /** The first number; `undefined` for bullets. */
  readonly start: number | undefined;
  readonly tight: boolean;
  readonly children: ReactNode;
}

export function ListFrame({ start, tight, children }: FrameProps) {
  const className = tight ? 'jc-mod-tight' : undefined;
  return start === undefined ? (
    <ul className={className} dir="auto">
      {children}
    </ul>
  ) : (
    <ol className={className} dir="auto" start={start === 1 ? undefined : start}>
      {children}
    </ol>
  );
}

interface ItemProps {
  /** For a task: whether it is done. */
  readonly done: boolean | undefined;
  readonly children: ReactNode;
}

export function ListItem({ done, children }: ItemProps) {
  return done === undefined ? (
    <li>{children}</li>
  ) : (
    <li className="jc-mod-task">
      <TaskBox done={done} />
      {children}
    </li>
  );
}

function TaskBox({ done }: { readonly done: boolean }) {
  const { trans } = useChat();
  return (
    <input
      type="checkbox"
      checked={done}
      disabled
      aria-label={done ? trans.__('Done') : trans.__('To do')}
    />
  );
}
