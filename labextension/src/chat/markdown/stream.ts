// Markdown that grows.  Blocks that can no longer change are frozen; only the text
// behind them, the tail, is parsed again.  So that the tail stays short whatever
// grows, a list is frozen item by item and a table row by row, and code is not parsed.
//
// Link definitions may come at the very end of a text and reach back to its beginning.
// Therefore the finished text is parsed once as a whole: what was streamed then equals
// what is shown after a reload.

import { type Block, type Piece, toBlock } from './blocks';
import { type Container, join, prefixOf, split } from './containers';
import { type OpenFence, advance, openFence } from './fence';
import { type Groups, append, reuse } from './groups';
import { Lines } from './lines';
import type { FormulaMeta } from './math';
import { type ParsedBlock, type References, type Token, parse } from './parser';

export interface View {
  readonly blocks: Groups<Block>;
  /** What came since the last parsing of a long tail, shown as it is. */
  readonly rest: string;
}

/** A longer tail is parsed again only when it has grown by an eighth. */
const LONG_TAIL = 8192;
const GROWTH = 1 / 8;

export class MarkdownStream {
  #text = '';
  #growing = true;
  #view: View = { blocks: [], rest: '' };

  /** The blocks before the tail. */
  #frozen: Groups<Block> = [];
  /** The frozen pieces of the list or table that the tail continues. */
  #container: Container | undefined;
  /** The code block that the tail continues. */
  #fence: OpenFence | undefined;
  /** Where the tail begins in the text. */
  #tail = 0;
  /** Up to where the text was parsed. */
  #parsed = 0;
  /** The link definitions before the tail. */
  #references: References = {};

  /**
   * What is shown of a text that has grown since the last call, or else is a new one.
   * The same text gives the same view.
   */
  update(raw: string, growing: boolean): View {
    const text = normalized(raw);
    if (text === this.#text && growing === this.#growing) {
      return this.#view;
    }
    if (!growing) {
      this.#view = finished(text, this.#view);
    } else {
      if (!this.#growing || !text.startsWith(this.#text)) {
        this.#startOver();
      }
      this.#view = this.#grown(text);
    }
    this.#text = text;
    this.#growing = growing;
    return this.#view;
  }

  #startOver(): void {
    this.#frozen = [];
    this.#container = undefined;
    this.#fence = undefined;
    this.#tail = 0;
    this.#parsed = 0;
    this.#references = {};
  }

  #grown(text: string): View {
    if (this.#fence !== undefined) {
      const { code, next } = advance(this.#fence, text);
      if (typeof next !== 'number') {
        this.#fence = next;
        return { blocks: append(this.#frozen, [code]), rest: '' };
      }
      this.#fence = undefined;
      this.#frozen = append(this.#frozen, [code]);
      this.#tail = next;
      this.#parsed = next;
    }
    const length = text.length - this.#tail;
    if (length > LONG_TAIL && text.length - this.#parsed < length * GROWTH) {
      return { blocks: this.#view.blocks, rest: text.slice(this.#parsed) };
    }
    this.#parsed = text.length;
    return this.#parseTail(text);
  }

  #parseTail(text: string): View {
    const container = this.#container;
    const prefix = prefixOf(container);
    const offset = this.#tail - prefix.length;
    const lines = new Lines(prefix + text.slice(this.#tail));
    const { blocks: parsed, references } = parse(lines.text, {
      growing: true,
      references: this.#references
    });
    const blocks = toBlocks(parsed, lines);
    const shown = [...blocks];
    if (container !== undefined) {
      const joined = join(container, blocks.at(0));
      if (joined === undefined) {
        // It is not what it seemed to be; as a whole it is.
        this.#startOver();
        return this.#grown(text);
      }
      shown[0] = joined;
    }
    const view = { blocks: append(this.#frozen, shown), rest: '' };

    // A block whose first line has not ended may yet belong to the one before.
    const last = parsed.findLastIndex(({ line }) => lines.isComplete(line));
    if (last > 0 || (last === 0 && container === undefined)) {
      this.#frozen = append(this.#frozen, shown.slice(0, last));
      this.#container = undefined;
      const end = offset + lines.start(parsed[last].line);
      this.#define(text.slice(this.#tail, end), references);
      this.#tail = end;
    }
    if (last !== -1 && last === parsed.length - 1) {
      const block = blocks[last];
      if (block.kind === 'list' || block.kind === 'table') {
        const parts = split(this.#container, block, lines);
        if (parts !== undefined) {
          this.#container = parts.frozen;
          const end = offset + lines.start(parts.line);
          this.#define(text.slice(this.#tail, end), references);
          this.#tail = end;
        }
      } else if (block.kind === 'code') {
        this.#fence = openFence(text, this.#tail);
        if (this.#fence !== undefined) {
          return this.#grown(text);
        }
      }
    }
    return view;
  }

  /** Keep the link definitions of a source that is no longer in the tail. */
  #define(source: string, references: References): void {
    if (Object.keys(references).length > Object.keys(this.#references).length) {
      ({ references: this.#references } = parse(source, {
        references: this.#references
      }));
    }
  }
}

function finished(text: string, before: View): View {
  const { blocks: parsed, references } = parse(text);
  const blocks = append([], toBlocks(parsed, new Lines(text)));
  const hasReferences = Object.keys(references).length > 0;
  const same = (piece: Piece, old: Piece) =>
    piece.source === old.source &&
    !(hasReferences && piece.source.includes('[')) &&
    !old.tokens.some(isOpen);
  return { blocks: reuseBlocks(blocks, before.blocks, same), rest: '' };
}

function isOpen({ type, meta }: Token): boolean {
  return type === 'math_block' && (meta as FormulaMeta).open;
}

type Same = (piece: Piece, old: Piece) => boolean;

/** The blocks with all that need not be drawn again taken from those before. */
function reuseBlocks(blocks: Groups<Block>, old: Groups<Block>, same: Same) {
  const kept = blocks.map((group, index) =>
    group.map((block, place) => {
      const before = old[index]?.[place];
      return before === undefined ? block : reuseBlock(block, before, same);
    })
  );
  return reuse(kept, old, (block, before) => block === before);
}

function reuseBlock(block: Block, old: Block, same: Same): Block {
  if (block.kind === 'list' && old.kind === 'list') {
    return { ...block, items: reuse(block.items, old.items, same) };
  }
  if (block.kind === 'table' && old.kind === 'table') {
    return { ...block, rows: reuse(block.rows, old.rows, same) };
  }
  return block.kind === 'other' && old.kind === 'other' && same(block, old) ? old : block;
}

function toBlocks(parsed: readonly ParsedBlock[], lines: Lines): Block[] {
  return parsed.map((block, index) =>
    toBlock(block, parsed.at(index + 1)?.line ?? Infinity, lines)
  );
}

/** Line breaks and NUL as CommonMark wants them. */
function normalized(text: string): string {
  return /[\r\0]/.test(text)
    ? text.replace(/\r\n?/g, '\n').replaceAll('\0', '\uFFFD')
    : text;
}
