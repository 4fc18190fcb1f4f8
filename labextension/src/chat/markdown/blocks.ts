// A text as what is shown: blocks, which may hold blocks.  What may grow long is in
// pieces, and each piece knows its source, so that it need not be drawn again.

import { type Groups, append } from './groups';
import type { Lines } from './lines';
import { type Token, slices } from './parser';
import type { TaskMeta } from './tasks';

/** A table row, or a block that holds no others. */
export interface Piece {
  readonly source: string;
  readonly tokens: readonly Token[];
}

export interface Item {
  readonly source: string;
  readonly blocks: readonly Block[];
  /** For a task: whether it is done. */
  readonly done: boolean | undefined;
  /** A blank line separates its blocks. */
  readonly loose: boolean;
}

export interface List {
  readonly kind: 'list';
  /** The character after the number, or the one that is the bullet. */
  readonly marker: string;
  /** The first number; `undefined` for bullets. */
  readonly start: number | undefined;
  /** No blank line is between or in its items. */
  readonly tight: boolean;
  readonly items: Groups<Item>;
}

export interface Table {
  readonly kind: 'table';
  readonly head: Piece;
  readonly rows: Groups<Piece>;
}

export interface Code {
  readonly kind: 'code';
  readonly info: string;
  readonly code: string;
  /** Its end has not come yet. */
  readonly open: boolean;
}

export interface Quote {
  readonly kind: 'quote';
  readonly blocks: readonly Block[];
}

export interface Other extends Piece {
  readonly kind: 'other';
}

export type Block = List | Table | Code | Quote | Other;

/** The blocks that the runs of tokens are; the last one ends before the line `end`. */
export function toBlocks(
  runs: readonly (readonly Token[])[],
  end: number,
  lines: Lines
): Block[] {
  return runs.map((tokens, index) => {
    const next = runs.at(index + 1);
    return toBlock(tokens, next === undefined ? end : lineOf(next), lines);
  });
}

export function lineOf(tokens: readonly Token[]): number {
  return tokens[0].map?.[0] ?? 0;
}

export function withoutLastBreak(code: string): string {
  return code.endsWith('\n') ? code.slice(0, -1) : code;
}

/** Whether a list of these items, and more behind them if so said, is tight. */
export function areTight(items: readonly Item[], more: boolean): boolean {
  const inner = more ? items : items.slice(0, -1);
  return !items.some(item => item.loose) && !inner.some(endsWithBlankLine);
}

function endsWithBlankLine({ source }: Item): boolean {
  return /\n[ \t]*\n$/.test(source.slice(-100));
}

function toBlock(tokens: readonly Token[], end: number, lines: Lines): Block {
  const [first] = tokens;
  switch (first.type) {
    case 'bullet_list_open':
    case 'ordered_list_open':
      return toList(tokens, end, lines);
    case 'blockquote_open':
      return { kind: 'quote', blocks: toBlocks(within(tokens), end, lines) };
    case 'table_open':
      return toTable(tokens, lines);
    case 'fence':
    case 'code_block':
      return {
        kind: 'code',
        info: first.info,
        code: withoutLastBreak(first.content),
        open: false
      };
    default:
      return { kind: 'other', source: lines.between(lineOf(tokens), end), tokens };
  }
}

/** The runs of tokens between the first and the last one. */
function within(tokens: readonly Token[]): (readonly Token[])[] {
  return slices(tokens.slice(1, -1), tokens[0].level + 1);
}

function toList(tokens: readonly Token[], end: number, lines: Lines): List {
  const [open] = tokens;
  const runs = within(tokens);
  const items = runs.map((item, index): Item => {
    const next = runs.at(index + 1);
    const itemEnd = next === undefined ? end : lineOf(next);
    const blocks = within(item);
    return {
      source: lines.between(lineOf(item), itemEnd),
      blocks: toBlocks(blocks, itemEnd, lines),
      done: (item[0].meta as TaskMeta | null)?.done,
      loose: blocks.slice(1).some(block => lines.isBlank(lineOf(block) - 1))
    };
  });
  const isOrdered = open.type === 'ordered_list_open';
  return {
    kind: 'list',
    marker: open.markup,
    start: isOrdered ? Number(open.attrGet('start') ?? 1) : undefined,
    // Only at the top level are items frozen before it is known of all.
    tight: open.level === 0 ? areTight(items, false) : !hasOpenParagraphs(tokens),
    items: append([], items)
  };
}

function hasOpenParagraphs(list: readonly Token[]): boolean {
  const level = list[0].level + 2;
  return list.some(token => {
    return token.type === 'paragraph_open' && token.level === level && !token.hidden;
  });
}

function toTable(tokens: readonly Token[], lines: Lines): Table {
  const line = lineOf(tokens);
  const [head, body] = within(tokens);
  const rows = body === undefined ? [] : within(body);
  return {
    kind: 'table',
    head: { source: lines.between(line, line + 2), tokens: head },
    rows: append(
      [],
      rows.map(row => ({
        source: lines.between(lineOf(row), lineOf(row) + 1),
        tokens: row
      }))
    )
  };
}
