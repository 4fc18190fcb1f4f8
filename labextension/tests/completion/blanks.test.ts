import { expect, it } from 'vitest';
import {
  blanksIn,
  filledAlike,
  nameOf,
  nextBlank
} from '../../src/chat/completion/blanks';

const TEXT = 'Explain {{ topic }} to {{whom}}; {{whom}}!';

it('finds each blank once', () => {
  expect(blanksIn(TEXT)).toEqual(['{{ topic }}', '{{whom}}']);
  expect(blanksIn(TEXT).map(nameOf)).toEqual(['topic', 'whom']);
});

it.each(['{{}}', '{{  }}', '{ {a} }', '{{a\nb}}', '{{% if %}', 'plain'])(
  'takes “%s” for none',
  text => {
    expect(blanksIn(text)).toEqual([]);
  }
);

it('goes from one to the next, and back', () => {
  const blanks = blanksIn(TEXT);
  const spans = [];
  for (let from = 0; ;) {
    const span = nextBlank(TEXT, blanks, from);
    if (span === null) {
      break;
    }
    spans.push(TEXT.slice(span.start, span.end));
    from = span.end;
  }
  expect(spans).toEqual(['{{ topic }}', '{{whom}}', '{{whom}}']);
  expect(nextBlank(TEXT, blanks, TEXT.length, true)?.start).toBe(
    TEXT.lastIndexOf('{{whom}}')
  );
  expect(nextBlank(TEXT, blanks, 3, true)).toBeNull();
});

const WHOM = { blank: '{{whom}}', before: 'To ', after: ', yes {{whom}}!' };

it('fills in all of one name alike', () => {
  expect(filledAlike('To me, yes {{whom}}!', WHOM)).toBe('To me, yes me!');
});

it.each([
  ['nothing was typed', 'To , yes {{whom}}!', WHOM],
  ['only blanks were', 'To  , yes {{whom}}!', WHOM],
  ['it was left as it is', 'To {{whom}}, yes {{whom}}!', WHOM],
  ['what stands around it was changed', 'For me, yes {{whom}}!', WHOM],
  ['there is no other', 'To me!', { blank: '{{whom}}', before: 'To ', after: '!' }]
])('does not where %s', (_, text, filling) => {
  expect(filledAlike(text, filling)).toBeNull();
});
