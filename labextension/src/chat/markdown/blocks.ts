// A text as what is shown: its blocks; of those that grow long, their pieces.

import { type Groups, append } from './groups';
import type { Lines } from './lines';
import { type ParsedBlock, type Token, slices } from './parser';

/** A list item, a table row, or a block without pieces of its own. */
export interface Piece {
  readonly source: string;
  readonly tokens: readonly Token[];
}

export interface Item extends Piece {
  /** A blank line separates parts of it. */
  readonly loose: boolean;
}

export interface List {
  readonly kind: 'list';
  readonly open: Token;
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

export interface Other extends Piece {
  readonly kind: 'other';
}

export type Block = List | Table | Code | Other;

/** A parsed block that ends before the line `end`. */
export function toBlock({ tokens, line }: ParsedBlock, end: number, lines: Lines): Block {
  const [first] = tokens;
  switch (first.type) {
    case 'bullet_list_open':
    case 'ordered_list_open':
      return toList(tokens, end, lines);
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
      return { kind: 'other', source: lines.between(line, end), tokens };
  }
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

function toList(tokens: readonly Token[], end: number, lines: Lines): List {
  const runs = slices(tokens.slice(1, -1), 1);
  const items = runs.map((run, index): Item => {
    const next = runs.at(index + 1);
    const source = lines.between(lineOf(run), next === undefined ? end : lineOf(next));
    return { source, tokens: run, loose: hasBlankLines(run, lines) };
  });
  return {
    kind: 'list',
    open: tokens[0],
    tight: areTight(items, false),
    items: append([], items)
  };
}

function hasBlankLines(item: readonly Token[], lines: Lines): boolean {
  return slices(item.slice(1, -1), 2)
    .slice(1)
    .some(child => lines.isBlank(lineOf(child) - 1));
}

function toTable(tokens: readonly Token[], lines: Lines): Table {
  const line = lineOf(tokens);
  const [head, body] = slices(tokens.slice(1, -1), 1);
  const rows = body === undefined ? [] : slices(body.slice(1, -1), 2);
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
