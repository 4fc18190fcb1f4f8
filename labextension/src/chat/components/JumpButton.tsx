import { IconButton } from './IconButton';
import { useChat } from './context';
import { DownIcon } from './icons';

interface Props {
  /** Messages that have come since the reader left the newest. */
  readonly unseen: number;
  readonly onClick: () => void;
}

/** Leads back to the newest. */
export function JumpButton({ unseen, onClick }: Props) {
  const { trans } = useChat();
  const label =
    unseen > 0
      ? trans._n('Jump to the newest: %1 new', 'Jump to the newest: %1 new', unseen)
      : trans.__('Jump to the newest');
  return (
    <div className="jc-Jump">
      <IconButton icon={DownIcon} label={label} onClick={onClick} />
      {unseen > 0 && (
        <span className="jc-Jump-count" aria-hidden="true">
          {unseen}
        </span>
      )}
    </div>
  );
}
