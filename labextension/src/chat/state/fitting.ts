import { MAX_FRAME_BYTES } from '../protocol';
import type { Attachment } from './parts';

/** What may go with one question, as JSON; the rest of the frame (at least a megabyte) is for
 * its text. */
export const MOST_ATTACHED_BYTES = Math.floor(MAX_FRAME_BYTES / 1e6 - 1) * 1e6;
/** A question has 64 parts at most, of which its text is one. */
export const MOST_ATTACHED = 63;

/** Those that fit beside what is attached already, the first ones first, and the others. */
export function fitting(
  attachments: readonly Attachment[],
  attached: readonly Attachment[]
) {
  const kept: Attachment[] = [];
  const leftOut: Attachment[] = [];
  let places = MOST_ATTACHED - attached.length;
  let bytes = MOST_ATTACHED_BYTES - sizeOf(attached);
  for (const attachment of attachments) {
    const size = sizeOf(attachment);
    if (places > 0 && size <= bytes) {
      kept.push(attachment);
      places -= 1;
      bytes -= size;
    } else {
      leftOut.push(attachment);
    }
  }
  return { kept, leftOut };
}

/** In bytes, as it is sent. */
export function sizeOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
