import { useCells } from '../cells';
import { problemOf } from '../client/problem';
import type { Problem } from '../protocol';
import type { ExportFormat } from '../state/exporting';
import { Menu, type MenuItem } from './Menu';
import { useChat } from './context';
import { ExportIcon } from './icons';

export const FORMATS: readonly ExportFormat[] = ['markdown', 'ipynb', 'json'];

/** What the formats are called. */
export function useFormatNames(): Readonly<Record<ExportFormat, string>> {
  const { trans } = useChat();
  return {
    markdown: trans.__('Markdown'),
    ipynb: trans.__('Notebook'),
    json: trans.__('JSON, to import again')
  };
}

/** Saves the conversation as a file of the kind that is chosen. */
export function ExportMenu({ threadId }: { readonly threadId: string }) {
  const { trans } = useChat();
  const items = useExportItems(threadId);
  return (
    <Menu icon={ExportIcon} label={trans.__('Export the conversation')} items={items} />
  );
}

/** The kinds of files that a conversation can be saved as. */
export function useExportItems(threadId: string): readonly MenuItem[] {
  const { services, trans } = useChat();
  const names = useFormatNames();
  const cells = useCells();
  const refuse = (refusal: Problem) => {
    services.store.update(state => ({ ...state, refusal }));
  };
  const choose = async (format: ExportFormat) => {
    const refusal = await services.takingAlong.export(format, threadId);
    if (refusal !== null) {
      refuse(refusal);
    }
  };
  const items: MenuItem[] = FORMATS.map(format => ({
    label: names[format],
    run: () => {
      void choose(format);
    }
  }));
  if (cells !== null) {
    items.push({
      label: trans.__('Open as a notebook'),
      run: () => {
        cells.openConversation(threadId).catch((error: unknown) => {
          refuse(problemOf(error));
        });
      }
    });
  }
  return items;
}
