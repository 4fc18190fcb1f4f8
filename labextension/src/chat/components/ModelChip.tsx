import { useCallback, useRef } from 'react';
import { ModelPopover } from './ModelPopover';
import { useChat } from './context';
import { useDismiss } from './hooks';
import { ChevronIcon } from './icons';
import { useModelSettings } from './useModelSettings';

interface Props {
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
}

/** Which model answers; opens the popover to change it. */
export function ModelChip({ open, onOpen }: Props) {
  const { trans } = useChat();
  const { name } = useModelSettings();
  const element = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const leave = useCallback(() => {
    onOpen(false);
    button.current?.focus();
  }, [onOpen]);
  useDismiss(element, open, leave);

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
        <span>{name ?? trans.__('Choose a model')}</span>
        <ChevronIcon />
      </button>
      {open && <ModelPopover onDone={leave} />}
    </div>
  );
}
