import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
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
  const button = useRef<HTMLButtonElement>(null);
  const returns = useRef(false);
  useEffect(() => {
    if (!asking && returns.current) {
      returns.current = false;
      button.current?.focus();
    }
  }, [asking]);
  const answer = () => {
    returns.current = true;
    setAsking(false);
  };
  const cancel = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      event.stopPropagation(); // it is for this question, and not for what is around it
      answer();
    }
  };
  if (!asking) {
    return (
      <button
        ref={button}
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
    <span className="jc-Buttons" onKeyDown={cancel}>
      <button
        type="button"
        className="jc-Button jc-mod-danger"
        onClick={() => {
          answer();
          onConfirm();
        }}
      >
        {confirmation}
      </button>
      <button type="button" className="jc-Button" autoFocus onClick={answer}>
        {trans.__('Cancel')}
      </button>
    </span>
  );
}
