import { type ReactNode, createElement } from 'react';
import { useChat } from '../components/context';
import type { Token } from './parser';

interface FrameProps {
  readonly open: Token;
  readonly tight: boolean;
  readonly children: ReactNode;
}

export function ListFrame({ open, tight, children }: FrameProps) {
  const isOrdered = open.type === 'ordered_list_open';
  const start = isOrdered ? Number(open.attrGet('start') ?? 1) : 1;
  return createElement(
    isOrdered ? 'ol' : 'ul',
    {
      className: tight ? 'jc-mod-tight' : undefined,
      start: start === 1 ? undefined : start,
      dir: 'auto'
    },
    children
  );
}

interface ItemProps {
  /** For a task: whether it is done. */
  readonly done?: boolean;
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
