import { useEffect, useState } from 'react';
import { IconButton } from './IconButton';
import { useChat, useChatState } from './context';
import { CloseIcon } from './icons';

const SHOWN_FOR = 8000;

/** Offers to take back a deletion, for as long as it is looked at and a little more. */
export function UndoToast() {
  const { services, trans, announce } = useChat();
  const thread = useChatState(state => state.deleted);
  const [held, setHeld] = useState(false);
  const title = thread?.title ?? trans.__('Untitled');

  useEffect(() => {
    if (thread !== null) {
      announce(trans.__('Deleted “%1”.', title));
    }
  }, [thread, title, announce, trans]);

  useEffect(() => {
    if (thread === null || held) {
      return undefined;
    }
    const timer = setTimeout(() => {
      services.listing.forget();
    }, SHOWN_FOR);
    return () => {
      clearTimeout(timer);
    };
  }, [services, thread, held]);

  if (thread === null) {
    return null;
  }
  return (
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
      <span className="jc-Toast-text">{trans.__('Deleted “%1”.', title)}</span>
      <button
        type="button"
        className="jc-Button"
        onClick={() => {
          setHeld(false);
          void services.listing.undo();
        }}
      >
        {trans.__('Undo')}
      </button>
      <IconButton
        icon={CloseIcon}
        label={trans.__('Close')}
        onClick={() => {
          setHeld(false);
          services.listing.forget();
        }}
      />
    </div>
  );
}
