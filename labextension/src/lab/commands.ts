import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { pageUrl } from '../chat/client/server';
import type { Translator } from '../chat/i18n';
import { runningReply } from '../chat/state/conversation';
import type { Services } from '../chat/state/services';
import { chatIcon } from './icon';
import type { ChatPanel } from './widget';

export const CommandIDs = {
  open: 'jupyter-chat:open',
  newConversation: 'jupyter-chat:new-conversation',
  stop: 'jupyter-chat:stop',
  openPage: 'jupyter-chat:open-page'
} as const;

const noArguments = { args: { type: 'object', properties: {} } };
const place = {
  args: {
    type: 'object',
    properties: {
      threadId: { type: 'string', description: 'The conversation to show' },
      messageId: {
        type: 'string',
        description: 'The message of the conversation to go to; without it, the newest'
      }
    }
  }
};

/** What can be done with the chat from outside of it. */
export function addCommands(
  app: JupyterFrontEnd,
  panel: ChatPanel,
  services: Services,
  trans: Translator,
  palette: ICommandPalette | null
): void {
  const { commands, shell } = app;
  const show = () => {
    shell.activateById(panel.id);
    panel.focusComposer();
  };

  commands.addCommand(CommandIDs.open, {
    label: trans.__('Open the Chat'),
    caption: trans.__('Show the chat and put the cursor into it'),
    icon: chatIcon,
    describedBy: place,
    execute: ({ threadId, messageId }) => {
      if (typeof threadId !== 'string') {
        show();
      } else if (typeof messageId !== 'string') {
        services.following.open(threadId);
        show();
      } else {
        panel.leaveFocus(); // to the message
        shell.activateById(panel.id);
        services.following.open(threadId, messageId);
      }
    }
  });
  commands.addCommand(CommandIDs.newConversation, {
    label: trans.__('New Conversation'),
    caption: trans.__('Begin a new conversation in the chat'),
    describedBy: noArguments,
    execute: () => {
      services.following.openNew();
      show();
    }
  });
  commands.addCommand(CommandIDs.stop, {
    label: trans.__('Stop the Answer'),
    caption: trans.__('Stop the answer that is being made in the open conversation'),
    describedBy: noArguments,
    isEnabled: () => runningHere(services) !== undefined,
    execute: async () => {
      const reply = runningHere(services);
      if (reply !== undefined) {
        await services.asking.stop(reply);
      }
    }
  });
  commands.addCommand(CommandIDs.openPage, {
    label: trans.__('Open the Chat as a Page'),
    caption: trans.__('Open the conversation in a browser tab of its own'),
    describedBy: noArguments,
    execute: () => {
      const { threadId, isNew, target } = services.store.state.open;
      window.open(
        pageUrl(services.server, isNew ? null : threadId, target?.messageId),
        '_blank',
        'noopener'
      );
    }
  });

  const stopped = services.store.subscribe(() => {
    commands.notifyCommandChanged(CommandIDs.stop);
  });
  panel.disposed.connect(stopped);

  for (const command of Object.values(CommandIDs)) {
    palette?.addItem({ command, category: trans.__('Chat') });
  }
}

function runningHere({ store }: Services) {
  const { conversations, open } = store.state;
  return open.threadId in conversations
    ? runningReply(conversations[open.threadId])
    : undefined;
}
