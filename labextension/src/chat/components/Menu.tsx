import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
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
  /** What choosing it does; nothing where it leads to `items`. */
  readonly run?: () => void;
  /** What it leads to, in place of the menu: there is no room beside it in a sidebar. */
  readonly items?: readonly MenuItem[];
}

interface Props {
  readonly icon: Icon;
  /** The name of the button and of the menu. */
  readonly label: string;
  readonly items: readonly MenuItem[];
}

/**
 * A button with a menu: arrows and letters move, Enter chooses, Escape leaves.
 *
 * The menu is drawn at the root of the chat, because messages and the scrolled area clip
 * what they hold.
 */
export function Menu({ icon, label, items }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [root, setRoot] = useState<Element | null>(null);
  const id = useId();
  const close = useCallback(() => {
    setRoot(null);
    button.current?.focus({ preventScroll: true });
  }, []);
  return (
    <>
      <IconButton
        ref={button}
        icon={icon}
        label={label}
        aria-haspopup="menu"
        aria-expanded={root !== null}
        aria-controls={root === null ? undefined : id}
        onClick={() => {
          setRoot(root === null ? (button.current?.closest('.jc-Chat') ?? null) : null);
        }}
        onKeyDown={event => {
          if (event.key === 'ArrowDown' && root === null) {
            event.preventDefault();
            setRoot(button.current?.closest('.jc-Chat') ?? null);
          }
        }}
      />
      {root !== null &&
        createPortal(
          <Popup id={id} label={label} items={items} button={button} onClose={close} />,
          root
        )}
    </>
  );
}

interface PopupProps {
  readonly id: string;
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly onClose: () => void;
}

function Popup({ id, label, items, button, onClose }: PopupProps) {
  const { trans } = useChat();
  const [inner, setInner] = useState<MenuItem | null>(null);
  const element = useRef<HTMLDivElement>(null);
  useDismiss(element, true, onClose, button);
  usePlace(element, button, inner);
  useScrollAway(element, onClose);
  const shown = inner?.items ?? items;

  useEffect(() => {
    focusItem(element.current, inner === null ? 0 : 1);
  }, [inner]);

  const choose = (item: MenuItem) => {
    if (item.items !== undefined) {
      setInner(item);
    } else {
      onClose();
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
    <div
      ref={element}
      id={id}
      className="jc-Menu"
      role="menu"
      aria-label={inner?.label ?? label}
      tabIndex={-1}
      onKeyDown={key}
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
    </div>
  );
}

interface ItemProps {
  readonly item: MenuItem;
  /** Its name, where that is not the label. */
  readonly name?: string;
  readonly onChoose: () => void;
}

function Item({ item, name, onChoose }: ItemProps) {
  const { label, icon: Drawn, note, items } = item;
  return (
    <button
      type="button"
      className={`jc-Menu-item ${name === undefined ? '' : 'jc-mod-back'}`}
      role="menuitem"
      tabIndex={-1}
      aria-label={name}
      aria-haspopup={items === undefined ? undefined : 'menu'}
      title={label}
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

/** Put the menu below its button, or above it where there is more room, and all within
 * the chat. */
function usePlace(
  element: RefObject<HTMLElement | null>,
  button: RefObject<HTMLElement | null>,
  content: unknown
): void {
  useLayoutEffect(() => {
    const menu = element.current;
    const root = menu?.parentElement?.getBoundingClientRect();
    const anchor = button.current?.getBoundingClientRect();
    if (menu == null || root === undefined || anchor === undefined) {
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
    .find(item =>
      (item.getAttribute('title') ?? '').toLowerCase().startsWith(letter.toLowerCase())
    )
    ?.focus();
}
