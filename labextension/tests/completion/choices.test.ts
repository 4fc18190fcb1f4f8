import { expect, it } from 'vitest';
import { commandOf, fit, fitting } from '../../src/chat/completion/choices';

it.each([
  ['Code review', 'code-review'],
  [' Größe (2)! ', 'größe-2'],
  ['C++', 'c']
])('makes a command of the name “%s”', (name, command) => {
  expect(commandOf(name)).toBe(command);
});

it.each([
  ['', 'Anything', 0],
  ['co', 'Code review', 0],
  ['RE', 'code Review', 1],
  ['code-re', 'Code review', 1],
  ['2', 'Cell [2]', 1],
  ['view', 'Code review', null],
  ['etc', 'Choose the model', null]
])('fits “%s” to “%s”: %s', (query, name, rank) => {
  expect(fit(query, name)).toBe(rank);
});

it('has the best first, and otherwise in their order', () => {
  const names = ['A test', 'Tea', 'Other', 'Ten'];
  expect(fitting('te', names, name => [name])).toEqual(['Tea', 'Ten', 'A test']);
});
