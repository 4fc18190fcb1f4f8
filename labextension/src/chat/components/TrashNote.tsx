import { listed } from '../state/threads';
import { ConfirmButton } from './ConfirmButton';
import { useChat, useChatState } from './context';

/** Above the trash: how long things stay in it, and emptying it. */
export function TrashNote() {
  const { services, trans } = useChat();
  const days = useChatState(state => state.folders?.trash_days);
  const quiet = useChatState(state => state.folders?.retention_days) ?? 0;
  const isEmpty = useChatState(state => listed(state.threads).length === 0);
  return (
    <div className="jc-TrashNote">
      <p>
        {days === undefined || days === 0
          ? trans.__('What you deleted, until you delete it for good.')
          : trans._n(
              'What you deleted is gone for good after %1 day.',
              'What you deleted is gone for good after %1 days.',
              days
            )}
        {quiet > 0 &&
          ` ${trans._n(
            'Conversations in which nothing was said for %1 day come here by themselves.',
            'Conversations in which nothing was said for %1 days come here by themselves.',
            quiet
          )}`}
      </p>
      {!isEmpty && (
        <ConfirmButton
          label={trans.__('Empty the trash')}
          confirmation={trans.__('Delete all for good')}
          onConfirm={() => {
            void services.organising.emptyTrash();
          }}
        />
      )}
    </div>
  );
}
