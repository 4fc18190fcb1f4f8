import { type ComponentType, createContext, useContext } from 'react';

/** A code block in an answer. */
export interface ShownCode {
  readonly code: string;
  /** As the model named it, in lower case; empty if it did not. */
  readonly language: string;
  /** The model is still writing it. */
  readonly open: boolean;
}

interface Props extends ShownCode {
  /** Room between the head of the block and its code. */
  readonly room: HTMLElement | null;
}

/** What else can be done with a code block: buttons that stand before its copy button. */
export type CodeActions = ComponentType<Props>;

const Context = createContext<CodeActions | null>(null);

export const CodeActionsProvider = Context.Provider;

export function useCodeActions(): CodeActions | null {
  return useContext(Context);
}
