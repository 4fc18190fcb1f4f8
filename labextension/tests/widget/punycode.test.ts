import { expect, it } from 'vitest';
import punycode from '../../src/widget/punycode';

it.each([
  ['example.org', 'example.org'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
  ['no host', 'no host']
])('writes %s as %s', (host, written) => {
  expect(punycode.toASCII(host)).toBe(written);
});
