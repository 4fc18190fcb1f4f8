import type { MutableRefObject, RefObject, TextareaHTMLAttributes } from 'react';

export interface FieldProps {
  readonly area: RefObject<HTMLTextAreaElement>;
  readonly attributes: TextareaHTMLAttributes<HTMLTextAreaElement> & {
    readonly value: string;
  };
  /** What the field asks before a question is sent: whether something keeps it here, of
   * which the field itself then speaks. */
  readonly held: MutableRefObject<() => boolean>;
  /** Send it whatever keeps it. */
  readonly onSend: () => void;
}

/** Where questions are typed, and nothing else. */
export function PlainField({ area, attributes }: FieldProps) {
  return <textarea ref={area} {...attributes} />;
}

export function isNotHeld(): boolean {
  return false;
}
