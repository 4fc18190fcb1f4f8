import type { ComponentType, Ref } from 'react';
import type { AttachmentKind } from '../protocol';
import type { Attachment } from '../state/parts';
import type { Translator } from '../i18n';
import { IconButton } from './IconButton';
import { useChat } from './context';
import { AttachIcon, CloseIcon } from './icons';

interface Props {
  readonly attachments: readonly Attachment[];
  /** Only before it is asked. */
  readonly onRemove?: (attachment: Attachment) => void;
  readonly list?: Ref<HTMLUListElement>;
  /** Its name, with what else is to be said of it. */
  readonly Name?: ComponentType<{ readonly attachment: Attachment }>;
}

/** What goes with a question: each folds open to what the model reads, or sees. */
export function Attachments({ attachments, onRemove, list, Name = PlainName }: Props) {
  const { trans } = useChat();
  if (attachments.length === 0) {
    return null;
  }
  return (
    <ul ref={list} className="jc-Attachments" aria-label={trans.__('Attached')}>
      {attachments.map((attachment, index) => (
        <li key={index}>
          <details className="jc-Attachment">
            <summary>
              <AttachIcon />
              <Name attachment={attachment} />
            </summary>
            {attachment.type === 'image' ? (
              <img
                src={`data:${attachment.media_type};base64,${attachment.data}`}
                alt={nameOf(attachment, trans)}
              />
            ) : (
              <pre tabIndex={0} dir="ltr">
                {attachment.text}
              </pre>
            )}
          </details>
          {onRemove !== undefined && (
            <IconButton
              icon={CloseIcon}
              label={trans.__('Remove %1', nameOf(attachment, trans))}
              onClick={() => {
                onRemove(attachment);
              }}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function PlainName({ attachment }: { readonly attachment: Attachment }) {
  const { trans } = useChat();
  return <span className="jc-Attachment-name">{nameOf(attachment, trans)}</span>;
}

/** What to call it where there is little room. */
export function nameOf(attachment: Attachment, trans: Translator): string {
  if (attachment.type === 'image') {
    return attachment.name ?? trans.__('Image');
  }
  return trans.__('%1 %2', kindName(attachment.kind, trans), attachment.name);
}

function kindName(kind: AttachmentKind, trans: Translator): string {
  const names: Record<AttachmentKind, string> = {
    variable: trans.__('Variable'),
    cell: trans.__('Cell'),
    selection: trans.__('Selection'),
    output: trans.__('Output'),
    error: trans.__('Error'),
    file: trans.__('File')
  };
  return names[kind];
}
