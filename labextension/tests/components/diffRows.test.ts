import { diffLines } from 'diff';
import { expect, it } from 'vitest';
import { diffRows } from '../../src/chat/components/diffRows';

const lines = (count: number) =>
  Array.from({ length: count }, (_, number) => `line ${String(number)}\n`);

function shown(before: string, after: string): string[] {
  return diffRows(diffLines(before, after)).map(row => {
    const signs = { same: ' ', added: '+', removed: '-', skipped: '…' };
    return row.kind === 'skipped'
      ? `… ${String(row.lines)}`
      : `${signs[row.kind]} ${row.text}`;
  });
}

it('shows what was removed before what took its place', () => {
  expect(shown('a\nb\nc\n', 'a\nx\ny\nc\n')).toEqual(['  a', '- b', '+ x', '+ y', '  c']);
});

it('leaves out what is more than three lines from a change', () => {
  const before = lines(20);
  const after = [...before];
  after[10] = 'other\n';
  expect(shown(before.join(''), after.join(''))).toEqual([
    '… 7',
    ...['  line 7', '  line 8', '  line 9', '- line 10', '+ other'],
    ...['  line 11', '  line 12', '  line 13', '… 6']
  ]);
});

it('leaves out no single line', () => {
  const before = lines(5);
  expect(shown(before.join(''), [...before.slice(0, 4), 'x\n'].join(''))).toEqual([
    ...['  line 0', '  line 1', '  line 2', '  line 3', '- line 4', '+ x']
  ]);
});
