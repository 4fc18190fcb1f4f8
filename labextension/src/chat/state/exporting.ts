import { problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import { type ServerSettings, save } from '../client/server';
import type { Problem } from '../protocol';

export type ExportFormat = 'markdown' | 'json' | 'ipynb';

/** Save a thread, or everything, as a file; the problem if that cannot be. */
export async function saveExport(
  rest: Rest,
  server: ServerSettings,
  format: ExportFormat,
  threadId: string | null
): Promise<Problem | null> {
  const what = threadId === null ? 'export' : `threads/${threadId}/export`;
  const path = `${what}?format=${format}`;
  try {
    await rest.checkExport(path);
    await save(server, path);
    return null;
  } catch (error) {
    return problemOf(error);
  }
}
