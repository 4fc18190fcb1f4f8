// What finished texts look like, kept: a message that comes back into view is not parsed
// again.

import type { MarkdownStream, View } from './stream';

/** Texts are kept up to so many characters in all, those used last. */
const MOST = 2_000_000;

const views = new Map<string, View>();
let kept = 0;

/** The view of a finished text, which `stream` has perhaps seen grow. */
export function finishedView(text: string, stream: MarkdownStream): View {
  const known = views.get(text);
  if (known !== undefined) {
    views.delete(text);
    views.set(text, known); // the newest is last
    return known;
  }
  const view = stream.update(text, false);
  views.set(text, view);
  kept += text.length;
  for (const oldest of views.keys()) {
    if (kept <= MOST) {
      break;
    }
    views.delete(oldest);
    kept -= oldest.length;
  }
  return view;
}
