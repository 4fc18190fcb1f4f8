import { expect, it } from 'vitest';
import { english } from '../../src/chat/i18n';
import { notebookMentions } from '../../src/lab/mentions';

interface FakeCell {
  readonly source: string;
  readonly run: number | null;
}

/** The cells of a notebook that `@cell:query` lists, by their sources. */
async function listed(query: string, cells: readonly FakeCell[], active = 0) {
  const widgets = cells.map(({ source, run }, index) => ({
    model: {
      id: String(index),
      type: 'code',
      executionCount: run,
      sharedModel: { getSource: () => source }
    }
  }));
  const content = { widgets, activeCellIndex: active };
  const panel = { content, context: { isReady: true } };
  const [cell] = notebookMentions(
    { currentWidget: panel } as never,
    {} as never,
    english
  );
  const found = await cell.complete(query, new AbortController().signal);
  return found.map(({ note }) => note);
}

const CELLS = [
  { source: 'x = 10', run: 4 },
  { source: '2 + 1', run: 1 },
  { source: '# 1 of many', run: null },
  { source: 'y', run: 2 }
];

it('takes a number for that of a cell before it looks for it in texts', async () => {
  expect((await listed('1', CELLS))[0]).toBe('2 + 1');
  expect(await listed('[2]', CELLS)).toEqual(['y']);
  expect((await listed('2', CELLS))[0]).toBe('y');
});

it('takes it for the place of a cell where none was run as that one', async () => {
  expect((await listed('3', CELLS))[0]).toBe('# 1 of many');
  expect((await listed('3', CELLS, 3))[0]).toBe('# 1 of many');
});

it('finds a cell by its number however far away it is', async () => {
  const many = Array.from({ length: 1000 }, () => ({ source: 'z', run: null }));
  expect((await listed('2', [...CELLS, ...many], 900))[0]).toBe('y');
});
