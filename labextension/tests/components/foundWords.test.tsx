import { render, renderHook } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { placesOf, useFoundWords } from '../../src/chat/components/foundWords';

const found = (html: string, ...words: string[]) => {
  const element = document.createElement('div');
  element.innerHTML = html;
  return placesOf(element, words).map(String);
};

describe('the places of words', () => {
  it('are those of whole words, in whatever case', () => {
    expect(found('<p>The frog and the <b>Frog</b>, not frogs</p>', 'frog')).toEqual([
      'frog',
      'Frog'
    ]);
    expect(found('über Übermut', 'über')).toEqual(['über']);
  });

  it('are anywhere in scripts without spaces', () => {
    expect(found('我喜歡青蛙和樹', '青蛙')).toEqual(['青蛙']);
  });

  it('take nothing in a word for a pattern', () => {
    expect(found('c++ and cc', 'c++')).toEqual(['c++']);
    expect(found('a.b axb', 'a.b')).toEqual(['a.b']);
    expect(found('anything', '')).toEqual([]);
  });
});

describe('what was found in a message', () => {
  const marks = new Map<string, Set<Range>>();
  const marked = () => [...(marks.get('jc-found') ?? [])].map(String);

  beforeEach(() => {
    marks.clear();
    Object.assign(globalThis, { Highlight: Set, CSS: { highlights: marks } });
    Range.prototype.getBoundingClientRect = () => new DOMRect();
  });

  const show = (words: readonly string[] | undefined) => {
    const { container } = render(
      <div>
        <div className="jc-Message-body">Tree frogs do.</div>
      </div>
    );
    const element = { current: container };
    const hook = renderHook(
      (now: readonly string[] | undefined) => {
        useFoundWords(element, now, container);
      },
      { initialProps: words }
    );
    const body = container.querySelector('.jc-Message-body');
    return { ...hook, body };
  };

  it('is marked until one goes elsewhere', () => {
    const { rerender } = show(['frogs']);
    expect(marked()).toEqual(['frogs']);
    rerender(undefined);
    expect(marked()).toEqual([]);
  });

  it('is marked again where it is drawn anew', async () => {
    const { body } = show(['frogs']);
    body?.replaceChildren('Many ', 'frogs leap');
    await Promise.resolve();
    expect(marked()).toEqual(['frogs']);
  });
});
