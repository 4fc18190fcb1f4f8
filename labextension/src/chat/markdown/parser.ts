import MarkdownIt, { type Env, type Token } from 'markdown-it';
import { isSafeLink } from './links';
import { math } from './math';
import { tasks } from './tasks';

export type { Token };
export type References = NonNullable<Env['references']>;

interface Parsed {
  /** The tokens of each block at the top level. */
  readonly blocks: readonly (readonly Token[])[];
  /** The link reference definitions, those given included. */
  readonly references: References;
}

/** CommonMark with tables, strikethrough, bare links and formulas; HTML is plain text. */
const parser = new MarkdownIt('default', { html: false, linkify: true })
  .use(math)
  .use(tasks);
parser.validateLink = isSafeLink;
// "setup.py" and "README.md" are files here, not hosts in Paraguay and Moldova.
parser.linkify.set({ fuzzyLink: false });
parser.linkify.add('//', null).add('ftp:', null);
parser.linkify.add('www.', {
  validate: (text, pos) =>
    /^(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,}(?:\/[^\s<>"'`]{0,2000}[\w/=-])?/i.exec(
      text.slice(pos, pos + 2600)
    )?.[0].length ?? 0,
  normalize: match => {
    match.url = `https://${match.url}`;
  }
});

/** Parse a text behind one with these link definitions. */
export function parse(source: string, before: References = {}): Parsed {
  const references = { ...before };
  const tokens = parser.parse(source, { references });
  return { blocks: slices(tokens, 0), references };
}

/** The tokens in runs, each of which is complete at the level. */
export function slices(tokens: readonly Token[], level: number): (readonly Token[])[] {
  const found: (readonly Token[])[] = [];
  let start = 0;
  tokens.forEach((token, index) => {
    if (token.level === level && token.nesting <= 0) {
      found.push(tokens.slice(start, index + 1));
      start = index + 1;
    }
  });
  return found;
}
