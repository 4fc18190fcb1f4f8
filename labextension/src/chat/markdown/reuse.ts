// The blocks of a text that has grown, with all that is as it was taken from before, so
// that it is not drawn again.

import type { Block, Item } from './blocks';
import type { Groups } from './groups';

/** Whether a piece of this source means the same as before. */
export type IsSame = (source: string, before: string) => boolean;

interface HasSource {
  readonly source: string;
}

export function reuse(
  blocks: readonly Block[],
  before: readonly Block[],
  isSame: IsSame
): Block[] {
  return blocks.map((block, index) => {
    const old = before.at(index);
    return old === undefined ? block : reuseBlock(block, old, isSame);
  });
}

function reuseBlock(block: Block, old: Block, isSame: IsSame): Block {
  if (block.kind === 'list' && old.kind === 'list') {
    const items = reuseGroups(block.items, old.items, (item, before) =>
      isSame(item.source, before.source) ? before : reuseItem(item, before, isSame)
    );
    return { ...block, items };
  }
  if (block.kind === 'quote' && old.kind === 'quote') {
    return { ...block, blocks: reuse(block.blocks, old.blocks, isSame) };
  }
  const piece = <T extends HasSource>(piece: T, before: T) =>
    isSame(piece.source, before.source) ? before : piece;
  if (block.kind === 'table' && old.kind === 'table') {
    return {
      ...block,
      head: piece(block.head, old.head),
      rows: reuseGroups(block.rows, old.rows, piece)
    };
  }
  return block.kind === 'other' && old.kind === 'other' ? piece(block, old) : block;
}

function reuseItem(item: Item, before: Item, isSame: IsSame): Item {
  return { ...item, blocks: reuse(item.blocks, before.blocks, isSame) };
}

/** A group that has nothing new is the group it was. */
function reuseGroups<T>(
  groups: Groups<T>,
  before: Groups<T>,
  choose: (item: T, before: T) => T
): Groups<T> {
  return groups.map((group, index) => {
    const old = before[index] ?? [];
    if (group === old) {
      return old;
    }
    const chosen = group.map((item, place) =>
      place < old.length ? choose(item, old[place]) : item
    );
    const isOld =
      chosen.length === old.length && chosen.every((item, place) => item === old[place]);
    return isOld ? old : chosen;
  });
}
