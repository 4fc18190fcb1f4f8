import { useChat } from '../components/context';
import { nameOf } from './blanks';

interface Props {
  readonly blanks: readonly string[];
  readonly onFill: () => void;
  readonly onSend: () => void;
}

/** Asks whether a prompt is to be sent although something of it is not filled in. */
export function UnfilledNote({ blanks, onFill, onSend }: Props) {
  const { trans } = useChat();
  return (
    <div className="jc-Unfilled">
      <span role="alert">
        {trans.__('Not filled in yet: %1', blanks.map(nameOf).join(', '))}
      </span>
      <button type="button" className="jc-Button" onClick={onFill}>
        {trans.__('Fill in')}
      </button>
      <button type="button" className="jc-Button" onClick={onSend}>
        {trans.__('Send as it is')}
      </button>
    </div>
  );
}
