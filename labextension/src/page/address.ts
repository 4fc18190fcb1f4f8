import { pageUrl } from '../chat/client/server';
import type { Services } from '../chat/state/services';
import { findThread } from '../chat/state/threads';

const PLACE = /\/jupyter-chat\/t\/([0-9a-f-]{36})(?:\/([0-9a-f-]{36}))?$/;
const NAME = 'Jupyter Chat';

/** Keeps the address, the browser's history and the title in step with what is open. */
export function followAddress(services: Services): void {
  const { store, following, server } = services;
  const opened = placeInAddress();
  if (opened !== null) {
    following.open(...opened);
  }

  window.addEventListener('popstate', () => {
    const place = placeInAddress();
    if (place === null) {
      following.openNew();
    } else {
      following.open(...place);
    }
  });

  store.subscribe(() => {
    const { open, threads } = store.state;
    const shown = open.isNew ? null : open.threadId;
    const messageId = open.target?.messageId ?? null;
    const [threadId, linked] = placeInAddress() ?? [null, null];
    if (shown !== threadId || (messageId !== null && messageId !== linked)) {
      history.pushState(null, '', pageUrl(server, shown, messageId));
    } else if (messageId !== linked) {
      // The reader has left the message again: that is no step of its own.
      history.replaceState(null, '', pageUrl(server, shown));
    }
    const title = shown === null ? null : findThread(threads, shown)?.title;
    document.title = title ? `${title} — ${NAME}` : NAME;
  });
}

/** The thread that the address names, and the message in it. */
function placeInAddress(): [threadId: string, messageId: string | null] | null {
  const found = PLACE.exec(window.location.pathname);
  return found === null ? null : [found[1], (found[2] as string | undefined) ?? null];
}
