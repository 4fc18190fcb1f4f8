import { waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { show } from './show';

/** The TeX of the formulas; drawn or not. */
function formulas(text: string, streaming = false): string[] {
  const { box, remove } = show(text, streaming);
  const found = [...box.querySelectorAll('.jc-Formula')].map(
    element => element.textContent
  );
  remove();
  return found;
}

async function drawn(text: string): Promise<HTMLElement> {
  const { box } = show(text);
  await waitFor(() => {
    expect(box.querySelector('.katex')).not.toBeNull();
  });
  return box;
}

describe('formulas', () => {
  it.each([
    ['a $x$ b', 'x'],
    ['a $$x$$ b', 'x'],
    ['a \\(x\\) b', 'x'],
    ['a \\[x\\] b', 'x'],
    ['$$\nx\n$$', 'x'],
    ['\\[\nx\n\\]', 'x'],
    ['$$ x $$', 'x'],
    ['text\n\\[\nx\n= y\n- z\n\\]\nmore', 'x\n= y\n- z'],
    ['- item\n  $$\n  x\n  $$', 'x'],
    ['> \\[\n> x\n> \\]', 'x'],
    ['| $a$ |\n|---|', 'a'],
    ['the $n$th', 'n'],
    ['**$x_1$** and', 'x_1'],
    ['$a_1 * b_1 * c$', 'a_1 * b_1 * c'],
    ['$\\$5$', '\\$5'],
    ['($x$), $', 'x'],
    ['# About $x$', 'x']
  ])('are found in %j', (text, source) => {
    expect(formulas(text)).toEqual([source]);
  });

  it.each([
    'It costs $5 and $10.',
    'From $5-$10, or $1,000–$2,000, or US$5/HK$6.',
    '**$5**–**$10**',
    'Between $5M and $6M',
    '$5 a month or 10$ more',
    '`$x$` and `\\(x\\)`',
    'pay $5 for `a$`',
    '```\n$x$ $$y$$\n```',
    '    $x$',
    '\\$x\\$',
    '$HOME/bin:$PATH',
    'a $ b $ c',
    '$$$$',
    '\\(\\)',
    'f\\(x\\)',
    'see \\[1\\], \\[2, 3\\]',
    '\\[text\\](https://e.org)',
    '$x\n\ny$',
    '[a](https://e.org/?$x$)'
  ])('are not found in %j', text => {
    expect(formulas(text)).toEqual([]);
  });

  it('are drawn for the eye and written for the ear', async () => {
    const box = await drawn('Euler: $e^{i\\pi} = -1$');
    expect(box.querySelector('.katex-html')).toHaveAttribute('aria-hidden', 'true');
    expect(box.querySelector('math annotation')).toHaveTextContent('e^{i\\pi} = -1');
  });

  it('stand in a line of their own if they are displayed', async () => {
    const box = await drawn('$$x$$');
    expect(box.querySelector('.jc-mod-display .katex-display')).not.toBeNull();
  });

  it('show their source if they cannot be drawn', async () => {
    const { box } = show('$\\frac{a$ and $\\unknown$');
    await waitFor(() => {
      expect(box.querySelectorAll('code[title*="could not be drawn"]')).toHaveLength(2);
    });
    expect(box).toHaveTextContent('\\frac{a and \\unknown');
  });

  it('show their source while they are being written', () => {
    const source = '\\hat a = \\frac{x_1}{x_2} * 3 * 4';
    expect(formulas(`Then\n\n$$\n${source}`, true)).toEqual([`$$${source}`]);
    expect(formulas(`Then\n\n\\[\n${source}`, true)).toEqual([`\\[${source}`]);
  });

  it('give way to the text behind them in their last line', () => {
    const { box } = show('$$\nx\n$$ where *x* is it');
    expect(box.querySelector('.jc-Formula')).toHaveTextContent('x');
    expect(box.querySelector('p')).toHaveTextContent('where x is it');
  });

  it('do not leak definitions into each other', async () => {
    const { box } = show('$\\gdef\\leak{1}\\leak$ and $\\leak$');
    await waitFor(() => {
      expect(box.querySelector('.katex')).not.toBeNull();
      expect(box.querySelector('code[title]')).not.toBeNull();
    });
  });
});
