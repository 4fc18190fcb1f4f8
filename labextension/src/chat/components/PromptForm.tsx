import { useId, useState } from 'react';
import { newId } from '../ids';
import type { Prompt } from '../protocol';
import { EntryForm } from './EntryForm';
import { useChat } from './context';
import { useLibrary } from './useLibrary';

interface Props {
  /** `undefined`: a new one. */
  readonly prompt?: Prompt;
  /** It is kept under this id, or (without one) nothing was changed. */
  readonly onDone: (entryId?: string) => void;
}

const LONGEST_TEXT = 20_000;

export function PromptForm({ prompt, onDone }: Props) {
  const { trans } = useChat();
  const { state } = useLibrary();
  const [entryId] = useState(() => prompt?.id ?? newId()); // saved again, it is no other one
  const [text, setText] = useState(prompt?.text ?? '');
  const id = useId();
  const hint = useId();
  return (
    <EntryForm
      label={trans.__('Prompt')}
      name={prompt?.name ?? ''}
      onKeep={name => state.putPrompt({ id: entryId, name, text })}
      onKept={() => {
        onDone(entryId);
      }}
      onCancel={() => {
        onDone();
      }}
    >
      <div className="jc-Field">
        <label htmlFor={id}>{trans.__('Text')}</label>
        <textarea
          id={id}
          rows={5}
          dir="auto"
          required
          maxLength={LONGEST_TEXT}
          aria-describedby={hint}
          value={text}
          onChange={event => {
            setText(event.target.value);
          }}
        />
        <small id={hint}>
          {trans.__('For example: Explain {{topic}} to {{whom}} in three sentences.')}
        </small>
      </div>
    </EntryForm>
  );
}
