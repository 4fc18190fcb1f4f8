import type { KatexOptions } from 'katex';

/** Draws a formula; `undefined` if it cannot be drawn. */
export type Typeset = (source: string, display: boolean) => HTMLElement | undefined;

const LONGEST = 5000;
/** Deeper formulas would overflow the browser's stack. */
const DEEPEST = 150;

const OPTIONS: KatexOptions = {
  // Seen as HTML, heard as MathML.
  output: 'htmlAndMathml',
  // No links, images, classes or styles of the model's.
  trust: false,
  strict: 'ignore',
  throwOnError: true,
  maxSize: 20,
  maxExpand: 300
};

let loading: Promise<Typeset> | undefined;

/** KaTeX, loaded at first use. */
export function typesetter(): Promise<Typeset> {
  loading ??= import('katex').then(
    ({ default: katex }): Typeset =>
      (source, display) => {
        if (source.length > LONGEST) {
          return undefined;
        }
        const drawn = document.createElement('span');
        try {
          katex.render(source, drawn, { ...OPTIONS, displayMode: display });
        } catch {
          return undefined; // Not TeX, or more than KaTeX knows of it.
        }
        return isDeeper(drawn, DEEPEST) ? undefined : drawn;
      },
    () => {
      loading = undefined; // Without a connection the source is shown; later it may come.
      return () => undefined;
    }
  );
  return loading;
}

function isDeeper(root: Element, limit: number): boolean {
  let level: Element[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) {
      return true;
    }
    level = level.flatMap(({ children }) => [...children]);
  }
  return false;
}
