import { IconButton } from './IconButton';
import { useChat } from './context';
import { DeleteIcon, EditIcon, ExportIcon } from './icons';

interface Props {
  readonly id: string;
  readonly name: string;
  /** What it is, in a line. */
  readonly note: string;
  readonly onEdit: () => void;
  readonly onShare: () => void;
  readonly onDelete: () => void;
}

/** A preset or a prompt in the list of them. */
export function EntryRow({ id, name, note, onEdit, onShare, onDelete }: Props) {
  const { trans } = useChat();
  return (
    <li className="jc-Entry" data-entry={id}>
      <span className="jc-Entry-text">
        <span title={name}>{name}</span>
        <small title={note}>{note}</small>
      </span>
      <IconButton icon={EditIcon} label={trans.__('Edit %1', name)} onClick={onEdit} />
      <IconButton
        icon={ExportIcon}
        label={trans.__('Share %1 as a file', name)}
        onClick={onShare}
      />
      <IconButton
        icon={DeleteIcon}
        label={trans.__('Delete %1', name)}
        onClick={onDelete}
      />
    </li>
  );
}
