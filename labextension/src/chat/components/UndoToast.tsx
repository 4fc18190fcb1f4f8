import { useEffect, useRef, useState } from 'react';
import { OFFERED_FOR } from '../state/organising';
import { offered } from '../state/state';
import { IconButton } from './IconButton';
import { useChat, useChatState } from './context';
import { CloseIcon } from './icons';

/**
 * Offers to take back what was done last, for as long as it is looked at and a little more;
 * then what was done before that, while its time lasts.
 */
export function UndoToast() {
  const { services, trans, announce, focusComposer } = useChat();
  const undo = useChatState(offered);
  const [held, setHeld] = useState(false);
  const announced = useRef(new Set<number>());

  useEffect(() => {
    if (undo === null) {
      setHeld(false); // nothing tells that the pointer has left what is gone
    } else if (!announced.current.has(undo.id)) {
      announced.current.add(undo.id);
      announce(undo.text);
    }
  }, [undo, announce]);

  useEffect(() => {
    if (undo === null || held) {
      return undefined;
    }
    const timer = setTimeout(
      () => {
        services.organising.forget(undo);
      },
      // What comes to light again late can still be pressed.
      Math.max(undo.until - Date.now(), OFFERED_FOR)
    );
    return () => {
      clearTimeout(timer);
    };
  }, [services, undo, held]);

  if (undo === null) {
    return null;
  }
  const leave = () => {
    if (offered(services.store.state) === null) {
      focusComposer(); // the button goes
    }
  };
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
            leave();
          }}
        >
          {trans.__('Undo')}
        </button>
        <IconButton
          icon={CloseIcon}
          label={trans.__('Close')}
          onClick={() => {
            services.organising.forget(undo);
            leave();
          }}
        />
      </div>
    </div>
  );
}
