// Formulas between $…$, $$…$$, \(…\) and \[…\], as rules for markdown-it.

import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it';

/** What the token of a formula says beyond its source. */
export interface FormulaMeta extends Record<string, unknown> {
  readonly display: boolean;
  /** It has no end. */
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

/** Whether words follow an amount: "$5 a month", "$1,000 or less". */
function isPrice(text: string, start: number): boolean {
  const words = /^\d[\d.,]*[kKmMbB]?\s+[A-Za-z]+\s+[A-Za-z]{2}/;
  return words.test(text.slice(start, start + 60));
}

function plainEnd(text: string, start: number, max: number, closer: string): number {
  const within = text.slice(start, Math.min(max, start + MOST_CHARACTERS));
  const end = within.indexOf(closer);
  const content = within.slice(0, end);
  // "\[1\]" and "\[text\](address)" were escaped to be no links.
  const isEscape =
    closer === '\\]' && (/^[\d\s,]*$/.test(content) || text[start + end + 2] === '(');
  return end === -1 || content.trim() === '' || isEscape ? -1 : start + end;
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
  const lines = [first.slice(2)];
  let end = lines[0].indexOf(closer);
  if (end !== -1 && !/^\s*$/.test(lines[0].slice(end + 2))) {
    return false; // Text goes on behind it: the inline rule knows what to do.
  }
  if (lines[0].trim() === closer) {
    return false;
  }
  if (silent) {
    return true;
  }
  // As in TeX, no blank line is in a formula.  One without an end goes on to the blank
  // line or the end of what it stands in: most likely its own end has not come yet.
  let line = startLine + 1;
  for (; end === -1 && line < endLine && lines.length < MOST_LINES; line++) {
    if (state.isEmpty(line) || state.sCount[line] < state.blkIndent) {
      break;
    }
    lines.push(lineAt(state, line));
    end = lines[lines.length - 1].indexOf(closer);
  }
  let rest = '';
  if (end !== -1) {
    const last = lines.pop() ?? '';
    rest = last.slice(end + 2).trim();
    lines.push(last.slice(0, end));
  }
  const content = lines.join('\n').trim();
  state.line = line;
  // One block, as blocks begin where a line does.
  state.push('math_text_open', 'div', 1).map = [startLine, line];
  const token = state.push('math_block', 'math', 0);
  token.block = true;
  token.markup = opener;
  token.content = content;
  token.meta = { display: true, open: end === -1 || content === '' };
  token.map = [startLine, line];
  if (rest !== '') {
    pushParagraph(state, rest, line);
  }
  state.push('math_text_close', 'div', -1);
  return true;
}

/** The text behind the end of a formula, in its last line. */
function pushParagraph(state: StateBlock, text: string, end: number): void {
  const open = state.push('paragraph_open', 'p', 1);
  open.map = [end - 1, end];
  const inline = state.push('inline', '', 0);
  inline.content = text;
  inline.map = [end - 1, end];
  inline.children = [];
  state.push('paragraph_close', 'p', -1);
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
