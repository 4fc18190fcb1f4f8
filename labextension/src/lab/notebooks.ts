import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Cell, CodeCellModel } from '@jupyterlab/cells';
import { PathExt } from '@jupyterlab/coreutils';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { INotebookContent, IOutput } from '@jupyterlab/nbformat';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import {
  type Cells,
  type NewCode,
  type Place,
  type Replaceable,
  type TakeBack,
  fits,
  isText
} from '../chat/cells';
import { ProblemError } from '../chat/client/problem';
import type { Translator } from '../chat/i18n';
import type { Services } from '../chat/state/services';
import type { ShownCell } from './notebookParts';

/** Puts code into the notebook that is active, and conversations beside it. */
export class NotebookCells implements Cells {
  #place: Place;
  readonly #listeners = new Set<() => void>();
  #followed: NotebookPanel | null = null;

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly tracker: INotebookTracker,
    private readonly browser: IDefaultFileBrowser | null,
    private readonly services: Services,
    private readonly trans: Translator
  ) {
    this.#place = this.#find();
    tracker.currentChanged.connect(this.#follow, this);
    this.#follow();
  }

  get place(): Place {
    return this.#place;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  insert(code: NewCode, where: 'above' | 'below'): TakeBack {
    const { panel, model } = this.#open();
    const notebook = panel.content;
    const index =
      notebook.activeCellIndex < 0 || model.cells.length === 0
        ? model.cells.length
        : notebook.activeCellIndex + (where === 'below' ? 1 : 0);
    const { sharedModel } = model;
    const step = oneStep(sharedModel, () => {
      sharedModel.insertCell(index, newCell(code));
    });
    notebook.deselectAll();
    notebook.activeCellIndex = index;
    void notebook.scrollToItem(index);
    return () => this.#takeBack(panel, sharedModel, step);
  }

  current(): Replaceable | null {
    const panel = this.#panel();
    const cell = panel?.content.activeCell;
    if (panel === null || cell == null) {
      return null;
    }
    return {
      id: cell.model.id,
      name: this.trans.__('Cell %1', cellName(panel, cell)),
      source: cell.model.sharedModel.getSource(),
      locked: cell.model.getMetadata('editable') === false,
      isText: cell.model.type !== 'code'
    };
  }

  replace({ id, source }: Replaceable, code: string): TakeBack | null {
    const { panel } = this.#open();
    const cell = panel.content.widgets.find(({ model }) => model.id === id);
    const shared = cell?.model.sharedModel;
    if (shared?.getSource() !== source) {
      return null;
    }
    const step = oneStep(shared, () => {
      shared.setSource(code);
    });
    return () => this.#takeBack(panel, shared, step);
  }

  async run(code: string): Promise<void> {
    this.insert({ code, language: '' }, 'below');
    await this.app.commands.execute('notebook:run-cell', { activate: false });
  }

  async newNotebook(code: NewCode): Promise<void> {
    const { contents } = this.app.serviceManager;
    const { path } = await contents.newUntitled({
      type: 'notebook',
      path: this.#folder()
    });
    const content: INotebookContent = {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: await this.#kernelFor(code.language),
      cells: [{ id: UUID.uuid4(), ...newCell(code) }]
    };
    await contents.save(path, { type: 'notebook', format: 'json', content });
    await this.app.commands.execute('docmanager:open', { path });
  }

  async openConversation(threadId: string): Promise<void> {
    const { name, text } = await this.services.takingAlong.read('ipynb', threadId);
    const { contents } = this.app.serviceManager;
    const path = await freePath(contents, this.#folder(), name);
    const content = JSON.parse(text) as INotebookContent;
    await contents.save(path, { type: 'notebook', format: 'json', content });
    await this.app.commands.execute('docmanager:open', { path });
  }

  #panel(): NotebookPanel | null {
    const panel = this.tracker.currentWidget;
    return panel === null || panel.isDisposed ? null : panel;
  }

  #open() {
    const panel = this.#panel();
    const model = panel?.content.model;
    if (panel === null || model == null || this.#place.reason !== null) {
      throw new ProblemError({
        code: 'invalid',
        message: this.#place.reason ?? this.trans.__('Open a notebook first.')
      });
    }
    return { panel, model };
  }

  #takeBack(panel: NotebookPanel, shared: Undoable, step: unknown): string | null {
    if (panel.isDisposed || shared.undoManager?.undoStack.at(-1) !== step) {
      return this.trans.__(
        'The notebook has changed meanwhile. Undo it there, with its own undo.'
      );
    }
    shared.undo();
    return null;
  }

  /** Where new files go: beside the notebook, or where the file browser is. */
  #folder(): string {
    const panel = this.#panel();
    return panel === null
      ? (this.browser?.model.path ?? '')
      : PathExt.dirname(panel.context.path);
  }

  /** A kernel for the language, by which the notebook opens without asking for one. */
  async #kernelFor(language: string): Promise<INotebookContent['metadata']> {
    const { kernelspecs } = this.app.serviceManager;
    await kernelspecs.ready;
    const { specs } = kernelspecs;
    const found =
      Object.values(specs?.kernelspecs ?? {}).find(
        spec =>
          spec !== undefined &&
          language !== '' &&
          fits(language, spec.language.toLowerCase())
      ) ?? specs?.kernelspecs[specs.default];
    return found === undefined
      ? {}
      : {
          kernelspec: {
            name: found.name,
            display_name: found.display_name,
            language: found.language
          }
        };
  }

  #follow(): void {
    const panel = this.#panel();
    if (panel !== this.#followed) {
      const before = this.#followed;
      this.#followed = panel;
      if (before !== null) {
        before.title.changed.disconnect(this.#renew, this);
        before.sessionContext.kernelChanged.disconnect(this.#renew, this);
        before.disposed.disconnect(this.#follow, this);
      }
      if (panel !== null) {
        panel.title.changed.connect(this.#renew, this);
        panel.sessionContext.kernelChanged.connect(this.#renew, this);
        panel.disposed.connect(this.#follow, this);
        void panel.context.ready.then(() => {
          panel.content.model?.metadataChanged.connect(this.#renew, this);
          this.#renew();
        });
      }
    }
    this.#renew();
  }

  #renew(): void {
    const place = this.#find();
    const { id, reason, notebook, language } = this.#place;
    if (
      place.id !== id ||
      place.reason !== reason ||
      place.notebook !== notebook ||
      place.language !== language
    ) {
      this.#place = place;
      this.#listeners.forEach(listener => {
        listener();
      });
    }
  }

  #find(): Place {
    const panel = this.#panel();
    if (panel === null) {
      const reason = this.trans.__('Open a notebook first.');
      return { reason, id: '', notebook: '', language: '' };
    }
    const { id } = panel;
    const notebook = panel.title.label;
    if (!panel.context.isReady) {
      const reason = this.trans.__('%1 is still being opened.', notebook);
      return { reason, id, notebook, language: '' };
    }
    const reason =
      panel.content.model?.readOnly === true
        ? this.trans.__('%1 cannot be changed.', notebook)
        : null;
    return { reason, id, notebook, language: languageOf(panel) ?? '' };
  }
}

/** The language of a notebook's code, in lower case, as far as it is known. */
export function languageOf(panel: NotebookPanel): string | undefined {
  const model = panel.content.model;
  const info = model?.getMetadata('language_info') as { name?: string } | undefined;
  const spec = model?.getMetadata('kernelspec') as { language?: string } | undefined;
  const name = info?.name || spec?.language || undefined; // some of them are empty
  return name?.toLowerCase();
}

/** What a person calls a cell: by its last run, or else by its place. */
export function cellName(panel: NotebookPanel, cell: Cell): string {
  const run = cell.model.type === 'code' ? codeOf(cell).executionCount : null;
  return run == null
    ? String(panel.content.widgets.indexOf(cell) + 1)
    : `[${String(run)}]`;
}

export function shownCell(panel: NotebookPanel, cell: Cell): ShownCell {
  const isCode = cell.model.type === 'code';
  return {
    name: cellName(panel, cell),
    notebook: panel.title.label,
    source: cell.model.sharedModel.getSource(),
    outputs: isCode ? (codeOf(cell).outputs.toJSON() as IOutput[]) : [],
    language: isCode ? languageOf(panel) : cell.model.type
  };
}

/** The text that is selected in a cell. */
export function selectionIn({ editor }: Cell): string {
  if (editor === null) {
    return '';
  }
  const { start, end } = editor.getSelection();
  const [from, to] = [editor.getOffsetAt(start), editor.getOffsetAt(end)];
  return editor.model.sharedModel.getSource().slice(from, to).trim();
}

function codeOf(cell: Cell): CodeCellModel {
  return cell.model as CodeCellModel;
}

/** What the notebook's own undo needs; the shared interfaces do not name its manager. */
interface Undoable {
  readonly undoManager?: {
    readonly undoStack: readonly unknown[];
    stopCapturing(): void;
  } | null;
  undo(): void;
}

/** Do something as one step of an undo, apart from what was done just before and after. */
function oneStep(shared: Undoable, change: () => void): unknown {
  shared.undoManager?.stopCapturing();
  change();
  shared.undoManager?.stopCapturing();
  return shared.undoManager?.undoStack.at(-1);
}

function newCell({ code, language }: NewCode) {
  return isText(language)
    ? { cell_type: 'markdown' as const, source: code, metadata: {} }
    : {
        cell_type: 'code' as const,
        source: code,
        metadata: {},
        outputs: [],
        execution_count: null
      };
}

/** A path in the folder at which there is nothing yet. */
async function freePath(
  contents: Contents.IManager,
  folder: string,
  name: string
): Promise<string> {
  const ending = PathExt.extname(name);
  const stem = PathExt.basename(name, ending);
  for (let number = 1; ; number++) {
    const numbered = number === 1 ? name : `${stem} ${String(number)}${ending}`;
    const path = folder === '' ? numbered : PathExt.join(folder, numbered);
    try {
      await contents.get(path, { content: false });
    } catch (error) {
      if ((error as { response?: Response }).response?.status === 404) {
        return path;
      }
      throw error;
    }
  }
}
