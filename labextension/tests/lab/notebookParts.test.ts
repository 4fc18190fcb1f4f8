import { describe, expect, it } from 'vitest';
import type { AttachmentPart } from '../../src/chat/protocol';
import {
  MOST_IMAGE_BYTES,
  MOST_NOTEBOOK,
  MOST_NOTEBOOK_OUTPUT,
  MOST_TEXT,
  type ShownCell,
  cellPart,
  cut,
  notebookText,
  outputParts
} from '../../src/lab/notebookParts';
import { plain } from '../../src/lab/outputs';
import { withRasters } from '../../src/lab/rasters';

const CELL: ShownCell = {
  name: '[3]',
  notebook: 'plots.ipynb',
  source: 'plot()',
  outputs: [],
  language: 'python'
};

const outputs = (...outputs: ShownCell['outputs']) => outputParts({ ...CELL, outputs });
const stream = (text: string | string[]) => ({ output_type: 'stream', text }) as const;
const data = (data: object) => ({ output_type: 'display_data', data }) as never;
const error = (traceback: string[]) =>
  ({ output_type: 'error', ename: 'E', evalue: 'why', traceback }) as never;

describe('what of a cell goes with a question', () => {
  it('is its source', () => {
    expect(cellPart(CELL)).toEqual({
      ...{ type: 'attachment', kind: 'cell', name: '[3] · plots.ipynb' },
      ...{ text: 'plot()', language: 'python' }
    });
  });

  it('has a name that the server takes, however long the notebook’s is', () => {
    expect(cellPart({ ...CELL, notebook: 'x'.repeat(300) }).name).toHaveLength(200);
  });

  it('joins texts, and takes the plain one of a table', () => {
    const table = { 'text/html': '<table></table>', 'text/plain': '  a\n0 1' };
    expect(outputs(stream(['said', ' so\n']), data(table)).parts).toEqual([
      expect.objectContaining({ kind: 'output', text: 'said so\n  a\n0 1' })
    ]);
  });

  it('takes the text of HTML where there is no other', () => {
    const { parts } = outputs(data({ 'text/html': '<b>bold</b> <i>text</i>' }));
    expect(parts).toEqual([expect.objectContaining({ text: 'bold text' })]);
  });

  it.each([
    [
      'a table',
      '<table><tr><th>a</th><th>b</th></tr><tr><td>0</td><td>1</td></tr></table>',
      'a | b\n0 | 1'
    ],
    [
      'blocks',
      '<style>p {}</style><p>One\n line</p><div>Other<br>lines</div>',
      'One line\n\nOther\nlines'
    ],
    ['code', '<pre>a\n  b</pre>', 'a\n  b']
  ])('reads %s of HTML as it looks', (_what, html, text) => {
    const { parts } = outputs(data({ 'text/html': html }));
    expect(parts).toEqual([expect.objectContaining({ text })]);
  });

  it('prefers what is shown to a text that says only what it is', () => {
    const styled = {
      'text/html': '<table><tr><td>1</td></tr></table>',
      'text/plain': '<pandas.io.formats.style.Styler at 0x7f1>'
    };
    const json = {
      'application/json': { a: 1 },
      'text/plain': '<IPython.core.display.JSON object>'
    };
    const chat = {
      'application/vnd.jupyter-chat.conversation+json': { model_id: 'x' },
      'text/html': '<p>Why?</p>',
      'text/plain': "ChatWidget(thread='01a')"
    };
    const { parts } = outputs(data(styled), data(json), data(chat));
    expect(parts).toEqual([expect.objectContaining({ text: '1\n{"a":1}\nWhy?' })]);
  });

  it('says of what it cannot take that it was there', () => {
    const { parts } = outputs(data({ 'application/pdf': 'AAAA' }));
    expect(parts).toEqual([
      expect.objectContaining({
        text: '[an output that cannot be attached: application/pdf]'
      })
    ]);
  });

  it('takes images as images', () => {
    const { parts } = outputs(
      data({ 'image/png': 'AA\nBB\n', 'text/plain': '<Figure>' })
    );
    expect(parts).toEqual([
      {
        ...{ type: 'image', media_type: 'image/png', data: 'AABB' },
        name: 'Image · cell [3] · plots.ipynb'
      }
    ]);
  });

  it('leaves out an image that is too large, and says so', () => {
    const { parts, tooLarge } = outputs(
      data({ 'image/png': 'A'.repeat(MOST_IMAGE_BYTES * 2) })
    );
    expect(tooLarge).toBe(1);
    expect(parts).toEqual([
      expect.objectContaining({ text: '[an image, too large to be attached]' })
    ]);
  });

  it('takes an error without its colours', () => {
    const { parts } = outputs(error(['\u001b[0;31mE\u001b[0m: why', 'line']));
    expect(parts).toEqual([
      expect.objectContaining({
        kind: 'error',
        name: 'E · cell [3] · plots.ipynb',
        text: 'E: why\nline'
      })
    ]);
    expect(outputs(error([])).parts).toEqual([
      expect.objectContaining({ text: 'E: why' })
    ]);
  });

  it('is bounded', () => {
    const { parts } = outputs(stream('x'.repeat(MOST_TEXT * 3)));
    const [{ text }] = parts as readonly AttachmentPart[];
    expect(text.length).toBeLessThan(MOST_TEXT + 100);
    expect(text).toContain(`[… ${String(MOST_TEXT * 2)} characters left out …]`);
  });
});

it('leaves a drawing as it is where it cannot be drawn', async () => {
  const svg = data({ 'image/svg+xml': '<svg/>' });
  expect(await withRasters([svg, stream('x')])).toEqual([svg, stream('x')]);
});

it('loses what is for a terminal only', () => {
  expect(
    plain('\u001b]8;;file:///a\u001b\\a.py\u001b]8;;\u001b\\:\u001b[1m2\u001b[m')
  ).toBe('a.py:2');
});

it('cuts the middle out', () => {
  expect(cut('short', 5)).toBe('short');
  expect(cut('0123456789', 5)).toBe('012\n[… 5 characters left out …]\n89');
});

describe('a notebook as a text', () => {
  const code = (source: string, outputs: unknown[] = []) =>
    ({
      cell_type: 'code',
      source,
      metadata: {},
      outputs,
      execution_count: null
    }) as never;

  it('has the cells in order, with their text outputs', () => {
    const cells = [
      { cell_type: 'markdown', source: ['# Title\n', 'text'], metadata: {} } as never,
      code('print(1)', [stream('1\n'), data({ 'image/png': 'AAAA' })])
    ];
    expect(notebookText(cells, 0)).toBe(
      '# %% Cell 1 [markdown]\n# Title\ntext\n\n' +
        '# %% Cell 2\nprint(1)\n# Output:\n1\n# Output:\n[an image]'
    );
  });

  it('takes so much of an output', () => {
    const text = notebookText([code('f()', [stream('x'.repeat(9000))])], 0);
    expect(text.length).toBeLessThan(MOST_NOTEBOOK_OUTPUT + 100);
  });

  it('goes without outputs where it would be too long', () => {
    const many = Array.from({ length: 100 }, (_, n) =>
      code(`cell_${String(n)}`, [stream('x'.repeat(900))])
    );
    const text = notebookText(many, 50);
    expect(text).toContain('[The outputs were left out because the notebook is long.]');
    expect(text).not.toContain('# Output');
    expect(text).toContain('cell_0');
    expect(text).toContain('cell_99');
  });

  it('keeps the cells around the active one where even that is too long', () => {
    const many = Array.from({ length: 100 }, (_, n) =>
      code(`cell_${String(n)} = ${'x'.repeat(3000)}`)
    );
    const text = notebookText(many, 50);
    expect(text.length).toBeLessThan(MOST_NOTEBOOK + 300);
    expect(text).toContain('cell_50 ');
    expect(text).toContain('cell_42 ');
    expect(text).toContain('cell_58 ');
    expect(text).not.toContain('cell_20 ');
    expect(text).not.toContain('cell_80 ');
    expect(text).toMatch(/\[\d+ cells were left out before this\]/);
    expect(text).toMatch(/\[\d+ cells were left out after this\]/);
  });

  it('is nothing where there are no cells', () => {
    expect(notebookText([], -1)).toBe('');
  });
});
