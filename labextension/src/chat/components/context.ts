import { createContext, useContext } from 'react';
import type { Panes } from '../Chat';
import type { Translator } from '../i18n';
import type { Services } from '../state/services';
import type { ChatState } from '../state/state';
import { useStore } from '../state/store';

/** Which keys send a question; the other ones break the line. */
export type SendKey = 'Enter' | 'Accel Enter';

/** What every part of the chat may use. */
export interface ChatContext {
  readonly services: Services;
  readonly trans: Translator;
  readonly sendKey: SendKey;
  /** What not every shell has room for. */
  readonly panes: Panes | undefined;
  /** Open the popover with the model and its parameters. */
  readonly chooseModel: () => void;
  /** Open what the model will see, where there is a meter. */
  readonly showContext: () => void;
  /** Put the cursor into the composer. */
  readonly focusComposer: () => void;
  /** Let a screen reader say something. */
  readonly announce: (text: string) => void;
}

const Context = createContext<ChatContext | null>(null);

export const ChatProvider = Context.Provider;

export function useChat(): ChatContext {
  const context = useContext(Context);
  if (context === null) {
    throw new Error('useChat needs a <Chat> around it');
  }
  return context;
}

/** What `select` takes from the state. */
export function useChatState<T>(select: (state: ChatState) => T): T {
  return useStore(useChat().services.store, select);
}
