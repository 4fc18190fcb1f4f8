import type { OpenProps } from '../Chat';
import { ModelPopover } from './ModelPopover';
import { useChat, useChatState } from './context';
import { useOpener } from './hooks';
import { ChevronIcon } from './icons';
import { useModelSettings } from './useModelSettings';

/** Which model answers; opens the popover to change it. */
export function ModelChip({ open, onOpen }: OpenProps) {
  const { trans } = useChat();
  const { name } = useModelSettings();
  const nobody = useNobody();
  const { element, button, leave } = useOpener(open, onOpen);

  return (
    <div className="jc-ModelChip" ref={element}>
      <button
        ref={button}
        type="button"
        className="jc-Chip"
        aria-haspopup="dialog"
        aria-expanded={open}
        title={trans.__('Model and settings: %1', name ?? '')}
        onClick={() => {
          onOpen(!open);
        }}
      >
        <span>{name ?? nobody}</span>
        <ChevronIcon />
      </button>
      {open && <ModelPopover onDone={leave} />}
    </div>
  );
}

/** What stands there without a model: nothing can be chosen before the list has come. */
function useNobody(): string {
  const { trans } = useChat();
  const isComing = useChatState(state => state.models === null);
  const isLocal = useChatState(state => state.account?.source === 'local');
  if (!isComing) {
    return trans.__('Choose a model');
  }
  return isLocal ? trans.__('Starting…') : trans.__('Loading…');
}
