// Lists and tables that grow: their first pieces are frozen, the tail holds the others.

import { type Block, type List, type Table, areTight, lineOf } from './blocks';
import { append } from './groups';
import type { Lines } from './lines';
import type { Token } from './parser';

export type Container = List | Table;

/** What the tail needs before it: rows are rows only below their head. */
export function prefixOf(container: Container | undefined): string {
  return container?.kind === 'table' ? container.head.source : '';
}

/** The whole of frozen pieces and the block behind them; `undefined` if it is another. */
export function join(frozen: Container, block: Block | undefined): Container | undefined {
  if (frozen.kind === 'list' && block?.kind === 'list') {
    const isSame =
      frozen.marker === block.marker &&
      (frozen.start === undefined) === (block.start === undefined);
    return isSame
      ? {
          ...frozen,
          tight: frozen.tight && block.tight,
          items: append(frozen.items, block.items.flat())
        }
      : undefined;
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
 * Freeze the pieces of a block, and of the tokens that it was made from, behind those
 * already frozen: all but the last one, which may go on.  `undefined` if there are none.
 */
export function split(
  frozen: Container | undefined,
  block: Container,
  tokens: readonly Token[],
  lines: Lines
): Split | undefined {
  const starts = tokens
    .filter(token =>
      block.kind === 'list'
        ? token.type === 'list_item_open' && token.level === 1
        : token.type === 'tr_open' && token.level === 2
    )
    .map(token => lineOf([token]))
    .slice(block.kind === 'table' ? 1 : 0); // The first row is the head.
  const last = starts.findLastIndex(line => lines.isComplete(line));
  if (last < 1) {
    return undefined;
  }
  return { line: starts[last], frozen: withPieces(frozen, block, last) };
}

function withPieces(
  frozen: Container | undefined,
  block: Container,
  count: number
): Container {
  if (block.kind === 'table') {
    const rows = frozen?.kind === 'table' ? frozen.rows : [];
    return { ...block, rows: append(rows, block.rows.flat().slice(0, count)) };
  }
  const before = frozen?.kind === 'list' ? frozen : { ...block, tight: true, items: [] };
  const items = block.items.flat().slice(0, count);
  return {
    ...before,
    tight: before.tight && areTight(items, true),
    items: append(before.items, items)
  };
}
