import { useEffect, useRef, useState } from 'react';
import { useChat } from './context';
import { isSendKey } from './keys';
import { useAutoGrow } from './useAutoGrow';

interface Props {
  readonly text: string;
  readonly onDone: (text: string) => void;
  readonly onCancel: () => void;
}

/** A question being changed; asking it keeps the former one as another version. */
export function QuestionEditor({ text, onDone, onCancel }: Props) {
  const { trans, sendKey } = useChat();
  const [draft, setDraft] = useState(text);
  const area = useRef<HTMLTextAreaElement>(null);
  useAutoGrow(area, draft);

  useEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(text.length, text.length);
  }, [text]);

  const ask = () => {
    if (draft.trim() !== '') {
      onDone(draft);
    }
  };
  return (
    <div className="jc-QuestionEditor">
      <textarea
        ref={area}
        value={draft}
        dir="auto"
        rows={1}
        aria-label={trans.__('Question')}
        onChange={event => {
          setDraft(event.target.value);
        }}
        onKeyDown={event => {
          if (isSendKey(event, sendKey)) {
            event.preventDefault();
            ask();
          } else if (event.key === 'Escape') {
            onCancel();
          }
          event.stopPropagation();
        }}
      />
      <div className="jc-Buttons">
        <button
          type="button"
          className="jc-Button jc-mod-accent"
          disabled={draft.trim() === ''}
          onClick={ask}
        >
          {trans.__('Ask')}
        </button>
        <button type="button" className="jc-Button" onClick={onCancel}>
          {trans.__('Cancel')}
        </button>
      </div>
    </div>
  );
}
