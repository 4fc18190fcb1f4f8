import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';

/** Where code can be put now. */
export interface Place {
  /** Why it cannot be put into a notebook, in words for the person; `null`: it can. */
  readonly reason: string | null;
  /** Tells it from others of the same name; empty if there is none. */
  readonly id: string;
  /** The name of the notebook; empty if there is none. */
  readonly notebook: string;
  /** The language of its kernel, in lower case; empty while that is not known. */
  readonly language: string;
}

/** The cell that a replacement would change, as it is when one asks. */
export interface Replaceable {
  readonly id: string;
  /** What the person calls it, for instance "Cell 3". */
  readonly name: string;
  readonly source: string;
  /** Its author has closed it to changes. */
  readonly locked: boolean;
  /** It holds Markdown, or other text that is no code. */
  readonly isText: boolean;
}

/** Takes back what was done; what it answers is why it could not, or `null`. */
export type TakeBack = () => string | null;

/** What the shell lets the chat do with notebooks; it follows the one that is active. */
export interface Cells {
  /** The same object until something changes. */
  readonly place: Place;
  readonly subscribe: (listener: () => void) => () => void;

  /** Put a new cell beside the active one; a step of the notebook's own undo. */
  insert(code: NewCode, where: 'above' | 'below'): TakeBack;
  /** The active cell. */
  current(): Replaceable | null;
  /** Give a cell another source, a step of its own undo; `null` if it has changed since. */
  replace(cell: Replaceable, code: string): TakeBack | null;
  /** Put a new cell below the active one and run it. */
  run(code: string): Promise<void>;
  /** Make a notebook of this code and open it. */
  newNotebook(code: NewCode): Promise<void>;
  /** Save a conversation beside the open notebook and open it. */
  openConversation(threadId: string): Promise<void>;
}

export interface NewCode {
  readonly code: string;
  /** As the model named it; empty if it did not. */
  readonly language: string;
}

const Context = createContext<Cells | null>(null);

/** What a widget, which is loaded apart from JupyterLab's extension, finds it by. */
const OFFERED = Symbol.for('jupyter-chat.cells');
const offers = globalThis as { [OFFERED]?: Cells };

/** Let widgets of this page put code into notebooks as well. */
export function offerCells(cells: Cells): void {
  offers[OFFERED] = cells;
}

/** What the page's JupyterLab offers; `null` where there is none. */
export function offeredCells(): Cells | null {
  return offers[OFFERED] ?? null;
}

/** Where there are notebooks: in JupyterLab and Notebook, not on the page. */
export const CellsProvider = Context.Provider;

export function useCells(): Cells | null {
  return useContext(Context);
}

/** Where code can be put, as that changes. */
export function usePlace(cells: Cells): Place {
  const subscribe = useCallback(
    (listener: () => void) => cells.subscribe(listener),
    [cells]
  );
  return useSyncExternalStore(subscribe, () => cells.place);
}

/** What else kernels and models call a language. */
const ALIASES: Readonly<Record<string, string>> = {
  py: 'python',
  py3: 'python',
  python3: 'python',
  ipython: 'python',
  ipython3: 'python',
  jl: 'julia',
  js: 'javascript',
  ts: 'typescript',
  rb: 'ruby',
  rs: 'rust',
  sh: 'bash',
  shell: 'bash',
  zsh: 'bash',
  'c++': 'cpp',
  'c++17': 'cpp',
  'c++20': 'cpp'
};

/** Whether a kernel takes code of this language; what was not named is not held against it. */
export function fits(language: string, kernel: string): boolean {
  const plain = (name: string) => ALIASES[name] ?? name;
  return language === '' || kernel === '' || plain(language) === plain(kernel);
}

/** Whether it belongs into a cell with text instead of code. */
export function isText(language: string): boolean {
  return language === 'markdown' || language === 'md';
}
