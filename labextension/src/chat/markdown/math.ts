// Formulas between $…$, $$…$$, \(…\) and \[…\], as rules for markdown-it.

import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it';

/** What the token of a formula says beyond its source. */
export interface FormulaMeta extends Record<string, unknown> {
  readonly display: boolean;
  /** Its end has not come yet. */
  readonly open: boolean;
}

const MOST_CHARACTERS = 5000;
const MOST_INLINE_CHARACTERS = 1000;
const MOST_LINES = 300;

const CLOSERS: Readonly<Record<string, string>> = {
  $: '$',
  $$: '$$',
  '\\(': '\\)',
  '\\[': '\\]'
};

export function math(markdown: MarkdownIt): void {
  markdown.inline.ruler.before('escape', 'math_inline', inlineFormula);
  markdown.block.ruler.before('fence', 'math_block', blockFormula, {
    alt: ['paragraph', 'reference', 'blockquote', 'list']
  });
}

function inlineFormula(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  const opener = openerAt(src, pos);
  if (opener === undefined || isWordCharacter(src[pos - 1])) {
    return false;
  }
  const start = pos + opener.length;
  const end =
    opener === '$'
      ? dollarEnd(src, start, state.posMax)
      : plainEnd(src, start, state.posMax, CLOSERS[opener]);
  if (end === -1) {
    return false;
  }
  if (!silent) {
    const token = state.push('math_inline', 'math', 0);
    token.markup = opener;
    token.content = src.slice(start, end);
    token.meta = { display: opener === '$$' || opener === '\\[', open: false };
  }
  state.pos = end + CLOSERS[opener].length;
  return true;
}

function openerAt(text: string, pos: number): string | undefined {
  const two = text.slice(pos, pos + 2);
  if (two === '$$' || two === '\\(' || two === '\\[') {
    return two;
  }
  return text[pos] === '$' && text[pos - 1] !== '$' ? '$' : undefined;
}

/**
 * Where a formula between single dollars ends.  As in Pandoc it neither begins nor ends
 * with a space, and no digit follows it, so that "$5 and $10" are prices.
 */
function dollarEnd(text: string, start: number, max: number): number {
  if (isSpace(text[start]) || isPrice(text, start)) {
    return -1;
  }
  const last = Math.min(max, start + MOST_INLINE_CHARACTERS);
  for (let pos = start; pos < last; pos++) {
    switch (text[pos]) {
      case '\\':
        pos++;
        break;
      case '`': // A code span is stronger.
        return -1;
      case '$':
        if (pos > start && !isSpace(text[pos - 1]) && mayFollow(text, pos + 1)) {
          return pos;
        }
    }
  }
  return -1;
}

/** Whether text may go on so behind a formula: "$n$th", but not "$HOME:$PATH". */
function mayFollow(text: string, pos: number): boolean {
  return (
    !/^[\w$]/.test(text.slice(pos, pos + 1)) ||
    /^(?:th|st|nd|rd|s)\b/.test(text.slice(pos, pos + 3))
  );
}

/** Whether a sentence begins with an amount: "$5 a month", "$1,000 or less". */
function isPrice(text: string, start: number): boolean {
  return /^\d[\d.,]*[kKmMbB]?\s+[A-Za-z]{2,}\s/.test(text.slice(start, start + 60));
}

function plainEnd(text: string, start: number, max: number, closer: string): number {
  const within = text.slice(start, Math.min(max, start + MOST_CHARACTERS));
  const end = within.indexOf(closer);
  const isEscapedLink = text[start + end + closer.length] === '(' && closer === '\\]';
  return end === -1 || within.slice(0, end).trim() === '' || isEscapedLink
    ? -1
    : start + end;
}

function blockFormula(
  state: StateBlock,
  startLine: number,
  endLine: number,
  silent: boolean
): boolean {
  if (state.sCount[startLine] - state.blkIndent >= 4) {
    return false;
  }
  const first = lineAt(state, startLine);
  const opener = first.slice(0, 2);
  if (opener !== '$$' && opener !== '\\[') {
    return false;
  }
  const closer = CLOSERS[opener];
  const lines: string[] = [];
  let line = startLine;
  let closed = false;
  for (; line < Math.min(endLine, startLine + MOST_LINES); line++) {
    if (!state.isEmpty(line) && state.sCount[line] < state.blkIndent) {
      break;
    }
    const text = line === startLine ? first.slice(2) : lineAt(state, line);
    const end = text.indexOf(closer);
    if (end === -1) {
      lines.push(text);
    } else if (text.slice(end + 2).trim() === '') {
      lines.push(text.slice(0, end));
      closed = true;
      break;
    } else {
      return false; // Text goes on behind it: the inline rule knows what to do.
    }
  }
  // While the text grows the end may still come: what is there is shown as a source.
  const mayClose = state.env.growing === true && line === state.lineMax;
  const content = lines.join('\n').trim();
  if (!(closed ? content !== '' : mayClose)) {
    return false;
  }
  if (!silent) {
    state.line = closed ? line + 1 : line;
    const token = state.push('math_block', 'math', 0);
    token.block = true;
    token.markup = opener;
    token.content = content;
    token.meta = { display: true, open: !closed };
    token.map = [startLine, state.line];
  }
  return true;
}

function lineAt(state: StateBlock, line: number): string {
  return state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
}

function isSpace(character: string | undefined): boolean {
  return character === undefined || character === ' ' || character === '\n';
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[A-Za-z0-9_]/.test(character);
}
