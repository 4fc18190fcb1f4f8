import type { RefObject } from 'react';
import { useExportItems } from '../components/ExportMenu';
import { useChat, useChatState } from '../components/context';
import { useThread } from '../components/hooks';
import { type Choice, fitting } from './choices';

interface Command extends Omit<Choice, 'id'> {
  /** How it is typed, after the slash. */
  readonly command: string;
}

/** The chat's own commands that fit what is typed. */
export function useCommands(
  query: string,
  area: RefObject<HTMLTextAreaElement>
): readonly Choice[] {
  const { services, trans, chooseModel, showContext, focusComposer } = useChat();
  const isNew = useChatState(state => state.open.isNew);
  const isTemporary = useChatState(state => state.newTemporary);
  const thread = useThread();
  const exports = useExportItems(thread?.id ?? '');

  const commands: Command[] = [
    {
      command: 'new',
      label: trans.__('New conversation'),
      run: () => {
        services.following.openNew();
        focusComposer();
      }
    },
    { command: 'model', label: trans.__('Choose the model'), run: chooseModel },
    {
      command: 'system',
      label: trans.__('System prompt'),
      run: () => {
        chooseModel();
        requestAnimationFrame(() => {
          focusSystemPrompt(area.current);
        });
      }
    },
    {
      command: 'context',
      label: trans.__('What the model sees'),
      run: showContext
    },
    {
      command: 'settings',
      label: trans.__('Settings, presets and prompts'),
      run: () => {
        services.store.update(state => ({ ...state, screen: 'settings' }));
      }
    }
  ];
  if (isNew) {
    commands.push({
      command: 'temporary',
      label: isTemporary
        ? trans.__('Keep this conversation')
        : trans.__('Temporary: do not keep this conversation'),
      run: () => {
        services.listing.setTemporary(!isTemporary);
      }
    });
  } else if (thread !== undefined && thread.temporary !== true) {
    for (const { label, run } of exports) {
      const name = trans.__('Export: %1', label);
      commands.push({ command: 'export', label: name, run: run ?? (() => undefined) });
    }
  }
  return fitting(query, commands, ({ command, label }) => [command, label]).map(
    ({ command, ...choice }) => ({
      ...choice,
      id: `command ${choice.label}`,
      note: `/${command}`
    })
  );
}

/** In the popover that has been opened. */
function focusSystemPrompt(area: HTMLTextAreaElement | null): void {
  area
    ?.closest('.jc-Composer')
    ?.querySelector<HTMLElement>('.jc-Popover textarea')
    ?.focus();
}
