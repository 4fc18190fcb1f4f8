import { pageUrl } from '../chat/client/server';
import type { Services } from '../chat/state/services';
import { findThread } from '../chat/state/threads';

const THREAD = /\/jupyter-chat\/t\/([0-9a-f-]{36})$/;
const NAME = 'Jupyter Chat';

/** Keeps the address, the browser's history and the title in step with what is open. */
export function followAddress(services: Services): void {
  const { store, following, server } = services;
  const opened = threadInAddress();
  if (opened !== null) {
    following.open(opened);
  }

  window.addEventListener('popstate', () => {
    const threadId = threadInAddress();
    if (threadId === null) {
      following.openNew();
    } else {
      following.open(threadId);
    }
  });

  store.subscribe(() => {
    const { open, threads } = store.state;
    const shown = open.isNew ? null : open.threadId;
    if (shown !== threadInAddress()) {
      history.pushState(null, '', pageUrl(server, shown));
    }
    const title = shown === null ? null : findThread(threads, shown)?.title;
    document.title = title ? `${title} — ${NAME}` : NAME;
  });
}

function threadInAddress(): string | null {
  return THREAD.exec(window.location.pathname)?.[1] ?? null;
}
