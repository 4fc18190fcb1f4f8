import { type InputHTMLAttributes, useId } from 'react';
import type { Problem } from '../../chat/protocol';

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly problem: Problem | null;
  readonly onType: (text: string) => void;
}

/** A field with its name above, and below what is wrong with it. */
export function TextField({ name, label, hint, problem, onType, ...input }: Props) {
  const id = useId();
  const wrong = problem?.field === name;
  const said = wrong ? problem.message : hint;
  return (
    <div className="jc-Field">
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        name={name}
        aria-invalid={wrong || undefined}
        aria-describedby={said === undefined ? undefined : `${id}-said`}
        onChange={event => {
          onType(event.target.value);
        }}
      />
      {said !== undefined && (
        <small id={`${id}-said`} className={wrong ? 'jc-Field-refusal' : undefined}>
          {said}
        </small>
      )}
    </div>
  );
}
