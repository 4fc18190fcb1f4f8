import { useEffect, useRef, useState } from 'react';
import type { Attachment } from '../state/parts';
import { isNotHeld } from './PlainField';
import { useChat } from './context';
import { isSendKey } from './keys';
import { useAutoGrow } from './useAutoGrow';

interface Props {
  /** The question that is changed: its text is kept until this ends. */
  readonly id: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** Somebody has just begun; otherwise the focus stays where it is. */
  readonly isNew: boolean;
  readonly onDone: (text: string, attachments: readonly Attachment[]) => void;
  readonly onCancel: () => void;
}

/** A question being changed; asking it keeps the former one as another version. */
export function QuestionEditor(props: Props) {
  const { id, text, attachments, isNew, onDone, onCancel } = props;
  const { services, trans, sendKey, panes } = useChat();
  const [draft, setDraft] = useState(() => services.edits.read(id) ?? text);
  const [attached, setAttached] = useState(attachments);
  const area = useRef<HTMLTextAreaElement>(null);
  useAutoGrow(area, draft);

  useEffect(() => {
    if (isNew && area.current !== null) {
      const { length } = area.current.value;
      area.current.focus();
      area.current.setSelectionRange(length, length);
    }
  }, [isNew]);

  const ask = () => {
    if (draft.trim() !== '') {
      services.attaching.pass({
        place: id,
        text: draft,
        attached,
        go: () => {
          services.edits.forget(id);
          onDone(draft, attached);
        },
        stay: isNotHeld,
        again: ask
      });
    }
  };
  const cancel = () => {
    services.edits.forget(id);
    onCancel();
  };
  return (
    <div className="jc-QuestionEditor">
      {panes && (
        <panes.Editing
          id={id}
          text={draft}
          attachments={attachments}
          attached={attached}
          onAttached={setAttached}
          field={area}
        />
      )}
      <textarea
        ref={area}
        value={draft}
        dir="auto"
        rows={1}
        aria-label={trans.__('Question')}
        onChange={event => {
          setDraft(event.target.value);
          services.edits.put(id, event.target.value);
        }}
        onKeyDown={event => {
          if (isSendKey(event, sendKey)) {
            event.preventDefault();
            ask();
          } else if (event.key === 'Escape') {
            cancel();
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
        <button type="button" className="jc-Button" onClick={cancel}>
          {trans.__('Cancel')}
        </button>
      </div>
    </div>
  );
}
