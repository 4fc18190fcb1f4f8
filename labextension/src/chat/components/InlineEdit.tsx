import { useEffect, useRef } from 'react';

interface Props {
  readonly value: string;
  readonly label: string;
  /** Nothing is a value, too. */
  readonly isOptional?: boolean;
  readonly onDone: (value: string) => void;
  readonly onCancel: () => void;
}

const LONGEST_TITLE = 200;

/** A line of text being changed in its place: Enter or leaving keeps it, Escape does not. */
export function InlineEdit(props: Props) {
  const { value, label, isOptional = false, onDone, onCancel } = props;
  const input = useRef<HTMLInputElement>(null);
  const ended = useRef(false);

  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);

  const end = (keep: boolean) => {
    if (ended.current) {
      return;
    }
    ended.current = true;
    const text = input.current?.value.trim() ?? '';
    if (keep && (isOptional || text !== '') && text !== value) {
      onDone(text);
    } else {
      onCancel();
    }
  };

  return (
    <input
      ref={input}
      className="jc-InlineEdit"
      defaultValue={value}
      aria-label={label}
      maxLength={LONGEST_TITLE}
      onBlur={() => {
        end(true);
      }}
      onKeyDown={event => {
        event.stopPropagation();
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
          end(true);
        } else if (event.key === 'Escape') {
          end(false);
        }
      }}
    />
  );
}
