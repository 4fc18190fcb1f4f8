import { describe, expect, it } from 'vitest';
import { endOf, triggerAt, without } from '../../src/chat/completion/trigger';

/** What is typed where the bar stands. */
function at(text: string) {
  const cursor = text.indexOf('|');
  return triggerAt(text.replace('|', ''), cursor);
}

describe('a slash', () => {
  it.each([
    ['/|', ''],
    ['/mo|', 'mo'],
    ['/größe-2|', 'größe-2']
  ])('stands for a command where it is all of the text: %s', (text, query) => {
    expect(at(text)).toEqual({ sign: '/', start: 0, query });
  });

  it.each(['/etc/hosts|', '/mo del|', 'a/|', ' /|', '/mo|del', '|/', '//|', '/a\n|'])(
    'stands for nothing else: %s',
    text => {
      expect(at(text)).toBeNull();
    }
  );
});

describe('an @', () => {
  it.each([
    ['@|', 0, ''],
    ['see @ce|', 4, 'ce'],
    ['see\n@file:data/x.csv|', 4, 'file:data/x.csv'],
    ['@a @b|', 3, 'b'],
    ['explain @ce| please', 8, 'ce']
  ])('stands for something to attach: %s', (text, start, query) => {
    const trigger = at(text);
    expect(trigger).toEqual({ sign: '@', start, query });
    expect(trigger && endOf(trigger)).toBe(text.indexOf('|'));
  });

  it.each(['ada@example.org|', 'a@|', '@a b|', '(@a|', '@a@b|', '@@|'])(
    'stands for nothing within a word: %s',
    text => {
      expect(at(text)).toBeNull();
    }
  );

  it('is a decorator in a block of code, and something to attach after it', () => {
    expect(at('Why?\n```python\n@prop|')).toBeNull();
    expect(at('Why?\n```python\n@property\n```\n@ce|')?.query).toBe('ce');
  });
});

it('is taken out of the text, if it is still there', () => {
  const trigger = { sign: '@' as const, start: 4, query: 'ce' };
  expect(without(trigger, 'see @ce please')).toEqual({ text: 'see  please', cursor: 4 });
  expect(without(trigger, 'see what')).toBeNull();
});
