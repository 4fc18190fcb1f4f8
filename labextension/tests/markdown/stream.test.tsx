import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS } from './documents';
import { htmlOf, show } from './show';

const documents = Object.entries(DOCUMENTS);

/** The text, cut at the places. */
function* growing(text: string, cuts: Iterable<number>): Generator<string> {
  const places = [...new Set([...cuts, text.length])].sort((a, b) => a - b);
  for (const place of places) {
    yield text.slice(0, place);
  }
}

const someDocument = fc.constantFrom(...documents.map(([, text]) => text));
const cuts = fc.array(fc.nat(3000), { maxLength: 30 });

describe('a streamed text, once complete,', () => {
  it('looks as it does at once, wherever it was cut', () => {
    fc.assert(
      fc.property(someDocument, cuts, (text, cuts) => {
        const shown = show('', true);
        for (const beginning of growing(text, cuts)) {
          shown.update(beginning, true);
        }
        shown.update(text, false);
        const html = shown.html();
        shown.remove();
        expect(html).toBe(htmlOf(text));
      }),
      { numRuns: 150 }
    );
  });

  it('looks as it does at once for texts made of the stuff of Markdown', () => {
    const stuff = fc
      .array(
        fc.constantFrom(
          ...'a|b|1. |- |* |> |    |\n|\n\n|\n   |```|~~~|$$|\\[|\\]|$|`|**|_|[x]|[x]: https://e.org|(|)|# |---|===|\\|'.split(
            '|'
          ),
          '|',
          '\n| a | b |\n|---|---|\n'
        ),
        { maxLength: 60 }
      )
      .map(parts => parts.join(''));
    fc.assert(
      fc.property(stuff, text => {
        const shown = show('', true);
        for (let end = 1; end <= text.length; end++) {
          shown.update(text.slice(0, end), true);
        }
        shown.update(text, false);
        const html = shown.html();
        shown.remove();
        expect(html).toBe(htmlOf(text));
      }),
      { numRuns: 300 }
    );
  });
});

describe('a text that is still growing', () => {
  const settled = documents.filter(([name]) => name !== 'references');

  it.each(settled)('looks at each character as if parsed as a whole: %s', (_, text) => {
    const shown = show('', true);
    for (let end = 1; end <= text.length; end += 1) {
      shown.update(text.slice(0, end), true);
      if (end % 13 === 0) {
        expect(shown.html()).toBe(htmlOf(text.slice(0, end), true));
      }
    }
  });
});
