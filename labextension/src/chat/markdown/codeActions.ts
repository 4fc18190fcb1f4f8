import { type ReactNode, createContext, useContext } from 'react';

/** A code block in an answer. */
export interface ShownCode {
  readonly code: string;
  /** As the model named it, in lower case; empty if it did not. */
  readonly language: string;
  /** The model is still writing it. */
  readonly open: boolean;
}

/** What else can be done with a code block: buttons that stand before its copy button. */
export type CodeActions = (shown: ShownCode) => ReactNode;

const Context = createContext<CodeActions>(() => null);

export const CodeActionsProvider = Context.Provider;

export function useCodeActions(): CodeActions {
  return useContext(Context);
}
