import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { AttachSource, AttachSources } from '../chat/attachSources';
import type { Cells } from '../chat/cells';
import type { Translator } from '../chat/i18n';
import type { MentionSource } from '../chat/mentions';
import { CellCommandIDs } from './cellCommands';

/** What of the active notebook can be put beside a question. */
export function attachSources(
  { commands }: JupyterFrontEnd,
  cells: Cells,
  variables: MentionSource,
  trans: Translator
): AttachSources {
  const offered = (command: string, label: string, missing: string): AttachSource => {
    const { id, reason } = cells.place;
    const off = id === '' && reason !== null ? reason : missing;
    return {
      label,
      off: commands.isEnabled(command) ? undefined : off,
      run: async () => {
        await commands.execute(command);
      }
    };
  };
  return () => [
    offered(
      CellCommandIDs.ask,
      trans.__('Cell, or what is selected in it'),
      trans.__('No cell is active.')
    ),
    offered(
      CellCommandIDs.output,
      trans.__('Cell with its output or error'),
      trans.__('The active cell has no output.')
    ),
    offered(
      CellCommandIDs.notebook,
      trans.__('Whole notebook'),
      trans.__('The notebook is still being opened.')
    ),
    {
      label: trans.__('Variable of the kernel…'),
      off: cells.place.id === '' ? (cells.place.reason ?? undefined) : undefined,
      pick: variables
    }
  ];
}
