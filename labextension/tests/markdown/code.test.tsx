import { waitFor } from '@testing-library/react';
import type { PropsWithChildren } from 'react';
import { createPortal } from 'react-dom';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type CodeActions,
  CodeActionsProvider
} from '../../src/chat/markdown/codeActions';
import { Pieces } from '../../src/chat/markdown/pieces';
import { show } from './show';

const PROGRAM = Array.from(
  { length: 400 },
  (_, n) => `def f${n}(x):\n    """Adds ${n}."""\n    return x + ${n}\n\n\n`
).join('');

describe('a code block', () => {
  it.each([
    ['```python', 'python'],
    ['```Python title="x.py"', 'python'],
    ['```{python}', 'python'],
    ['```{r, echo=FALSE}', 'r'],
    ['```{.julia}', 'julia'],
    ['```js:main.js', 'js'],
    ['```c++', 'c++'],
    ['```', 'Code'],
    ['~~~ sh', 'sh']
  ])('says its language: %s', (fence, name) => {
    const { box } = show(`${fence}\nx\n${fence.slice(0, 3)}`);
    expect(box.querySelector('.jc-Code-language')).toHaveTextContent(name);
  });

  it('gets colours', async () => {
    const { box, find } = show('```python\nfor x in "a<b":\n    pass\n```');
    await waitFor(() => {
      expect(box.querySelector('.hljs-keyword')).toHaveTextContent('for');
    });
    expect(box.querySelector('.hljs-string')).toHaveTextContent('"a<b"');
    expect(find('pre code').textContent).toBe('for x in "a<b":\n    pass');
  });

  it('gets colours while it grows, and has all of its text at any time', async () => {
    const shown = show('', true);
    for (let end = 1; end < 3000; end += 97) {
      shown.update('```python\n' + PROGRAM.slice(0, end), true);
      expect(shown.find('pre code').textContent.trimEnd()).toBe(
        PROGRAM.slice(0, end).trimEnd()
      );
    }
    await waitFor(() => {
      expect(shown.box.querySelector('.hljs-keyword')).toHaveTextContent('def');
    });
  });

  it('looks the same streamed and at once, with its colours', async () => {
    const text = '```python\n' + PROGRAM + '```\n\nThat is all.';
    const whole = show(text);
    const streamed = show('', true);
    for (let end = 0; end < text.length; end += 501) {
      streamed.update(text.slice(0, end), true);
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    streamed.update(text, false);
    await waitFor(
      () => {
        expect(whole.box.querySelectorAll('.hljs-keyword')).toHaveLength(800);
        expect(streamed.html()).toBe(whole.html());
      },
      { timeout: 10_000 }
    );
  });

  it('stays without colours if its language is unknown', async () => {
    const { box, find } = show('```nosuchlanguage\nfor x\n```\n\n```python\nfor\n```');
    await waitFor(() => {
      expect(box.querySelector('.hljs-keyword')).not.toBeNull();
    });
    expect(find('pre code')).toHaveTextContent('for x');
    expect(find('pre code').querySelector('[class^="hljs"]')).toBeNull();
  });

  it('never shows the beginning of its closing fence', () => {
    const shown = show('```\nx\n', true);
    for (const fence of ['`', '``', '```']) {
      shown.update('```\nx\n' + fence, true);
      expect(shown.find('pre code').textContent).toBe('x');
    }
  });

  it('leaves room for what else can be done with it', () => {
    const actions = vi.fn<CodeActions>(({ room }) => (
      <>
        <button type="button">Run</button>
        {room !== null && createPortal('Really?', room)}
      </>
    ));
    const Wrap = ({ children }: PropsWithChildren) => (
      <CodeActionsProvider value={actions}>{children}</CodeActionsProvider>
    );
    const { box, find } = show('```Python\nx = 1\n', true, Wrap);
    expect(box.querySelector('.jc-Code-head')).toHaveTextContent('Run');
    expect(find('.jc-Code-head').nextElementSibling).toHaveTextContent('Really?');
    expect(actions.mock.lastCall?.[0]).toMatchObject({
      code: 'x = 1',
      language: 'python',
      open: true
    });
  });
});

describe('copying a code block', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('takes the code as the model wrote it', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    const { find } = show('```python\nif x < 1:\n\tprint("&")\n\n\n```');
    find('button').click();
    await waitFor(() => {
      expect(writeText).toHaveBeenCalledWith('if x < 1:\n\tprint("&")\n\n');
    });
  });
});

describe('the pieces of a code', () => {
  it('are the code', () => {
    expect(new Pieces().update(PROGRAM).join('')).toBe(PROGRAM);
  });

  it('are short, unless a line is long', () => {
    const lengths = new Pieces().update(PROGRAM).map(piece => piece.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(6144);
    const line = 'x'.repeat(20_000);
    expect(new Pieces().update(`a\n${line}\nb`).join('')).toBe(`a\n${line}\nb`);
  });

  it('are the same however the code grew, and stay once another follows', () => {
    const pieces = new Pieces();
    let before: readonly string[] = [];
    for (let end = 0; end <= PROGRAM.length; end += 37) {
      const now = pieces.update(PROGRAM.slice(0, end));
      expect(now.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
      before = now;
    }
    expect(pieces.update(PROGRAM)).toEqual(new Pieces().update(PROGRAM));
  });

  it('start anew with another code', () => {
    const pieces = new Pieces();
    pieces.update(PROGRAM);
    expect(pieces.update('other').join('')).toBe('other');
    expect(pieces.update('')).toEqual(['']);
  });
});
