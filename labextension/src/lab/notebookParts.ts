// What of a notebook goes with a question; knows no widgets.

import type { ICell, IOutput } from '@jupyterlab/nbformat';
import type { AttachmentPart } from '../chat/protocol';
import type { Attachment } from '../chat/state/parts';
import { errorText, imageIn, isError, joined, textOf } from './outputs';

/** A cell, and where it stands. */
export interface ShownCell {
  /** `[7]` as it was run, or its place in the notebook. */
  readonly name: string;
  readonly notebook: string;
  readonly source: string;
  readonly outputs: readonly IOutput[];
  /** Of its code; `undefined` if that is not known. */
  readonly language: string | undefined;
}

/** How many characters of a text go with a question. */
export const MOST_TEXT = 20_000;
/** How large an image may be that goes with a question. */
export const MOST_IMAGE_BYTES = 2_000_000;
/** How many characters of a notebook, and of each text output in it, go with a question. */
export const MOST_NOTEBOOK = 60_000;
export const MOST_NOTEBOOK_OUTPUT = 1_000;

export function cellPart({
  name,
  notebook,
  source,
  language
}: ShownCell): AttachmentPart {
  return {
    type: 'attachment',
    kind: 'cell',
    name: partName(name, notebook),
    text: cut(source, MOST_TEXT),
    language
  };
}

export function selectionPart(cell: ShownCell, text: string): AttachmentPart {
  return {
    type: 'attachment',
    kind: 'selection',
    name: partName(`cell ${cell.name}`, cell.notebook),
    text: cut(text, MOST_TEXT),
    language: cell.language
  };
}

export interface OutputParts {
  readonly parts: readonly Attachment[];
  /** How many images were left out because they are too large. */
  readonly tooLarge: number;
}

/** The outputs of a cell: its texts as one part, each image and each error as one. */
export function outputParts({ name, notebook, outputs }: ShownCell): OutputParts {
  const where = `cell ${name}`;
  const texts: string[] = [];
  const others: Attachment[] = [];
  let tooLarge = 0;
  for (const output of outputs) {
    const image = imageIn(output);
    if (isError(output)) {
      others.push({
        type: 'attachment',
        kind: 'error',
        name: partName(`${output.ename} · ${where}`, notebook),
        text: cut(errorText(output), MOST_TEXT)
      });
    } else if (image === null) {
      texts.push(textOf(output));
    } else if (sizeOf(image.data) > MOST_IMAGE_BYTES) {
      tooLarge += 1;
      texts.push('[an image, too large to be attached]');
    } else {
      others.push({
        type: 'image',
        ...image,
        name: partName(`Image · ${where}`, notebook)
      });
    }
  }
  const text = texts
    .map(shown => shown.trimEnd())
    .filter(shown => shown !== '')
    .join('\n');
  const output: AttachmentPart = {
    type: 'attachment',
    kind: 'output',
    name: partName(where, notebook),
    text: cut(text, MOST_TEXT)
  };
  return { parts: text === '' ? others : [output, ...others], tooLarge };
}

/** A whole notebook as the model reads it: its cells with their text outputs. */
export function notebookPart(
  notebook: string,
  cells: readonly ICell[],
  active: number
): AttachmentPart {
  return {
    type: 'attachment',
    kind: 'file',
    name: notebook.slice(0, LONGEST_NAME),
    text: notebookText(cells, active)
  };
}

/**
 * Its cells in the percent format.  Of each text output only so much is taken; where the
 * whole is still too long, all outputs are left out, and then the cells that are furthest
 * from the active one.
 */
export function notebookText(cells: readonly ICell[], active: number): string {
  const whole = cells.map((cell, index) => percent(cell, index, true));
  if (lengthOf(whole) <= MOST_NOTEBOOK) {
    return whole.join('\n\n');
  }
  const note = '[The outputs were left out because the notebook is long.]';
  const sources = cells.map((cell, index) => percent(cell, index, false));
  const { from, to } = around(sources, Math.max(0, active));
  const left = [
    note,
    ...(from > 0 ? [`[${cellsLeftOut(from)} before this]`] : []),
    ...sources.slice(from, to).map(text => cut(text, MOST_TEXT)),
    ...(to < cells.length ? [`[${cellsLeftOut(cells.length - to)} after this]`] : [])
  ];
  return left.join('\n\n');
}

/** The cells nearest to the active one that fit together. */
function around(texts: readonly string[], active: number): { from: number; to: number } {
  const size = (index: number) => Math.min(texts[index].length, MOST_TEXT) + 2;
  let [from, to] = [active, Math.min(active + 1, texts.length)];
  let left = MOST_NOTEBOOK - (to > from ? size(from) : 0);
  for (;;) {
    const before = from > 0 ? size(from - 1) : Infinity;
    const after = to < texts.length ? size(to) : Infinity;
    // The side that is nearer to the active cell, as long as there is room on it.
    const isBefore = before <= left && (after > left || active - from < to - active);
    if (isBefore) {
      from -= 1;
      left -= before;
    } else if (after <= left) {
      to += 1;
      left -= after;
    } else {
      return { from, to };
    }
  }
}

function percent(cell: ICell, index: number, withOutputs: boolean): string {
  const kind = cell.cell_type === 'code' ? '' : ` [${cell.cell_type}]`;
  const run = cell.execution_count;
  const count = typeof run === 'number' ? `, run as [${String(run)}]` : '';
  const source = `# %% Cell ${String(index + 1)}${count}${kind}\n${joined(cell.source)}`;
  const outputs = withOutputs ? ((cell.outputs ?? []) as IOutput[]) : [];
  const texts = outputs
    .map(output => (imageIn(output) === null ? textOf(output).trimEnd() : '[an image]'))
    .filter(text => text !== '')
    .map(text => `# Output:\n${cut(text, MOST_NOTEBOOK_OUTPUT)}`);
  return [source.trimEnd(), ...texts].join('\n');
}

function cellsLeftOut(count: number): string {
  return count === 1 ? '1 cell was left out' : `${String(count)} cells were left out`;
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length + 2, 0);
}

/** A text that is no longer than `most`, without its middle if it was. */
export function cut(text: string, most: number): string {
  if (text.length <= most) {
    return text;
  }
  const head = Math.floor(most * 0.6);
  const tail = most - head;
  const left = text.length - most;
  return [
    text.slice(0, head),
    `[… ${String(left)} characters left out …]`,
    text.slice(-tail)
  ].join('\n');
}

/** How many bytes base64 stands for. */
function sizeOf(base64: string): number {
  return (base64.length * 3) / 4;
}

const LONGEST_NAME = 200;

function partName(what: string, notebook: string): string {
  return `${what} · ${notebook}`.slice(0, LONGEST_NAME);
}
