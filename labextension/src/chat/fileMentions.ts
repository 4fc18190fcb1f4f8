import { findFiles } from './client/files';
import type { Translator } from './i18n';
import type { Mention, MentionSource } from './mentions';
import type { Services } from './state/services';
import { uploadsOf } from './state/uploads';
import { bytes } from './components/bytes';

/** The files of the server that may be seen. */
export function fileMentions(services: Services, trans: Translator): MentionSource {
  return {
    kind: 'file',
    label: trans.__('Files of the server'),
    complete: async (query, signal) => {
      const { files, more } = await findFiles(services.rest, query, signal);
      const mentions: Mention[] = files.map(({ path, size }) => ({
        id: path,
        label: path,
        note: size === null ? undefined : bytes(size),
        attach: async () => [await uploadsOf(services).readPath(path)]
      }));
      if (more) {
        mentions.push({
          id: '',
          label: trans.__('Not all folders were looked through'),
          off: trans.__('To look into another folder, begin with its path: data/sales'),
          attach: () => Promise.resolve([])
        });
      }
      return mentions;
    }
  };
}
