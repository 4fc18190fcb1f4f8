import type { Message } from '../protocol';
import { isUnfinished } from '../state/conversation';
import { Menu, type MenuItem } from './Menu';
import { useChat, useChatState } from './context';
import { useIsLeaf } from './hooks';
import { AgainIcon, ContinueIcon, DeleteIcon, ForkIcon, MoreIcon } from './icons';

/** What is done with a message less often. */
export function MessageMenu({ message }: { readonly message: Message }) {
  const { services, trans, focusComposer } = useChat();
  const models = useChatState(state => state.models?.models);
  const isLast = useIsLeaf(message);
  const isAnswer = message.role === 'assistant';
  const items: MenuItem[] = [];
  if (isUnfinished(message)) {
    items.push({
      label: trans.__('Continue'),
      icon: ContinueIcon,
      run: () => {
        void services.branches.goOn(message);
        focusComposer();
      }
    });
  }
  if (isAnswer && models !== undefined && models.length > 0) {
    items.push({
      label: trans.__('Try another model'),
      icon: AgainIcon,
      items: models.map(({ id, name }) => ({
        label: name,
        run: () => {
          void services.asking.regenerate(message, id);
          focusComposer();
        }
      }))
    });
  }
  items.push(
    {
      label: trans.__('Fork from here'),
      icon: ForkIcon,
      run: () => {
        void services.branches.fork(message);
        focusComposer();
      }
    },
    {
      label: isLast ? trans.__('Delete') : trans.__('Delete from here on'),
      icon: DeleteIcon,
      run: () => {
        void services.branches.remove(
          message,
          isAnswer ? trans.__('Answer deleted') : trans.__('Question deleted')
        );
        focusComposer();
      }
    }
  );
  return <Menu icon={MoreIcon} label={trans.__('More')} items={items} />;
}
