import type { Cell } from '@jupyterlab/cells';
import type { ICell } from '@jupyterlab/nbformat';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Cells } from '../chat/cells';
import { fit } from '../chat/completion/choices';
import type { Translator } from '../chat/i18n';
import type { Mention, MentionSource } from '../chat/mentions';
import {
  type ShownCell,
  cellPart,
  notebookPart,
  outputParts,
  selectionPart
} from './notebookParts';
import { cellName, selectionIn, shownCell } from './notebooks';
import { isError } from './outputs';
import { withRasters } from './rasters';

/** So many cells are looked through, the nearest to the active one. */
const NEAREST = 200;

/** What of the notebook that is active can be mentioned in a question. */
export function notebookMentions(
  tracker: INotebookTracker,
  cells: Cells,
  trans: Translator
): readonly MentionSource[] {
  /** First those that the query names by their number, wherever they are. */
  const nearest = (panel: NotebookPanel, query: string): readonly Cell[] => {
    const { widgets, activeCellIndex } = panel.content;
    const named = numbered(panel, query);
    const distance = (cell: Cell) => Math.abs(widgets.indexOf(cell) - activeCellIndex);
    const from = Math.max(0, activeCellIndex - NEAREST / 2);
    const around = widgets
      .slice(from, from + NEAREST)
      .sort((one, other) => distance(one) - distance(other));
    return [...new Set([...named, ...around])];
  };
  /** A source whose things are those of the notebook; without one it says so. */
  const source = (
    kind: string,
    label: string,
    list: (panel: NotebookPanel, query: string) => readonly CellMention[],
    nothing: string
  ): MentionSource => ({
    kind,
    label,
    complete: query => {
      const panel = tracker.currentWidget;
      const off =
        panel === null || !panel.context.isReady
          ? (cells.place.reason ?? trans.__('Open a notebook first.'))
          : nothing;
      const found = panel === null || !panel.context.isReady ? [] : list(panel, query);
      const mentions =
        found.length > 0 ? found : [{ id: kind, label, off, attach: refused }];
      return Promise.resolve(mentions.filter(mention => isMeant(mention, query)));
    }
  });
  const ofCell = (
    panel: NotebookPanel,
    cell: Cell,
    query: string,
    attach: (shown: ShownCell) => ReturnType<Mention['attach']>
  ): CellMention => ({
    isNamed: numbered(panel, query).includes(cell),
    id: cell.model.id,
    label: trans.__('Cell %1', cellName(panel, cell)),
    note: firstLine(cell.model.sharedModel.getSource()),
    attach: () => attach(shownCell(panel, cell))
  });

  return [
    source(
      'cell',
      trans.__('Cell'),
      (panel, query) =>
        nearest(panel, query).map(cell =>
          ofCell(panel, cell, query, shown => Promise.resolve([cellPart(shown)]))
        ),
      trans.__('The notebook has no cells.')
    ),
    source(
      'selection',
      trans.__('Selection'),
      (panel, query) => {
        const cell = panel.content.activeCell;
        const selected = cell === null ? '' : selectionIn(cell);
        if (cell === null || selected === '') {
          return [];
        }
        const attach = (shown: ShownCell) =>
          Promise.resolve([selectionPart(shown, selected)]);
        const note = firstLine(selected);
        return [{ ...ofCell(panel, cell, query, attach), note }];
      },
      trans.__('Nothing is selected in the active cell.')
    ),
    source(
      'notebook',
      trans.__('Notebook'),
      panel => [
        {
          id: panel.id,
          label: panel.title.label,
          attach: () => {
            const all = panel.content.model?.sharedModel.toJSON().cells ?? [];
            const { activeCellIndex } = panel.content;
            const part = notebookPart(panel.title.label, all as ICell[], activeCellIndex);
            return Promise.resolve([part]);
          }
        }
      ],
      ''
    ),
    source(
      'output',
      trans.__('Output'),
      (panel, query) =>
        nearest(panel, query)
          .filter(cell => shownCell(panel, cell).outputs.length > 0)
          .map(cell => ofCell(panel, cell, query, withOutputs)),
      trans.__('No cell has an output.')
    ),
    source(
      'error',
      trans.__('Error'),
      (panel, query) =>
        nearest(panel, query).flatMap(cell => {
          const shown = shownCell(panel, cell);
          const errors = shown.outputs.filter(isError);
          const attach = () =>
            Promise.resolve([
              cellPart(shown),
              ...outputParts({ ...shown, outputs: errors }).parts
            ]);
          const mention = ofCell(panel, cell, query, attach);
          return errors.length === 0
            ? []
            : [{ ...mention, note: `${errors[0].ename}: ${errors[0].evalue}` }];
        }),
      trans.__('No cell shows an error.')
    )
  ];
}

async function withOutputs(shown: ShownCell) {
  const outputs = await withRasters(shown.outputs);
  return [cellPart(shown), ...outputParts({ ...shown, outputs }).parts];
}

function refused(): Promise<never> {
  return Promise.reject(new Error('There is nothing to attach.'));
}

interface CellMention extends Mention {
  /** Whether the query is its number. */
  readonly isNamed?: boolean;
}

/** The cells that a number stands for: those that were run as that one, or else the one at
 * that place. */
function numbered(panel: NotebookPanel, query: string): readonly Cell[] {
  const number = /^\[?(\d{1,6})\]?$/.exec(query)?.[1];
  if (number === undefined) {
    return [];
  }
  const { widgets } = panel.content;
  const run = widgets.filter(cell => cellName(panel, cell) === `[${number}]`);
  const at = widgets.slice(Number(number) - 1, Number(number));
  return run.length > 0 || number === '0' ? run : at;
}

/** Whether the query is its number, or begins a word of what it shows. */
function isMeant({ label, note = '', isNamed }: CellMention, query: string): boolean {
  return isNamed === true || fit(query, label, note) !== null;
}

function firstLine(source: string): string {
  return source.trim().split('\n', 1)[0].slice(0, 200);
}
