// Markdown that grows.  Blocks that can no longer change are frozen; only the text
// behind them, the tail, is parsed again.  So that the tail stays short whatever
// grows, a list is frozen item by item and a table row by row, and code is not parsed.
//
// Link definitions may come at the very end of a text and reach back to its beginning.
// A finished text that has some is therefore parsed once more as a whole, so that what
// was streamed equals what is shown after a reload.

import { type Block, lineOf, toBlocks } from './blocks';
import { type Container, join, prefixOf, split } from './containers';
import { type OpenFence, advance, openFence } from './fence';
import { type Groups, append } from './groups';
import { Lines } from './lines';
import { type References, type Token, parse } from './parser';
import { reuse } from './reuse';

export interface View {
  readonly blocks: Groups<Block>;
  /** What came since the last parsing of a long tail, shown as it is. */
  readonly rest: string;
}

/** A longer tail is parsed again only when it has grown by an eighth. */
const LONG_TAIL = 8192;
const GROWTH = 1 / 8;

interface State {
  /** The blocks before the tail. */
  readonly frozen: Groups<Block>;
  /** The frozen pieces of the list or table that the tail continues. */
  readonly container?: Container;
  /** The code block that the tail is. */
  readonly fence?: OpenFence;
  /** Where the tail begins in the text. */
  readonly tail: number;
  /** The link definitions before the tail. */
  readonly references: References;
  /** The blocks of the tail, the frozen pieces of its container included. */
  readonly shown: readonly Block[];
  /** Up to where the text was parsed. */
  readonly parsed: number;
}

const START: State = { frozen: [], tail: 0, references: {}, shown: [], parsed: 0 };

export class MarkdownStream {
  #text = '';
  #growing = true;
  #state = START;
  #view: View = { blocks: [], rest: '' };

  /**
   * What is shown of a text that has grown since the last call, or else is a new one.
   * The same text gives the same view.
   */
  update(raw: string, growing: boolean): View {
    const text = normalized(raw);
    if (text !== this.#text || growing !== this.#growing) {
      const state = text.startsWith(this.#text) ? this.#state : START;
      this.#state = growing ? grown(state, text) : finished(state, text);
      this.#view = {
        blocks: append(this.#state.frozen, this.#state.shown),
        rest: text.slice(this.#state.parsed)
      };
      this.#text = text;
      this.#growing = growing;
    }
    return this.#view;
  }
}

function grown(state: State, text: string): State {
  if (state.fence !== undefined) {
    return grownCode(state, state.fence, text);
  }
  const length = text.length - state.tail;
  if (length > LONG_TAIL && text.length - state.parsed < length * GROWTH) {
    return state;
  }
  const tail = parseTail(state, text);
  return tail === undefined ? grown(START, text) : settled(state, text, tail);
}

function grownCode(state: State, fence: OpenFence, text: string): State {
  const { code, next } = advance(fence, text);
  if (typeof next !== 'number') {
    return { ...state, fence: next, shown: [code], parsed: text.length };
  }
  const frozen = append(state.frozen, [code]);
  const behind = { ...state, frozen, fence: undefined, tail: next };
  return grown({ ...behind, shown: [], parsed: next }, text);
}

function finished(state: State, text: string): State {
  const tail = parseTail(state, text);
  if (tail === undefined || (state.tail > 0 && !isEmpty(tail.references))) {
    const before = [...state.frozen.flat(), ...state.shown];
    return finished({ ...START, shown: before }, text);
  }
  return { ...state, shown: tail.shown, parsed: text.length };
}

interface Tail {
  readonly lines: Lines;
  /** Where the lines would begin in the text. */
  readonly offset: number;
  /** The tokens of each block. */
  readonly runs: readonly (readonly Token[])[];
  readonly blocks: readonly Block[];
  /** The blocks, the first one with the frozen pieces of the container. */
  readonly shown: readonly Block[];
  readonly references: References;
}

/** The tail anew; `undefined` if it does not continue its container after all. */
function parseTail(state: State, text: string): Tail | undefined {
  const { container } = state;
  const prefix = prefixOf(container);
  const lines = new Lines(prefix + text.slice(state.tail));
  const { blocks: runs, references } = parse(lines.text, state.references);
  const blocks = toBlocks(runs, Infinity, lines);
  const all = [...blocks];
  if (container !== undefined) {
    const joined = join(container, blocks.at(0));
    if (joined === undefined) {
      return undefined;
    }
    all[0] = joined;
  }
  // A new definition may have made links of brackets.
  const mayLink = !isEmpty(references);
  const shown = reuse(
    all,
    state.shown,
    (source, before) => source === before && !(mayLink && source.includes('['))
  );
  return { lines, offset: state.tail - prefix.length, runs, blocks, shown, references };
}

/** The state with all of the tail frozen that cannot change any more. */
function settled(state: State, text: string, tail: Tail): State {
  const { lines, offset, runs, blocks, shown } = tail;
  /** The state with a tail that begins at that line. */
  const from = (state: State, line: number): State => {
    const end = offset + lines.start(line);
    const passed = text.slice(state.tail, end);
    return { ...state, tail: end, references: define(state.references, passed, tail) };
  };

  let next: State = { ...state, shown, parsed: text.length };
  // A block whose first line has not ended may yet belong to the one before.
  const last = runs.findLastIndex(run => lines.isComplete(lineOf(run)));
  if (last > 0 || (last === 0 && state.container === undefined)) {
    next = {
      ...from(next, lineOf(runs[last])),
      frozen: append(state.frozen, shown.slice(0, last)),
      container: undefined,
      shown: shown.slice(last)
    };
  }
  if (last === -1 || last < runs.length - 1) {
    return next;
  }
  const block = blocks[last];
  if (block.kind === 'list' || block.kind === 'table') {
    const parts = split(next.container, block, runs[last], lines);
    return parts === undefined
      ? next
      : { ...from(next, parts.line), container: parts.frozen };
  }
  const fence = block.kind === 'code' ? openFence(text, next.tail) : undefined;
  return fence === undefined ? next : grown({ ...next, fence }, text);
}

/** The link definitions of a source that is no longer in the tail, and those before. */
function define(before: References, source: string, tail: Tail): References {
  const hasNew = Object.keys(tail.references).length > Object.keys(before).length;
  return hasNew ? parse(source, before).references : before;
}

function isEmpty(references: References): boolean {
  return Object.keys(references).length === 0;
}

/** Line breaks and NUL as CommonMark wants them. */
function normalized(text: string): string {
  return /[\r\0]/.test(text)
    ? text.replace(/\r\n?/g, '\n').replaceAll('\0', '\uFFFD')
    : text;
}
