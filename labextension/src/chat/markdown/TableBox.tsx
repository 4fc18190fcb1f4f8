import type { ReactNode } from 'react';
import { useChat } from '../components/context';

/** A table in a box of its own, which scrolls where the table is too wide. */
export function TableBox({ children }: { readonly children: ReactNode }) {
  const { trans } = useChat();
  return (
    <div className="jc-Table" role="group" aria-label={trans.__('Table')} tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}
