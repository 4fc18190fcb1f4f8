// Files as parts of a question; apart from `rest.ts`, for a widget has no use for them.

import type { Attached, FoundFiles } from '../protocol';
import type { Rest } from './rest';

type Files = Pick<Rest, 'files'>;

/** A file of the server, by its path as Jupyter's file browser has it. */
export function readFile(rest: Files, path: string): Promise<Attached> {
  return rest.files('read', { path });
}

/** Files of the server whose path has this in it; the newest where it is empty. */
export function findFiles(
  rest: Files,
  text: string,
  signal: AbortSignal
): Promise<FoundFiles> {
  return rest.files(
    `files?${new URLSearchParams({ q: text }).toString()}`,
    undefined,
    signal
  );
}

/** A file of this computer, or its beginning, where the whole has `size` bytes. */
export function extract(
  rest: Files,
  name: string,
  data: Blob,
  size: number
): Promise<Attached> {
  const query = new URLSearchParams({ name, size: String(size) });
  return rest.files(`extract?${query.toString()}`, data);
}
