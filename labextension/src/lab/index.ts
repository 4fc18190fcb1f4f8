import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ServerConnection } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { offerCells } from '../chat/cells';
import { LinkedTransport } from '../chat/client/linked';
import type { SendKey } from '../chat/components/context';
import { Services } from '../chat/state/services';
import { fileMentions } from '../chat/fileMentions';
import { attachSources } from './attachSources';
import { addCellBars } from './cellBars';
import { addCellCommands } from './cellCommands';
import { addCommands } from './commands';
import { chatIcon } from './icon';
import { notebookMentions } from './mentions';
import { NotebookCells } from './notebooks';
import { Questions } from './questions';
import { savedConversations } from './savedConversations';
import { variableMentions } from './variables';
import { ChatPanel } from './widget';

const PLUGIN_ID = 'jupyter-chat-lab:plugin';
const RANK = 100;

interface Settings {
  readonly side: 'left' | 'right';
  readonly openAtStart: boolean;
  readonly sendKey: SendKey;
}

const DEFAULTS: Settings = { side: 'right', openAtStart: true, sendKey: 'Enter' };

/** The chat in a side area of JupyterLab and of Notebook 7. */
const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Chats with a language model in a side area.',
  autoStart: true,
  optional: [
    ISettingRegistry,
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    ILabShell,
    INotebookTracker,
    IDefaultFileBrowser
  ],
  activate: async (
    app: JupyterFrontEnd,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null,
    tracker: INotebookTracker | null,
    browser: IDefaultFileBrowser | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_chat');
    const services = connect(app.serviceManager.serverSettings);
    const panel = new ChatPanel(services, trans);
    panel.id = 'jupyter-chat';
    panel.title.icon = chatIcon;
    panel.title.caption = trans.__('Chat');
    addCommands(app, panel, services, trans, palette);
    const files = fileMentions(services, trans);
    panel.mentions = [files];
    if (tracker !== null) {
      const cells = new NotebookCells(app, tracker, browser, services, trans);
      const questions = new Questions(app, panel, services, trans);
      panel.cells = cells;
      const variables = variableMentions(tracker, trans);
      panel.mentions = [...notebookMentions(tracker, cells, trans), variables, files];
      offerCells(cells);
      panel.attachSources = attachSources(app, cells, variables, trans);
      addCellCommands(app, tracker, questions, cells, services, trans, palette);
      addCellBars(tracker, questions, trans);
    }

    const follow = (settings: Settings) => {
      panel.sendKey = settings.sendKey;
      app.shell.add(panel, settings.side, { rank: RANK });
    };
    const settings = await watchSettings(registry, follow);
    restorer?.add(panel, panel.id);

    services.start();
    if (labShell !== null && settings.openAtStart) {
      // The application waits for its plugins before it restores its layout.
      void app.restored.then(() => {
        reveal(labShell, panel, settings.side);
      });
    }
  }
};

function connect({ baseUrl, wsUrl, token }: ServerConnection.ISettings): Services {
  const own = { baseUrl, wsUrl, token };
  const isLinked = PageConfig.getOption('jupyterChatLinked') === 'true';
  const services = new Services(
    isLinked ? { ...own, transport: new LinkedTransport(own) } : own
  );
  const last = services.following.remembered;
  if (last !== null) {
    services.following.open(last);
  }
  return services;
}

/** Calls `follow` with the settings, now and whenever they change. */
async function watchSettings(
  registry: ISettingRegistry | null,
  follow: (settings: Settings) => void
): Promise<Settings> {
  const loaded = await registry?.load(PLUGIN_ID).catch(() => undefined);
  const current = (): Settings => ({
    ...DEFAULTS,
    ...(loaded?.composite as Partial<Settings>)
  });
  loaded?.changed.connect(() => {
    follow(current());
  });
  follow(current());
  return current();
}

/** Show the panel without taking the cursor away from where it is. */
function reveal(labShell: ILabShell, panel: ChatPanel, side: Settings['side']): void {
  const focused = document.activeElement;
  labShell.activateById(panel.id);
  if (side === 'left') {
    labShell.expandLeft();
  } else {
    labShell.expandRight();
  }
  if (focused instanceof HTMLElement && focused !== document.body) {
    focused.focus();
  }
}

export default [plugin, savedConversations];
