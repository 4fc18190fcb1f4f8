import {
  type RefObject,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore
} from 'react';
import type { Message } from '../protocol';
import { type Conversation, versions } from '../state/conversation';
import { type WrittenPart, writtenIn } from '../state/parts';
import { isKnown } from '../state/state';
import { findThread } from '../state/threads';
import { type View, view } from '../state/view';
import { useChat, useChatState } from './context';

/** The conversation being shown, as far as it is known. */
export function useConversation(): Conversation | undefined {
  return useChatState(state => state.conversations[state.open.threadId]);
}

/** What the conversation shows, with what is on its way to the server. */
export function useView(): View {
  const conversation = useConversation();
  const threadId = useChatState(state => state.open.threadId);
  const pending = useChatState(state => state.pending);
  const editing = useChatState(state => state.editing);
  return useMemo(
    () =>
      view(
        conversation,
        pending.filter(entry => entry.threadId === threadId),
        editing?.thread_id === threadId ? editing : null
      ),
    [conversation, threadId, pending, editing]
  );
}

/** The thread being shown; `undefined` while it is new. */
export function useThread() {
  return useChatState(state => findThread(state.threads, state.open.threadId));
}

/** Whether the server has said who we are; before that, nothing can be kept for it. */
export function useIsKnown(): boolean {
  return useChatState(({ user }) => isKnown(user));
}

/** Whether the server can be heard now. */
export function useOnline(): boolean {
  return useChatState(({ connection }) => connection.phase === 'open');
}

/** The parts of a message, growing while it is being made. */
export function useParts(message: Message): readonly WrittenPart[] {
  const reply = useChat().services.live.get(message.id);
  return useSyncExternalStore(
    reply?.subscribe ?? subscribeToNothing,
    () => reply?.parts ?? writtenIn(message)
  );
}

export function useVersions(message: Message): readonly string[] {
  const conversation = useConversation();
  return conversation === undefined ? [message.id] : versions(conversation, message);
}

/** Whether the branch being shown ends with a message. */
export function useIsLeaf({ id, thread_id: threadId }: Message): boolean {
  return useChatState(({ conversations }) => {
    const conversation = conversations[threadId] as Conversation | undefined;
    return conversation?.leafId === id;
  });
}

/** The time, anew every second while `active`. */
export function useNow(active: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!active) {
      return undefined;
    }
    setNow(Date.now());
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, [active]);
  return now;
}

/** Whether an element is at least `width` pixels wide. */
export function useWiderThan(
  element: RefObject<HTMLElement | null>,
  width: number
): boolean {
  const [wider, setWider] = useState(false);
  useEffect(() => {
    const watched = element.current;
    if (watched === null) {
      return undefined;
    }
    const observer = new ResizeObserver(([entry]) => {
      setWider(entry.contentRect.width >= width);
    });
    observer.observe(watched);
    return () => {
      observer.disconnect();
    };
  }, [element, width]);
  return wider;
}

/** Call `leave` for Escape, and for a press outside of the element (and of `also`). */
export function useDismiss(
  element: RefObject<HTMLElement | null>,
  active: boolean,
  leave: () => void,
  also?: RefObject<HTMLElement | null>
): void {
  useEffect(() => {
    if (!active) {
      return undefined;
    }
    const press = (event: PointerEvent) => {
      const target = event.target as Node;
      if (![element, also].some(inside => inside?.current?.contains(target))) {
        leave();
      }
    };
    const key = (event: KeyboardEvent) => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        leave();
      }
    };
    document.addEventListener('pointerdown', press, true);
    document.addEventListener('keydown', key, true);
    return () => {
      document.removeEventListener('pointerdown', press, true);
      document.removeEventListener('keydown', key, true);
    };
  }, [element, active, leave, also]);
}

/** What a button needs that opens something beside it: whoever leaves that with `leave`,
 * Escape or a press outside is at the button again. */
export function useOpener(open: boolean, onOpen: (open: boolean) => void) {
  const element = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const leave = useCallback(() => {
    onOpen(false);
    button.current?.focus();
  }, [onOpen]);
  useDismiss(element, open, leave);
  return { element, button, leave };
}

function subscribeToNothing(): () => void {
  return () => undefined;
}
