// Signing in at one's own server on a hub once more: it is started with new secrets, so a page that
// was open before is not known to it, though the hub still knows who sits before it.

/** Who is signed out of the hub too must not be sent there again and again. */
const AT_MOST_EVERY_MS = 30_000;
const PATIENCE_MS = 10_000;

let triedAt = -Infinity;

/**
 * What loading the page again would do, in a hidden frame, since only what is navigated to gets
 * the cookies; whether it was tried.
 * Nothing of what is loaded there may run.
 */
export async function signInAgain(): Promise<boolean> {
  const now = Date.now();
  if (now - triedAt < AT_MOST_EVERY_MS) {
    return false;
  }
  triedAt = now;
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.setAttribute('sandbox', 'allow-same-origin');
  frame.src = window.location.href;
  await new Promise<void>(resolve => {
    frame.onload = () => {
      resolve();
    };
    setTimeout(resolve, PATIENCE_MS);
    document.body.append(frame);
  });
  frame.remove();
  return true;
}
