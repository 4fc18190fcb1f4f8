import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import type { ICell } from '@jupyterlab/nbformat';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { MenuSvg } from '@jupyterlab/ui-components';
import type { Cells } from '../chat/cells';
import { problemOf } from '../chat/client/problem';
import type { Translator } from '../chat/i18n';
import type { Services } from '../chat/state/services';
import { chatIcon } from './icon';
import {
  type ShownCell,
  cellPart,
  notebookPart,
  outputParts,
  selectionPart
} from './notebookParts';
import { selectionIn, shownCell } from './notebooks';
import { isError } from './outputs';
import type { Questions } from './questions';
import { withRasters } from './rasters';

export const CellCommandIDs = {
  explain: 'jupyter-chat:explain-cell',
  improve: 'jupyter-chat:improve-cell',
  document: 'jupyter-chat:document-cell',
  test: 'jupyter-chat:test-cell',
  translate: 'jupyter-chat:translate-cell',
  ask: 'jupyter-chat:ask-about-cell',
  output: 'jupyter-chat:ask-about-output',
  notebook: 'jupyter-chat:attach-notebook',
  toNotebook: 'jupyter-chat:conversation-to-notebook'
} as const;

const CELLS = '.jp-Notebook .jp-Cell';
const NOTEBOOKS = '.jp-Notebook';
const RANK = 30;

/** The tracker's active cell, and the notebook around it. */
interface Active {
  readonly panel: NotebookPanel;
  readonly cell: Cell;
}

type Args = Readonly<Record<string, unknown>>;

/** What can be asked about a cell, in its context menu and in the palette. */
export function addCellCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  questions: Questions,
  cells: Cells,
  services: Services,
  trans: Translator,
  palette: ICommandPalette | null
): void {
  const { commands } = app;
  /** The cell that a context menu was opened on, or else the active one. */
  const cellFor = (args: Args): Active | null => {
    const { currentWidget: panel, activeCell: cell } = tracker;
    const found = args.inMenu === true ? cellAtMenu(app, tracker) : null;
    return found ?? (panel === null || cell === null ? null : { panel, cell });
  };
  const add = (
    id: string,
    /** In the menu, where it stands below "Ask the Chat", and in the palette. */
    [short, long]: readonly [string, string],
    isOn: (args: Args) => boolean,
    run: (args: Args) => void | Promise<void>
  ) => {
    commands.addCommand(id, {
      label: ({ inMenu }) => (inMenu === true ? short : long),
      caption: args => (isOn(args) ? long : (cells.place.reason ?? long)),
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: isOn,
      execute: run
    });
    palette?.addItem({ command: id, category: trans.__('Chat') });
  };
  const addForCell = (
    id: string,
    names: readonly [string, string],
    run: (code: ReturnType<typeof codeOf>) => void
  ) => {
    add(
      id,
      names,
      args => cellFor(args) !== null,
      args => {
        const here = cellFor(args);
        if (here === null) {
          return;
        }
        activate(here);
        const code = codeOf(here);
        if (code.every(({ text }) => text.trim() === '')) {
          questions.refuse(trans.__('The cell is empty: there is nothing to ask about.'));
          questions.show();
        } else {
          run(code);
        }
      }
    );
  };

  addForCell(
    CellCommandIDs.explain,
    [trans.__('Explain'), trans.__('Explain the Cell')],
    code => {
      questions.ask(trans.__('Explain what this does.'), code);
    }
  );
  addForCell(
    CellCommandIDs.improve,
    [trans.__('Improve'), trans.__('Improve the Cell')],
    code => {
      questions.ask(
        trans.__('Improve this. Give all of it anew, and say in short what you changed.'),
        code
      );
    }
  );
  addForCell(
    CellCommandIDs.document,
    [trans.__('Document'), trans.__('Document the Cell')],
    code => {
      questions.ask(
        trans.__(
          'Document this with docstrings and, where they help, comments. Give all of it anew.'
        ),
        code
      );
    }
  );
  addForCell(
    CellCommandIDs.test,
    [trans.__('Write Tests'), trans.__('Write Tests for the Cell')],
    code => {
      questions.ask(
        trans.__('Write tests for this that can be run in a cell of the notebook.'),
        code
      );
    }
  );
  addForCell(
    CellCommandIDs.translate,
    [trans.__('Translate…'), trans.__('Translate the Cell…')],
    code => {
      questions.attach(code, trans.__('Translate this to '));
    }
  );
  addForCell(
    CellCommandIDs.ask,
    [trans.__('Ask…'), trans.__('Ask About the Cell…')],
    code => {
      questions.attach(code);
    }
  );
  add(
    CellCommandIDs.output,
    [trans.__('Ask About the Output…'), trans.__('Ask About the Output of the Cell…')],
    args => {
      const here = cellFor(args);
      return here !== null && shownCell(here.panel, here.cell).outputs.length > 0;
    },
    async args => {
      const here = cellFor(args);
      if (here !== null) {
        activate(here);
        await askAboutOutputs(questions, shownCell(here.panel, here.cell), trans);
      }
    }
  );
  add(
    CellCommandIDs.notebook,
    [trans.__('Attach the Notebook'), trans.__('Attach the Notebook')],
    () => tracker.currentWidget?.content.model != null,
    () => {
      const panel = tracker.currentWidget;
      const all = panel?.content.model?.sharedModel.toJSON().cells;
      if (panel !== null && all !== undefined) {
        const { activeCellIndex } = panel.content;
        questions.attach([
          notebookPart(panel.title.label, all as ICell[], activeCellIndex)
        ]);
      }
    }
  );
  const toNotebook = trans.__('Open the Conversation as a Notebook');
  add(
    CellCommandIDs.toNotebook,
    [toNotebook, toNotebook],
    () => isKept(services),
    async () => {
      try {
        await cells.openConversation(services.store.state.open.threadId);
      } catch (error) {
        questions.refuse(problemOf(error).message);
        questions.show();
      }
    }
  );

  addMenus(app, trans);
  const changed = () => {
    Object.values(CellCommandIDs).forEach(id => {
      commands.notifyCommandChanged(id);
    });
  };
  services.store.subscribe(() => {
    commands.notifyCommandChanged(CellCommandIDs.toNotebook);
  });
  tracker.activeCellChanged.connect(changed);
  tracker.currentChanged.connect(changed);
}

function addMenus({ commands, contextMenu }: JupyterFrontEnd, trans: Translator): void {
  const menu = new MenuSvg({ commands });
  menu.title.label = trans.__('Ask the Chat');
  menu.title.icon = chatIcon;
  const { notebook, toNotebook, ...aboutCells } = CellCommandIDs;
  for (const command of Object.values(aboutCells)) {
    menu.addItem({ command, args: { inMenu: true } });
  }
  menu.addItem({ type: 'separator' });
  menu.addItem({ command: notebook });
  contextMenu.addItem({ type: 'submenu', submenu: menu, selector: CELLS, rank: RANK });
  contextMenu.addItem({ command: toNotebook, selector: NOTEBOOKS, rank: RANK });
}

function cellAtMenu(app: JupyterFrontEnd, tracker: INotebookTracker): Active | null {
  const node = app.contextMenuHitTest(({ classList }) => classList.contains('jp-Cell'));
  const panel = node && tracker.find(({ content }) => content.node.contains(node));
  const cell = panel?.content.widgets.find(widget => widget.node === node);
  return panel == null || cell === undefined ? null : { panel, cell };
}

/** What is answered may take the place of this cell. */
export function activate({ panel: { content }, cell }: Active): void {
  content.activeCellIndex = content.widgets.indexOf(cell);
}

/** What is selected in the cell, or else all of it. */
function codeOf({ panel, cell }: Active) {
  const shown = shownCell(panel, cell);
  const selected = selectionIn(cell);
  return [selected === '' ? cellPart(shown) : selectionPart(shown, selected)];
}

/** Only what the server has, and is in the list, can be exported. */
function isKept({ store }: Services): boolean {
  const { open, conversations } = store.state;
  return !open.isNew && open.threadId in conversations;
}

/** Put a cell's outputs beside the next question, with the code that they come from. */
export async function askAboutOutputs(
  questions: Questions,
  cell: ShownCell,
  trans: Translator
): Promise<void> {
  const outputs = await withRasters(cell.outputs);
  const { parts, tooLarge } = outputParts({ ...cell, outputs });
  questions.attach([cellPart(cell), ...parts]);
  if (tooLarge > 0) {
    questions.refuse(
      trans.__(
        'An image of more than 2 MB was not attached. Show it smaller, and ask again.'
      )
    );
  }
}

/** Ask about the error of a cell at once. */
export function askAboutError(questions: Questions, cell: ShownCell, text: string): void {
  const errors = { ...cell, outputs: cell.outputs.filter(isError) };
  questions.ask(text, [cellPart(cell), ...outputParts(errors).parts]);
}
