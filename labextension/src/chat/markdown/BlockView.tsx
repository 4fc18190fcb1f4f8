import { memo } from 'react';
import { CodeBlock } from './CodeBlock';
import { ListFrame } from './List';
import { TableBox } from './TableBox';
import type { Block, Piece } from './blocks';
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
      return <CodeBlock {...block} />;
    case 'list':
      return (
        <ListFrame open={block.open} tight={block.tight}>
          <Pieces pieces={block.items} />
        </ListFrame>
      );
    case 'table':
      return (
        <TableBox>
          <PieceView piece={block.head} />
          {block.rows.length > 0 && (
            <tbody>
              <Pieces pieces={block.rows} />
            </tbody>
          )}
        </TableBox>
      );
    case 'other':
      return render(block.tokens);
  }
});

function Pieces({ pieces }: { readonly pieces: Groups<Piece> }) {
  return pieces.map((group, index) => <PieceGroup key={index} pieces={group} />);
}

const PieceGroup = memo(function PieceGroup({
  pieces
}: {
  readonly pieces: readonly Piece[];
}) {
  return pieces.map((piece, index) => <PieceView key={index} piece={piece} />);
});

const PieceView = memo(function PieceView({ piece }: { readonly piece: Piece }) {
  return render(piece.tokens);
});
