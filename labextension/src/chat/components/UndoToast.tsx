import { useEffect, useState } from 'react';
import { IconButton } from './IconButton';
import { useChat, useChatState } from './context';
import { CloseIcon } from './icons';

const SHOWN_FOR = 8000;
const DELETION_SHOWN_FOR = 20_000;

/** Offers to take back what was done last, for as long as it is looked at and a little more. */
export function UndoToast() {
  const { services, trans, announce, focusComposer } = useChat();
  const undo = useChatState(state => state.undo);
  const [held, setHeld] = useState(false);

  useEffect(() => {
    if (undo === null) {
      setHeld(false); // nothing tells that the pointer has left what is gone
    } else {
      announce(undo.text);
    }
  }, [undo, announce]);

  useEffect(() => {
    if (undo === null || held) {
      return undefined;
    }
    const timer = setTimeout(
      () => {
        services.organising.forget();
      },
      undo.deletion === true ? DELETION_SHOWN_FOR : SHOWN_FOR
    );
    return () => {
      clearTimeout(timer);
    };
  }, [services, undo, held]);

  if (undo === null) {
    return null;
  }
  return (
    <div className="jc-Toast-place">
      <div
        className="jc-Toast"
        onPointerEnter={() => {
          setHeld(true);
        }}
        onPointerLeave={() => {
          setHeld(false);
        }}
        onFocus={() => {
          setHeld(true);
        }}
        onBlur={() => {
          setHeld(false);
        }}
      >
        <span className="jc-Toast-text">{undo.text}</span>
        <button
          type="button"
          className="jc-Button"
          onClick={() => {
            undo.run();
            focusComposer(); // the button goes
          }}
        >
          {trans.__('Undo')}
        </button>
        <IconButton
          icon={CloseIcon}
          label={trans.__('Close')}
          onClick={() => {
            services.organising.forget();
            focusComposer();
          }}
        />
      </div>
    </div>
  );
}
