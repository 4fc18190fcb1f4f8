/** What is being typed that things can be chosen for. */
export interface Trigger {
  readonly sign: '/' | '@';
  /** Where the sign stands in the text. */
  readonly start: number;
  /** What follows it, up to the cursor. */
  readonly query: string;
}

const COMMAND = /^\/([^\s/]*)$/;
const MENTION = /(?:^|\s)@([^\s@]*)$/;
const FENCE = /^ {0,3}(?:```|~~~)/gm;

/**
 * A command is all of a text; a mention stands at its beginning or after white space, and
 * not in a block of code, where `@` means something else.
 */
export function triggerAt(text: string, cursor: number): Trigger | null {
  const before = text.slice(0, cursor);
  const command = COMMAND.exec(before);
  if (command !== null && cursor === text.length) {
    return { sign: '/', start: 0, query: command[1] };
  }
  const mention = MENTION.exec(before);
  if (mention === null || isInCode(before)) {
    return null;
  }
  const query = mention[1];
  return { sign: '@', start: cursor - query.length - 1, query };
}

function isInCode(before: string): boolean {
  return (before.match(FENCE) ?? []).length % 2 === 1;
}

/** The text without what was typed for something that has been chosen, and where the cursor
 * stands then; `null` if it is not there any more. */
export function without(
  { sign, start, query }: Trigger,
  text: string
): { readonly text: string; readonly cursor: number } | null {
  const typed = sign + query;
  return text.startsWith(typed, start)
    ? { text: text.slice(0, start) + text.slice(start + typed.length), cursor: start }
    : null;
}

/** Where the cursor stands while it is typed. */
export function endOf({ start, query }: Trigger): number {
  return start + 1 + query.length;
}
