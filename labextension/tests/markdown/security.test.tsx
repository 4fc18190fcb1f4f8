import { fireEvent, waitFor } from '@testing-library/react';
import { beforeAll, describe, expect, it } from 'vitest';
import { highlighter } from '../../src/chat/markdown/highlight';
import { typesetter } from '../../src/chat/markdown/typesetter';
import { ATTACKS, EXHAUSTING } from './attacks';
import { type Shown, show } from './show';

const ANYWHERE = ['class', 'dir', 'aria-label', 'title', 'tabindex', 'role'];

/** Every element that may appear, with the attributes that it may have. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  a: ['href', 'target', 'rel'],
  blockquote: [],
  br: [],
  button: ['type'],
  code: [],
  div: [],
  em: [],
  h3: [],
  h4: [],
  h5: [],
  h6: [],
  hr: [],
  input: ['type', 'disabled', 'checked'],
  li: [],
  ol: ['start'],
  p: [],
  path: ['d'],
  pre: [],
  s: [],
  span: [],
  strong: [],
  svg: ['viewBox', 'aria-hidden', 'focusable'],
  table: [],
  tbody: [],
  td: [],
  th: [],
  thead: [],
  tr: [],
  ul: []
};

/** Classes come from us, never from the text. */
const CLASSES = /^(?:jc-[\w-]+|hljs-[\w-]+|[a-z]+_|katex-display|)$/;

function expectHarmless({ box }: Shown): void {
  for (const element of box.querySelectorAll('*')) {
    if (element.closest('.katex') !== null) {
      expectDrawn(element);
      continue;
    }
    const name = element.localName;
    expect(Object.keys(ALLOWED)).toContain(name);
    for (const { name: attribute, value } of element.attributes) {
      expect([...ANYWHERE, ...ALLOWED[name]]).toContain(attribute);
      if (attribute === 'class') {
        for (const className of value.split(' ')) {
          expect(className).toMatch(CLASSES);
        }
      }
      if (attribute === 'href') {
        expect(value).toMatch(/^(?:https?:\/\/|mailto:)/);
        expect(element).toHaveAttribute('target', '_blank');
        expect(element).toHaveAttribute('rel', 'noopener noreferrer');
      }
    }
  }
}

/** What KaTeX draws: text with its own classes and measures. */
function expectDrawn(element: Element): void {
  expect(element.localName).toMatch(
    /^(?:span|svg|path|line|math|semantics|annotation|m[a-z]+)$/
  );
  for (const { name, value } of element.attributes) {
    expect(name).not.toMatch(/^(?:on|id$|href|src|xlink|data-)/);
    if (name === 'style') {
      expect(value).not.toMatch(/url|position:\s*fixed|expression|image/i);
      for (const [, size] of value.matchAll(/(\d+(?:\.\d+)?)em/g)) {
        expect(Number(size)).toBeLessThan(100);
      }
    }
    if (name === 'class') {
      expect(value).not.toMatch(/jc-/);
    }
  }
}

beforeAll(async () => {
  await Promise.all([highlighter(), typesetter()]);
});

/** Wait until formulas are drawn and code is coloured. */
async function settled(shown: Shown): Promise<void> {
  const html = () => shown.box.innerHTML;
  let before: string;
  do {
    before = html();
    await new Promise(resolve => setTimeout(resolve, 15));
  } while (html() !== before);
}

describe('hostile text', () => {
  it('comes in more than 60 kinds', () => {
    expect(new Set(ATTACKS).size).toBe(ATTACKS.length);
    expect(ATTACKS.length).toBeGreaterThan(200);
  });

  it.each(ATTACKS)('becomes harmless elements only: %s', async attack => {
    const shown = show(`Before ${attack}\n\n${attack}\n\n- ${attack}`);
    await settled(shown);
    expectHarmless(shown);
  });

  it.each(ATTACKS.filter((_, index) => index % 4 === 0))(
    'is harmless at every moment of its streaming: %s',
    attack => {
      const shown = show('', true);
      for (let end = 1; end <= attack.length; end++) {
        shown.update(attack.slice(0, end), true);
        expectHarmless(shown);
      }
    }
  );

  it('keeps raw HTML as text', () => {
    const { box } = show('a <b>bold</b> <script>alert(1)</script>');
    expect(box).toHaveTextContent('a <b>bold</b> <script>alert(1)</script>');
  });

  it('keeps the text of a link that leads to no good', () => {
    const { box } = show('[click me](javascript:alert(1))');
    expect(box.querySelector('a')).toBeNull();
    expect(box).toHaveTextContent('click me');
  });

  it('shows where a link really leads', () => {
    const { box } = show('[https://bank.example](https://evil.example/x)');
    expect(box.querySelector('a')).toHaveAttribute('title', 'https://evil.example/x');
  });
});

describe('exhausting text', () => {
  it.each(Object.entries(EXHAUSTING))(
    'is shown in good time: %s',
    async (_, text) => {
      const shown = show(text);
      await settled(shown);
      expectHarmless(shown);
      expect(depth(shown.box)).toBeLessThan(400);
      shown.remove();
    },
    20_000
  );

  it.each(Object.entries(EXHAUSTING))(
    'is streamed in good time: %s',
    (_, text) => {
      const shown = show('', true);
      for (let end = 0; end < text.length; end += Math.ceil(text.length / 20)) {
        shown.update(text.slice(0, end), true);
      }
      shown.update(text, false);
      shown.remove();
    },
    20_000
  );
});

function depth(root: Element): number {
  let level = [root];
  let found = 0;
  for (; level.length > 0; found++) {
    level = level.flatMap(element => [...element.children]);
  }
  return found;
}

describe('a remote image', () => {
  it('is fetched only after a click', () => {
    const { box, find } = show('![A chart](https://images.example/chart.png?q=secret)');
    expect(box.querySelector('img')).toBeNull();
    const button = find('button');
    expect(button).toHaveTextContent('A chart');
    expect(button).toHaveTextContent('images.example');

    fireEvent.click(button);

    const image = find('img');
    expect(image).toHaveAttribute('src', 'https://images.example/chart.png?q=secret');
    expect(image).toHaveAttribute('alt', 'A chart');
    expect(image).toHaveAttribute('referrerpolicy', 'no-referrer');
  });

  it('says so when it cannot be loaded, and can be tried again', () => {
    const { box, find } = show('![A chart](https://images.example/chart.png)');
    fireEvent.click(find('button'));
    fireEvent.error(find('img'));
    expect(box.querySelector('button')).toHaveTextContent('Could not be loaded');
    fireEvent.click(find('button'));
    expect(box.querySelector('img')).not.toBeNull();
  });

  it('stays shown while the answer goes on', () => {
    const shown = show('![A chart](https://images.example/chart.png)\n\nmo', true);
    fireEvent.click(shown.find('button'));
    const image = shown.box.querySelector('img');
    shown.update(
      '![A chart](https://images.example/chart.png)\n\nmore\n\nand more',
      true
    );
    shown.update(
      '![A chart](https://images.example/chart.png)\n\nmore\n\nand more',
      false
    );
    expect(shown.box.querySelector('img')).toBe(image);
  });

  it('is but its name within a link', async () => {
    const { box } = show('[![Badge](https://images.example/b.svg)](https://e.org)');
    await waitFor(() => {
      expect(box.querySelector('a')).toHaveTextContent('Badge');
    });
    expect(box.querySelector('img, button')).toBeNull();
  });
});
