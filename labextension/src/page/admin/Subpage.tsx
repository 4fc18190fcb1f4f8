import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from '../../chat/components/IconButton';
import { useChat } from '../../chat/components/context';
import { BackIcon } from '../../chat/components/icons';

interface Props {
  readonly title: string;
  readonly onDone: () => void;
  readonly children: ReactNode;
}

/** A page instead of the settings, and the way back to them. */
export function Subpage({ title, onDone, children }: Props) {
  const { trans } = useChat();
  const id = useId();
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  useEffect(() => {
    // What had the focus may have gone with what it did; Escape is to be heard all the same.
    if (document.activeElement === document.body) {
      section.current?.focus({ preventScroll: true });
    }
  });
  const leave = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) {
      event.preventDefault(); // it leads back to the settings, and no further
      onDone();
    }
  };
  return (
    // A press on an empty place leaves the focus in here, where Escape is heard.
    <section
      ref={section}
      className="jc-Settings"
      aria-labelledby={id}
      tabIndex={-1}
      onKeyDown={leave}
    >
      <div className="jc-Settings-column jc-People jc-Admin">
        <div className="jc-People-head">
          <IconButton
            icon={BackIcon}
            label={trans.__('Back to the settings')}
            className="jc-mod-directional"
            onClick={onDone}
          />
          <h3 id={id} ref={heading} tabIndex={-1}>
            {title}
          </h3>
        </div>
        {children}
      </div>
    </section>
  );
}
