import type { Thread } from '../protocol';
import { useChat } from './context';

/** What can be done to threads, with the words for taking it back; the answers are those
 * that refuse. */
export function useThreadActions() {
  const { services, trans } = useChat();
  const { organising } = services;
  const title = ({ title: own }: Thread) => own ?? trans.__('Untitled');
  const name = (one: string, many: string) => (threads: readonly Thread[]) =>
    threads.length === 1
      ? trans.__(one, title(threads[0]))
      : trans._n(many, many, threads.length);

  return {
    pin: (threads: readonly Thread[]) => {
      const pinned = threads.every(thread => thread.pinned === true);
      return organising.change(threads, { action: pinned ? 'unpin' : 'pin' });
    },
    archive: (threads: readonly Thread[]) => {
      const archived = threads.every(thread => thread.archived === true);
      return organising.change(
        threads,
        { action: archived ? 'unarchive' : 'archive' },
        archived
          ? name('Took “%1” out of the archive.', 'Took %1 out of the archive.')
          : name('Archived “%1”.', 'Archived %1 conversations.')
      );
    },
    remove: (threads: readonly Thread[]) => {
      return organising.change(
        threads,
        { action: 'delete' },
        name('Deleted “%1”.', 'Deleted %1 conversations.')
      );
    },
    restore: (threads: readonly Thread[]) => {
      return organising.change(
        threads,
        { action: 'restore' },
        name('Restored “%1”.', 'Restored %1 conversations.')
      );
    },
    purge: (threads: readonly Thread[]) => {
      return organising.change(threads, { action: 'purge' });
    },
    move: (threads: readonly Thread[], folder: string | null) => {
      const text =
        folder === null
          ? name(
              'Took “%1” out of its folder.',
              'Took %1 conversations out of their folders.'
            )
          : (done: readonly Thread[]) =>
              done.length === 1
                ? trans.__('Moved “%1” to “%2”.', title(done[0]), folder)
                : trans._n(
                    'Moved %1 conversation to “%2”.',
                    'Moved %1 conversations to “%2”.',
                    done.length,
                    folder
                  );
      return organising.change(threads, { action: 'move', value: folder }, text);
    },
    tag: (threads: readonly Thread[], tag: string) => {
      return organising.change(
        threads,
        { action: 'tag', value: tag },
        threads.length === 1
          ? null
          : done =>
              trans._n(
                'Tagged %1 conversation “%2”.',
                'Tagged %1 conversations “%2”.',
                done.length,
                tag
              )
      );
    },
    untag: (threads: readonly Thread[], tag: string) => {
      return organising.change(threads, { action: 'untag', value: tag });
    }
  };
}
