// Colours for code.

/** A stretch of code, with the names that a style gives colours to. */
export interface Stretch {
  readonly text: string;
  readonly className: string | undefined;
}

/** Longer pieces, which have very long lines, stay without colours. */
const LONGEST = 12_000;

type Highlight = (code: string, language: string) => readonly Stretch[] | undefined;

let loading: Promise<Highlight> | undefined;

/**
 * The highlighter, loaded at first use: it takes a code apart into coloured stretches,
 * or gives `undefined` where it knows no colours for it.
 */
export function highlighter(): Promise<Highlight> {
  loading ??= import('./languages').then(
    ({ highlight }): Highlight =>
      (code, language) => {
        const html = code.length > LONGEST ? undefined : highlight(code, language);
        return html === undefined ? undefined : stretches(html);
      },
    () => {
      loading = undefined; // Without a connection code has no colours; later it may.
      return () => undefined;
    }
  );
  return loading;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'"
};

/**
 * What the highlighter gives: nothing but `<span class="…">`, `</span>` and escaped
 * text.  The innermost span says the colour.
 */
function stretches(html: string): Stretch[] {
  const found: Stretch[] = [];
  const classes: string[] = [];
  for (const [, opened, closed, text] of html.matchAll(
    /<span class="([^"]*)">|(<\/span>)|([^<]+)/g
  ) as Iterable<(string | undefined)[]>) {
    if (opened !== undefined) {
      classes.push(opened);
    } else if (closed !== undefined) {
      classes.pop();
    } else if (text !== undefined) {
      found.push({
        text: text.replace(/&(?:amp|lt|gt|quot|#x27);/g, entity => ENTITIES[entity]),
        className: classes.at(-1)
      });
    }
  }
  return found;
}
