import type { KeyboardEvent } from 'react';
import type { Browsing } from '../state/browsing';
import type { SendKey } from './context';

const COMPOSING = 229;

/**
 * Whether an input method composes a word, so that Enter takes the word; Safari reports
 * that Enter after the end of the composition, with the key code that stands for it.
 */
export function isComposing({ nativeEvent }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || nativeEvent.keyCode === COMPOSING;
}

/** Whether a key sends what was typed. */
export function isSendKey(event: KeyboardEvent, sendKey: SendKey): boolean {
  if (event.key !== 'Enter' || isComposing(event)) {
    return false;
  }
  const accel = event.ctrlKey || event.metaKey;
  return accel || (sendKey === 'Enter' && !event.shiftKey && !event.altKey);
}

/**
 * Home and End lead to the first and the newest message: the ends of what is at hand need
 * not be those of the conversation.
 */
export function goToEnds(event: KeyboardEvent, browsing: Browsing): void {
  if (event.altKey) {
    return;
  }
  if (event.key === 'End') {
    browsing.showNewest();
  } else if (event.key === 'Home') {
    event.preventDefault(); // the browser would scroll through what goes
    void browsing.showFirst();
  }
}
