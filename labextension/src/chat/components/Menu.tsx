import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState
} from 'react';
import { createPortal } from 'react-dom';
import { IconButton } from './IconButton';
import { useChat } from './context';
import { useDismiss } from './hooks';
import { BackIcon, ForwardIcon, type Icon } from './icons';

export interface MenuItem {
  readonly label: string;
  readonly icon?: Icon;
  /** Shown beside the label, in small. */
  readonly note?: string;
  /** Why it cannot be done now; `run` then says so. */
  readonly off?: string;
  /** What choosing it does besides closing the menu; nothing where it leads to `items`. */
  readonly run?: () => void;
  /** What choosing it does takes the place of the menu. */
  readonly stays?: boolean;
  /** What it leads to, in place of the menu: there is no room beside it in a sidebar. */
  readonly items?: readonly MenuItem[];
}

interface Props {
  readonly icon: Icon;
  /** The name of the button and of the menu. */
  readonly label: string;
  readonly items: readonly MenuItem[];
}

/** A button with a menu. */
export function Menu({ icon, label, items }: Props) {
  const { button, anchor, close } = useMenuButton();
  return (
    <>
      <IconButton {...button} icon={icon} label={label} />
      {anchor !== null && (
        <Popup label={label} items={items} anchor={anchor} onClose={close} />
      )}
    </>
  );
}

/** What a button needs that opens and closes a menu; `anchor` is that button meanwhile. */
export function useMenuButton() {
  const ref = useRef<HTMLButtonElement>(null);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = useCallback(() => {
    setAnchor(null);
    ref.current?.focus({ preventScroll: true });
  }, []);
  const button = {
    ref,
    'aria-haspopup': 'menu',
    'aria-expanded': anchor !== null,
    onClick: () => {
      setAnchor(anchor === null ? ref.current : null);
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === 'ArrowDown' && anchor === null) {
        event.preventDefault();
        setAnchor(ref.current);
      }
    }
  } as const;
  return { button, anchor, close };
}

interface PopupProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  /** What it stands at; a press there does not close it. */
  readonly anchor: HTMLElement;
  /** Close it, and put the focus where it was. */
  readonly onClose: () => void;
}

/** The menu itself: arrows and letters move, Enter chooses, Escape and Tab leave. */
export function Popup({ label, items, anchor, onClose }: PopupProps) {
  const { trans } = useChat();
  const [inner, setInner] = useState<MenuItem | null>(null);
  const element = useRef<HTMLDivElement>(null);
  useScrollAway(element, onClose);
  const shown = inner?.items ?? items;

  useEffect(() => {
    focusItem(element.current, inner === null ? 0 : 1);
  }, [inner]);

  const choose = (item: MenuItem) => {
    if (item.items !== undefined) {
      setInner(item);
    } else {
      if (item.stays !== true) {
        onClose();
      }
      item.run?.();
    }
  };
  const key = (event: KeyboardEvent) => {
    const found = itemsOf(element.current);
    const index = found.indexOf(document.activeElement as HTMLElement);
    const item = inner === null ? shown[index] : shown[index - 1];
    switch (event.key) {
      case 'ArrowDown':
        focusItem(element.current, (index + 1) % found.length);
        break;
      case 'ArrowUp':
        focusItem(element.current, (index - 1 + found.length) % found.length);
        break;
      case 'Home':
        focusItem(element.current, 0);
        break;
      case 'End':
        focusItem(element.current, found.length - 1);
        break;
      case 'ArrowRight':
        if ((item as MenuItem | undefined)?.items !== undefined) {
          setInner(item);
        }
        break;
      case 'ArrowLeft':
        setInner(null);
        break;
      case 'Tab':
        onClose();
        break;
      default:
        if (!isLetter(event)) {
          event.stopPropagation();
          return;
        }
        focusByLetter(found, index, event.key);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Floating
      element={element}
      className="jc-Menu"
      role="menu"
      label={inner?.label ?? label}
      anchor={anchor}
      content={inner}
      onKeyDown={key}
      onClose={onClose}
    >
      {inner !== null && (
        <Item
          item={{ label: inner.label, icon: BackIcon }}
          name={trans.__('Back')}
          onChoose={() => {
            setInner(null);
          }}
        />
      )}
      {shown.map((item, index) => (
        <Item
          key={`${String(index)} ${item.label}`}
          item={item}
          onChoose={() => {
            choose(item);
          }}
        />
      ))}
    </Floating>
  );
}

interface FloatingProps {
  readonly element: RefObject<HTMLDivElement>;
  readonly className: string;
  readonly role?: 'menu';
  readonly label?: string;
  readonly anchor: HTMLElement;
  /** Its size changes with this. */
  readonly content?: unknown;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/**
 * Stands at its anchor until Escape, or a press outside of both.
 *
 * It is drawn at the root of the chat, because messages and the scrolled areas clip what
 * they hold.
 */
export function Floating(props: FloatingProps) {
  const { element, className, role, label, anchor, onKeyDown, onClose } = props;
  const [root] = useState(() => anchor.closest('.jc-Chat'));
  useDismiss(
    element,
    true,
    onClose,
    useMemo(() => ({ current: anchor }), [anchor])
  );
  usePlace(element, anchor, props.content);
  return (
    root &&
    createPortal(
      <div
        ref={element}
        className={className}
        role={role}
        aria-label={label}
        tabIndex={-1}
        onKeyDown={onKeyDown}
      >
        {props.children}
      </div>,
      root
    )
  );
}

interface ItemProps {
  readonly item: MenuItem;
  /** Its name, where that is not the label. */
  readonly name?: string;
  readonly onChoose: () => void;
}

function Item({ item, name, onChoose }: ItemProps) {
  const { label, icon: Drawn, note, off, items } = item;
  return (
    <button
      type="button"
      className={`jc-Menu-item ${name === undefined ? '' : 'jc-mod-back'}`}
      role="menuitem"
      tabIndex={-1}
      aria-label={name}
      aria-haspopup={items === undefined ? undefined : 'menu'}
      aria-disabled={off === undefined ? undefined : true}
      title={off ?? label}
      onClick={onChoose}
      onPointerMove={event => {
        event.currentTarget.focus({ preventScroll: true });
      }}
    >
      {Drawn !== undefined && (
        <span className={name === undefined ? '' : 'jc-mod-directional'}>
          <Drawn />
        </span>
      )}
      <span className="jc-Menu-label">{label}</span>
      {note !== undefined && <small>{note}</small>}
      {items !== undefined && (
        <span className="jc-mod-directional">
          <ForwardIcon />
        </span>
      )}
    </button>
  );
}

const MARGIN = 8;

/** Put the menu below its anchor, or above it where there is more room, and all within
 * the chat. */
function usePlace(
  element: RefObject<HTMLElement | null>,
  button: HTMLElement,
  content: unknown
): void {
  useLayoutEffect(() => {
    const menu = element.current;
    const root = menu?.parentElement?.getBoundingClientRect();
    const anchor = button.getBoundingClientRect();
    if (menu === null || root === undefined) {
      return;
    }
    menu.style.maxHeight = '';
    const { offsetWidth: width, offsetHeight: height } = menu;
    const below = root.bottom - anchor.bottom - MARGIN;
    const above = anchor.top - root.top - MARGIN;
    const isBelow = below >= Math.min(height, above);
    const rtl = getComputedStyle(menu).direction === 'rtl';
    const left = (rtl ? anchor.right - width : anchor.left) - root.left;
    const most = Math.max(MARGIN, root.width - width - MARGIN);
    menu.style.left = `${String(Math.max(MARGIN, Math.min(left, most)))}px`;
    menu.style.maxHeight = `${String(isBelow ? below : above)}px`;
    menu.style.top = isBelow ? `${String(anchor.bottom - root.top)}px` : '';
    menu.style.bottom = isBelow ? '' : `${String(root.bottom - anchor.top)}px`;
  }, [element, button, content]);
}

/** Leave when what the menu belongs to moves away. */
function useScrollAway(element: RefObject<HTMLElement | null>, leave: () => void): void {
  useEffect(() => {
    const moved = (event: Event) => {
      if (!(event.target instanceof Node && element.current?.contains(event.target))) {
        leave();
      }
    };
    document.addEventListener('wheel', moved, { capture: true, passive: true });
    window.addEventListener('resize', moved);
    return () => {
      document.removeEventListener('wheel', moved, { capture: true });
      window.removeEventListener('resize', moved);
    };
  }, [element, leave]);
}

function itemsOf(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
}

function focusItem(menu: HTMLElement | null, index: number): void {
  const item = itemsOf(menu).at(index);
  item?.focus();
  item?.scrollIntoView({ block: 'nearest' });
}

function isLetter({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return key.length === 1 && key !== ' ' && !ctrlKey && !metaKey && !altKey;
}

/** The next item whose label begins with a letter. */
function focusByLetter(items: HTMLElement[], index: number, letter: string): void {
  const following = [...items.slice(index + 1), ...items.slice(0, index + 1)];
  following
    .find(item => item.textContent.trim().toLowerCase().startsWith(letter.toLowerCase()))
    ?.focus();
}
