import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it, vi } from 'vitest';
import { DOCUMENTS } from './documents';
import { htmlOf, show } from './show';

const documents = Object.entries(DOCUMENTS);

const someDocument = fc.constantFrom(...documents.map(([, text]) => text));

/** Texts of what means something to Markdown; a definition reaches back in the text. */
const STUFF = [
  ...['a', 'b c', '1. ', '2. ', '- ', '* ', '> ', '# ', '---', '===', '\t', '    '],
  ...['\n', '\n\n', '\n  ', '\n   ', '\n- ', '\n1. ', '\n> ', '[ ] ', '[x] '],
  ...['```', '````', '~~~', '`', '**', '_', '(', ')', '<b>', '\r', '\0'],
  ...['$$', '$', '\\[', '\\]', '|', '| x |\n', '\n| a | b |\n|---|---|\n']
];
const DEFINITIONS = ['[x]', '[x]: https://e.org', '\n[y]: ', '"t', '\n[x]: <u>'];

const madeOf = (stuff: readonly string[]) =>
  fc
    .array(fc.constantFrom(...stuff), { maxLength: 40 })
    .map(parts => parts.join(''))
    .filter(text => text !== '');

/** The beginnings of the text that end at the places. */
function beginnings(text: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map(place => place % text.length))];
  return ends.sort((a, b) => a - b).map(end => text.slice(0, end));
}

const places = fc.array(fc.nat(3000), { maxLength: 30 });

describe('a streamed text, once complete,', () => {
  const looksAsAtOnce = (text: string, places: readonly number[]) => {
    const shown = show('', true);
    for (const beginning of beginnings(text, places)) {
      shown.update(beginning, true);
    }
    shown.update(text, false);
    const html = shown.html();
    shown.remove();
    expect(html).toBe(htmlOf(text));
  };

  it('looks as it does at once, wherever it was cut', () => {
    fc.assert(fc.property(someDocument, places, looksAsAtOnce), { numRuns: 80 });
  });

  it('does so whatever it is made of', () => {
    const text = madeOf([...STUFF, ...DEFINITIONS]);
    fc.assert(fc.property(text, places, looksAsAtOnce), { numRuns: 150 });
  });

  it('does so if it is stopped and continued', () => {
    for (const [, text] of documents) {
      const shown = show(text.slice(0, 200), true);
      shown.update(text.slice(0, 300), false);
      shown.update(text.slice(0, 500), true);
      shown.update(text, false);
      expect(shown.html()).toBe(htmlOf(text));
    }
  });

  it('gives way to another text', () => {
    const shown = show(DOCUMENTS.lists, true);
    shown.update(DOCUMENTS.tables, true);
    expect(shown.html()).toBe(htmlOf(DOCUMENTS.tables, true));
    shown.update(DOCUMENTS.code, false);
    expect(shown.html()).toBe(htmlOf(DOCUMENTS.code));
    shown.update('', false);
    expect(shown.html()).toBe(htmlOf(''));
  });
});

describe('a text that grows', () => {
  // What it looks like before a link is defined depends on when it came.
  const settled = documents.filter(([name]) => name !== 'references');

  it.each(settled)('always looks as if it had come at once: %s', (_, text) => {
    const shown = show('', true);
    for (let end = 1; end <= text.length; end++) {
      shown.update(text.slice(0, end), true);
      if (end % 17 === 0) {
        expect(shown.html()).toBe(htmlOf(text.slice(0, end), true));
      }
    }
  });

  it('does so whatever it is made of', () => {
    fc.assert(
      fc.property(madeOf(STUFF), places, (text, places) => {
        const shown = show('', true);
        for (const beginning of beginnings(text, places)) {
          shown.update(beginning, true);
          expect(shown.html()).toBe(htmlOf(beginning, true));
        }
        shown.remove();
      }),
      { numRuns: 100 }
    );
  });

  it('keeps the elements that it has, to the end', () => {
    for (const [, text] of settled) {
      const shown = show('', true);
      const half = Math.floor(text.length / 2);
      shown.update(text.slice(0, half), true);
      const elements = [...shown.box.querySelectorAll('li, p, h3, tr, .jc-Code')];
      const kept = elements.slice(0, -5);
      for (let end = half; end <= text.length; end += 7) {
        shown.update(text.slice(0, end), true);
      }
      shown.update(text, false);
      expect(kept.filter(element => !shown.box.contains(element))).toEqual([]);
    }
  });
});

describe('the work for a text of 32 KB in 1,000 chunks', () => {
  const SIZE = 32_768;
  const CHUNK = 32;

  /** Each grows in another part of Markdown. */
  const long: Readonly<Record<string, (n: number) => string>> = {
    paragraphs: n => `Paragraph **${n}** with \`code\` and a [link](https://e.org).\n\n`,
    'one paragraph': n => `Sentence **${n}** with \`code\`. `,
    'one list': n => `- item **${n}**\n`,
    'one nested list': n => `${n === 0 ? '- outer\n' : ''}  - item **${n}**\n`,
    'one table': n => `${n === 0 ? '| a | b |\n|---|---|\n' : ''}| **${n}** | b |\n`,
    'one quote': n => `> line **${n}**\n`,
    'one code block': n => `${n === 0 ? '```python\n' : ''}print(${n})  # a line\n`,
    'one code block in a list': n => `${n === 0 ? '- ```\n' : ''}  print(${n})\n`
  };

  it.each(Object.entries(long))(
    'is bounded: %s',
    (_, part) => {
      let text = '';
      for (let n = 0; text.length < SIZE; n++) {
        text += part(n);
      }
      const parse = vi.spyOn(MarkdownIt.prototype, 'parse');
      const shown = show('', true);
      for (let end = CHUNK; end < text.length; end += CHUNK) {
        shown.update(text.slice(0, end), true);
      }
      shown.update(text, false);
      const parsed = parse.mock.calls.reduce((sum, [source]) => sum + source.length, 0);
      // All of it for each chunk would be 500 times the text.
      expect(parse).toHaveBeenCalled();
      expect(parsed / text.length).toBeLessThan(40);
    },
    60_000
  );
});
