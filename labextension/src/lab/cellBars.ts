import type { Cell, CodeCell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { type PanelLayout, Widget } from '@lumino/widgets';
import type { Translator } from '../chat/i18n';
import { activate, askAboutError, askAboutOutputs } from './cellCommands';
import { chatIcon } from './icon';
import { shownCell } from './notebooks';
import { isError } from './outputs';
import type { Questions } from './questions';

/** What somebody does on purpose. */
const INTERRUPTIONS: ReadonlySet<string> = new Set(['KeyboardInterrupt', 'Interrupted']);

/** A bar below the outputs of every code cell, in every notebook. */
export function addCellBars(
  tracker: INotebookTracker,
  questions: Questions,
  trans: Translator
): void {
  const watch = (panel: NotebookPanel) => {
    const known = new WeakSet<Cell>();
    const addMissing = () => {
      for (const cell of panel.content.widgets) {
        if (!known.has(cell) && isCode(cell)) {
          known.add(cell);
          void addBar(panel, cell, questions, trans);
        }
      }
    };
    void panel.context.ready.then(() => {
      panel.content.model?.cells.changed.connect(addMissing);
      addMissing();
    });
  };
  tracker.forEach(watch);
  tracker.widgetAdded.connect((_, panel) => {
    watch(panel);
  });
}

function isCode(cell: Cell): cell is CodeCell {
  return cell.model.type === 'code';
}

async function addBar(
  panel: NotebookPanel,
  cell: CodeCell,
  questions: Questions,
  trans: Translator
): Promise<void> {
  await cell.ready; // a cell that was never in view has no layout yet
  if (!cell.isDisposed) {
    const layout = cell.layout as PanelLayout;
    const beforeFooter = layout.widgets.length - 1;
    layout.insertWidget(beforeFooter, new CellBar(panel, cell, questions, trans));
  }
}

/** Offers to ask about what a cell has put out; where it failed, it is always shown. */
class CellBar extends Widget {
  readonly #cell: CodeCell;

  constructor(
    panel: NotebookPanel,
    cell: CodeCell,
    questions: Questions,
    trans: Translator
  ) {
    super();
    this.#cell = cell;
    this.addClass('jc-CellBar');
    this.node.dataset.lmSuppressShortcuts = 'true'; // Enter is for the buttons
    this.node.setAttribute('role', 'toolbar');
    this.node.setAttribute('aria-label', trans.__('Ask the chat'));

    const add = (label: string, className: string, run: () => void) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = `jc-CellBar-button ${className}`;
      button.textContent = label;
      button.addEventListener('click', () => {
        activate({ panel, cell });
        run();
      });
      this.node.append(button);
      return button;
    };
    add(trans.__('Fix'), 'jc-mod-error', () => {
      const text = trans.__('Fix this error. Give the whole cell anew.');
      askAboutError(questions, shownCell(panel, cell), text);
    });
    add(trans.__('Explain'), 'jc-mod-error', () => {
      const text = trans.__('Explain this error: what it means and where it comes from.');
      askAboutError(questions, shownCell(panel, cell), text);
    });
    const ask = add(trans.__('Ask about this'), '', () => {
      void askAboutOutputs(questions, shownCell(panel, cell), trans);
    });
    const icon = chatIcon.element({ tag: 'span', className: 'jc-CellBar-icon' });
    icon.setAttribute('aria-hidden', 'true');
    ask.prepend(icon);

    const { outputs } = cell.model;
    outputs.changed.connect(this.#follow, this);
    this.#follow();
  }

  #follow(): void {
    const { outputs } = this.#cell.model;
    let failed = false;
    for (let index = 0; index < outputs.length; index++) {
      const output = outputs.get(index).toJSON();
      failed ||= isError(output) && !INTERRUPTIONS.has(output.ename);
    }
    this.setHidden(outputs.length === 0);
    this.toggleClass('jc-mod-failed', failed);
  }
}
