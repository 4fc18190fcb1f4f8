import type { AttachmentPart, ImagePart, Message, TextPart } from '../protocol';

export type Part = Message['parts'][number];

/** What an answer is made of. */
export type WrittenPart = Exclude<Part, AttachmentPart | ImagePart>;

/** What goes with a question beside its text. */
export type Attachment = AttachmentPart | ImagePart;

export function isWritten(part: Part): part is WrittenPart {
  return part.type === 'text' || part.type === 'reasoning';
}

/** The parts of an answer, which has no others; the very same list. */
export function writtenIn({ parts }: Pick<Message, 'parts'>): readonly WrittenPart[] {
  return parts as readonly WrittenPart[];
}

/** What goes with a question. */
export function attachedTo({ parts }: Pick<Message, 'parts'>): Attachment[] {
  return parts.filter((part): part is Attachment => !isWritten(part));
}

/** A message's text, without reasoning and attachments. */
export function textOf({ parts }: Pick<Message, 'parts'>): string {
  return parts
    .filter((part): part is TextPart => part.type === 'text')
    .map(part => part.text)
    .join('');
}

/** How much text the parts hold, in UTF-16 code units, as the server counts too. */
export function lengthOf(parts: readonly WrittenPart[]): number {
  return parts.reduce((sum, { text }) => sum + text.length, 0);
}

/** Whether they say the same to the model, wherever they are from. */
export function isSame(one: Attachment, other: Attachment): boolean {
  if (one.type === 'image') {
    return other.type === 'image' && one.data === other.data;
  }
  return (
    other.type === 'attachment' &&
    one.kind === other.kind &&
    one.name === other.name &&
    one.text === other.text
  );
}
