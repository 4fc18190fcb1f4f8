import { useChat } from './context';
import { useThread } from './hooks';
import { DeleteIcon } from './icons';
import { useThreadActions } from './useThreadActions';

/** Says that the conversation being shown is in the trash, and lets one take it out. */
export function DeletedNote() {
  const { trans, focusComposer } = useChat();
  const thread = useThread();
  const { restore } = useThreadActions();
  if (thread?.deleted_at == null) {
    return null;
  }
  return (
    <div className="jc-ThreadNote" role="status">
      <DeleteIcon />
      <span>{trans.__('In the trash. Asking something takes it out.')}</span>
      <button
        type="button"
        className="jc-Button"
        onClick={() => {
          restore([thread]);
          focusComposer();
        }}
      >
        {trans.__('Restore')}
      </button>
    </div>
  );
}
