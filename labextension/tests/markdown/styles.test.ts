import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('has the styles of the KaTeX that is installed', () => {
  const check = () => execFileSync('node', ['scripts/katex.mjs', '--check']);
  expect(check).not.toThrow();
});
