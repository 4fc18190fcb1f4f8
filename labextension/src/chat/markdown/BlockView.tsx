import { memo } from 'react';
import { CodeBlock } from './CodeBlock';
import { ListFrame, ListItem } from './List';
import { TableBox } from './TableBox';
import type { Block, Item, Piece } from './blocks';
import type { Groups } from './groups';
import { render } from './render';

/** Blocks that are the same as before are not drawn again, nor looked at one by one. */
export function Blocks({ blocks }: { readonly blocks: Groups<Block> }) {
  return blocks.map((group, index) => <BlockGroup key={index} blocks={group} />);
}

const BlockGroup = memo(function BlockGroup({
  blocks
}: {
  readonly blocks: readonly Block[];
}) {
  return blocks.map((block, index) => <BlockView key={index} block={block} />);
});

const BlockView = memo(function BlockView({ block }: { readonly block: Block }) {
  switch (block.kind) {
    case 'code':
      return <CodeBlock info={block.info} code={block.code} open={block.open} />;
    case 'quote':
      return (
        <blockquote dir="auto">
          <BlockGroup blocks={block.blocks} />
        </blockquote>
      );
    case 'list':
      return (
        <ListFrame start={block.start} tight={block.tight}>
          {block.items.map((items, index) => (
            <Items key={index} items={items} />
          ))}
        </ListFrame>
      );
    case 'table':
      return (
        <TableBox>
          <PieceView piece={block.head} />
          {block.rows.length > 0 && (
            <tbody>
              {block.rows.map((rows, index) => (
                <Rows key={index} rows={rows} />
              ))}
            </tbody>
          )}
        </TableBox>
      );
    case 'other':
      return render(block.tokens);
  }
});

const Items = memo(function Items({ items }: { readonly items: readonly Item[] }) {
  return items.map((item, index) => <ItemView key={index} item={item} />);
});

const ItemView = memo(function ItemView({ item }: { readonly item: Item }) {
  return (
    <ListItem done={item.done}>
      <BlockGroup blocks={item.blocks} />
    </ListItem>
  );
});

const Rows = memo(function Rows({ rows }: { readonly rows: readonly Piece[] }) {
  return rows.map((row, index) => <PieceView key={index} piece={row} />);
});

const PieceView = memo(function PieceView({ piece }: { readonly piece: Piece }) {
  return render(piece.tokens);
});
