import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ICodeCellModel } from '@jupyterlab/cells';
import type { IOutput } from '@jupyterlab/nbformat';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { KernelMessage } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import type { Translator } from '../chat/i18n';
import { CONVERSATION } from './outputs';

const WIDGET = 'application/vnd.jupyter.widget-view+json';
const COMMS = 'jupyter.widget';

/** Lower is preferred: the widgets' own has -10. */
const RANK = -20;
/** Until it is said that the kernel does not answer (milliseconds). */
const KERNEL_PATIENCE = 1000;

interface Ids {
  readonly thread_id: string;
  readonly model_id: string;
}

/**
 * Shows the conversations of a notebook that was saved, and whose widgets have ended with
 * their kernel, as they were; where the widget lives, it is shown.
 */
export const savedConversations: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-chat-lab:saved-conversations',
  description: 'Shows conversations of notebooks whose kernel has ended.',
  autoStart: true,
  optional: [INotebookTracker, ITranslator],
  activate: (
    _app,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_chat');
    notebooks?.widgetAdded.connect((_, panel) => {
      panel.sessionContext.iopubMessage.connect((_session, message) => {
        if (isDisplayUpdate(message)) {
          keepCurrent(panel, message.content);
        }
      });
      panel.content.rendermime.addFactory(
        {
          safe: true,
          mimeTypes: [CONVERSATION],
          createRenderer: () => new Conversation(panel, trans)
        },
        RANK
      );
    });
  }
};

function isDisplayUpdate(
  message: KernelMessage.IMessage
): message is KernelMessage.IUpdateDisplayDataMsg {
  return message.header.msg_type === 'update_display_data';
}

/**
 * What a notebook keeps of a conversation is what its widget said last.  JupyterLab itself
 * knows only the outputs that were made since the page was loaded.
 */
function keepCurrent(
  { content: { widgets } }: NotebookPanel,
  { data, metadata }: KernelMessage.IUpdateDisplayDataMsg['content']
): void {
  const ids = data[CONVERSATION] as unknown as Ids | undefined;
  if (ids === undefined) {
    return;
  }
  for (const { model } of widgets) {
    const { outputs } = model as Partial<ICodeCellModel>;
    for (let index = 0; outputs !== undefined && index < outputs.length; index++) {
      const output = outputs.get(index).toJSON();
      const kept = output.data as Record<string, unknown> | undefined;
      const { model_id: id } = (kept?.[CONVERSATION] ?? {}) as Partial<Ids>;
      if (id === ids.model_id && kept?.['text/html'] !== data['text/html']) {
        outputs.set(index, { ...output, data, metadata } as IOutput);
      }
    }
  }
}

class Conversation extends Panel implements IRenderMime.IRenderer {
  readonly #notebook: NotebookPanel;
  readonly #trans: Translator;
  #shown: string | null = null;
  #model: IRenderMime.IMimeModel | null = null;

  constructor(notebook: NotebookPanel, trans: Translator) {
    super();
    this.#notebook = notebook;
    this.#trans = trans;
    // Its kernel may be found only later, after the page was reloaded, say.
    notebook.sessionContext.kernelChanged.connect(this.#revive, this);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.#notebook.sessionContext.kernelChanged.disconnect(this.#revive, this);
    }
    super.dispose();
  }

  /** An answer more in the same output changes nothing: a widget shows it by itself. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { model_id: id } = model.data[CONVERSATION] as unknown as Ids;
    if (id === this.#shown) {
      return;
    }
    this.#shown = id;
    this.#model = model;
    this.#replace(asSaved(String(model.data['text/html'] ?? '')));
    await this.#revive();
  }

  /** Show the widget instead of what was saved, where it lives. */
  async #revive(): Promise<void> {
    const id = this.#shown;
    const model = this.#model;
    if (model === null || id === null) {
      return;
    }
    const lives = model.trusted && (await this.#lives(id));
    if (this.isDisposed || this.#model !== model) {
      return; // shown meanwhile, or another one
    }
    if (!lives) {
      const { thread_id: threadId } = model.data[CONVERSATION] as unknown as Ids;
      this.#note(
        this.#trans.__(
          'The conversation as the notebook has kept it. To go on with it: %1',
          `ChatWidget(thread="${threadId}")`
        )
      );
      return;
    }
    this.#model = null;
    const widget = this.#notebook.content.rendermime.createRenderer(WIDGET);
    await widget.renderModel(model);
    this.#replace(widget);
  }

  /** Whether the kernel has this widget; one that is busy or starting says so later. */
  async #lives(id: string): Promise<boolean> {
    const kernel = this.#notebook.sessionContext.session?.kernel;
    const { mimeTypes } = this.#notebook.content.rendermime;
    if (kernel == null || !mimeTypes.includes(WIDGET)) {
      return false;
    }
    const late = setTimeout(() => {
      this.#note(
        this.#trans.__(
          'The conversation as the notebook has kept it: the kernel has not answered yet.'
        )
      );
    }, KERNEL_PATIENCE);
    try {
      const { content } = await kernel.requestCommInfo({ target_name: COMMS });
      return content.status === 'ok' && id in content.comms;
    } catch {
      return false; // it has ended
    } finally {
      clearTimeout(late);
    }
  }

  /** Say something below what was saved. */
  #note(text: string): void {
    if (this.isDisposed) {
      return;
    }
    this.widgets.at(1)?.dispose();
    const note = document.createElement('p');
    note.className = 'jc-SavedNote';
    note.textContent = text;
    this.addWidget(new Widget({ node: note }));
  }

  #replace(widget: Widget): void {
    for (const before of [...this.widgets]) {
      before.dispose();
    }
    this.addWidget(widget);
  }
}

/** Pictures are in the file, or are not shown. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** In a frame where nothing of it can run or be fetched: the file may be anybody's. */
function asSaved(html: string): Widget {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', '');
  frame.title = 'Conversation';
  frame.style.cssText = 'width: 100%; height: 360px; border: 0;';
  const root = getComputedStyle(document.documentElement);
  const theme = (name: string) => root.getPropertyValue(`--jp-${name}`);
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">
    <style>
      body {
        margin: 0;
        background: ${theme('layout-color0')};
        color: ${theme('content-font-color1')};
        font: ${theme('content-font-size1')} ${theme('content-font-family')};
      }
      a { color: ${theme('content-link-color')}; }
    </style>${html}`;
  return new Widget({ node: frame });
}
