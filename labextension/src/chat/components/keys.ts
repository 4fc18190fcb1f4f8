import type { KeyboardEvent } from 'react';
import type { SendKey } from './context';

const COMPOSING = 229;

/**
 * Whether a key sends what was typed.  While an input method composes a word, Enter
 * takes the word; Safari reports that Enter after the end of the composition, with the
 * key code that stands for it.
 */
export function isSendKey(event: KeyboardEvent, sendKey: SendKey): boolean {
  const { isComposing, keyCode } = event.nativeEvent;
  if (event.key !== 'Enter' || isComposing || keyCode === COMPOSING) {
    return false;
  }
  const accel = event.ctrlKey || event.metaKey;
  return accel || (sendKey === 'Enter' && !event.shiftKey && !event.altKey);
}
