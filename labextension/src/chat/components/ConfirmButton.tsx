import { useState } from 'react';
import { useChat } from './context';

interface Props {
  readonly label: string;
  /** What the second press does: it cannot be taken back. */
  readonly confirmation: string;
  readonly onConfirm: () => void;
}

/** For what cannot be undone: the first press asks, in the same place. */
export function ConfirmButton({ label, confirmation, onConfirm }: Props) {
  const { trans } = useChat();
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <button
        type="button"
        className="jc-Button"
        onClick={() => {
          setAsking(true);
        }}
      >
        {label}
      </button>
    );
  }
  return (
    <span className="jc-Buttons">
      <button
        type="button"
        className="jc-Button jc-mod-danger"
        onClick={() => {
          setAsking(false);
          onConfirm();
        }}
      >
        {confirmation}
      </button>
      <button
        type="button"
        className="jc-Button"
        autoFocus
        onClick={() => {
          setAsking(false);
        }}
      >
        {trans.__('Cancel')}
      </button>
    </span>
  );
}
