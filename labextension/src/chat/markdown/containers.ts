// Lists and tables that grow: their first pieces are frozen, the tail holds the others.

import { type Block, type List, type Table, areTight, lineOf } from './blocks';
import { append } from './groups';
import type { Lines } from './lines';

export type Container = List | Table;

/** What the tail needs before it to be understood: rows are rows below their head only. */
export function prefixOf(container: Container | undefined): string {
  return container?.kind === 'table' ? container.head.source : '';
}

/** The whole container, whose frozen pieces the block continues; `undefined` if it is another. */
export function join(frozen: Container, block: Block | undefined): Container | undefined {
  if (frozen.kind === 'list' && block?.kind === 'list') {
    return frozen.open.markup !== block.open.markup || frozen.open.tag !== block.open.tag
      ? undefined
      : {
          ...frozen,
          tight: frozen.tight && block.tight,
          items: append(frozen.items, block.items.flat())
        };
  }
  if (frozen.kind === 'table' && block?.kind === 'table') {
    return { ...frozen, rows: append(frozen.rows, block.rows.flat()) };
  }
  return undefined;
}

interface Split {
  readonly frozen: Container;
  /** The line of the first piece that is not frozen. */
  readonly line: number;
}

/**
 * Freeze the pieces of the block behind those already frozen, except the last one: it
 * may go on.  `undefined` if there is none to freeze.
 */
export function split(
  frozen: Container | undefined,
  block: Container,
  lines: Lines
): Split | undefined {
  const pieces = block.kind === 'list' ? block.items.flat() : block.rows.flat();
  const last = pieces.findLastIndex(piece => lines.isComplete(lineOf(piece.tokens)));
  if (last < 1) {
    return undefined;
  }
  const line = lineOf(pieces[last].tokens);
  if (block.kind === 'table') {
    const rows = block.rows.flat().slice(0, last);
    const before = frozen?.kind === 'table' ? frozen : { ...block, rows: [] };
    return { line, frozen: { ...before, rows: append(before.rows, rows) } };
  }
  const items = block.items.flat().slice(0, last);
  const before = frozen?.kind === 'list' ? frozen : { ...block, tight: true, items: [] };
  const tight = before.tight && areTight(items, true);
  return { line, frozen: { ...before, tight, items: append(before.items, items) } };
}
