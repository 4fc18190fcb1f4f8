import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { problemOf } from '../client/problem';
import type { Problem } from '../protocol';
import { ProblemNote } from './ProblemNote';
import { useChat } from './context';

interface Props {
  /** What is changed, for screen readers. */
  readonly label: string;
  readonly name: string;
  readonly children: ReactNode;
  /** Keep it under this name; rejects where it cannot be kept. */
  readonly onKeep: (name: string) => Promise<void>;
  readonly onKept: () => void;
  readonly onCancel: () => void;
}

const LONGEST_NAME = 50;

/** Changes a preset or a prompt in its place; Escape leaves it as it was. */
export function EntryForm(props: Props) {
  const { label, name: given, children, onKeep, onKept, onCancel } = props;
  const { trans, announce } = useChat();
  const [name, setName] = useState(given);
  const [problem, setProblem] = useState<Problem | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => {
    input.current?.focus();
  }, []);
  const keep = async () => {
    if (document.activeElement instanceof HTMLElement) {
      document.activeElement.blur(); // some fields take what is typed when they are left
    }
    try {
      await onKeep(name);
      announce(trans.__('Saved “%1”.', name.trim()));
      onKept();
    } catch (error) {
      setProblem(problemOf(error));
      input.current?.focus();
    }
  };
  return (
    <form
      className="jc-EntryForm"
      aria-label={label}
      onSubmit={event => {
        event.preventDefault();
        void keep();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape' && !event.nativeEvent.isComposing) {
          event.stopPropagation(); // it would leave the settings
          onCancel();
        }
      }}
    >
      <div className="jc-Field">
        <label htmlFor={id}>{trans.__('Name')}</label>
        <input
          ref={input}
          id={id}
          value={name}
          dir="auto"
          required
          maxLength={LONGEST_NAME}
          autoComplete="off"
          onChange={event => {
            setName(event.target.value);
          }}
        />
      </div>
      {children}
      {problem !== null && <ProblemNote problem={problem} />}
      <div className="jc-Buttons">
        <button
          type="submit"
          className="jc-Button jc-mod-accent"
          disabled={name.trim() === ''}
        >
          {trans.__('Save')}
        </button>
        <button type="button" className="jc-Button" onClick={onCancel}>
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}
