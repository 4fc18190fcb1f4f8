// The code block at the end of a growing text: lines are added, nothing is parsed.

import type { Code } from './blocks';
import { withoutLastBreak } from './blocks';

/** A code fence at the margin whose end has not come yet. */
export interface OpenFence {
  readonly info: string;
  /** The characters that opened it. */
  readonly markup: string;
  /** Where the code begins in the text. */
  readonly start: number;
  /** Up to where no closing fence was found: the beginning of a line. */
  readonly searched: number;
}

/** The fence that begins there, whether or not it is closed; `undefined` if none does. */
export function openFence(text: string, start: number): OpenFence | undefined {
  const pattern = /(`{3,}|~{3,})([^\n]*)\n/y;
  pattern.lastIndex = start;
  const match = pattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const [line, markup, info] = match;
  const code = start + line.length;
  return { info, markup, start: code, searched: code };
}

interface Advanced {
  readonly code: Code;
  /** The fence as it is now, or, once it is closed, where the text goes on. */
  readonly next: OpenFence | number;
}

/** Read on in the lines that were added to the text. */
export function advance(fence: OpenFence, text: string): Advanced {
  const code = (end: number, open: boolean): Code => ({
    kind: 'code',
    info: fence.info,
    code: withoutLastBreak(text.slice(fence.start, end)),
    open
  });
  let line = fence.searched;
  for (let end = text.indexOf('\n', line); end !== -1; end = text.indexOf('\n', line)) {
    if (closes(fence, text.slice(line, end))) {
      return { code: code(line, false), next: end + 1 };
    }
    line = end + 1;
  }
  // What may become the closing fence is not shown as code.
  const mayClose = /^[ \t]*(?:`+|~+)?[ \t]*$/.test(text.slice(line, line + 1000));
  return {
    code: code(mayClose ? line : text.length, true),
    next: { ...fence, searched: line }
  };
}

function closes({ markup }: OpenFence, line: string): boolean {
  const run = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1] ?? '';
  return run.length >= markup.length && run[0] === markup[0];
}
