import { expect, it } from 'vitest';
import { bytes } from '../../src/chat/components/bytes';

it('says how large something is', () => {
  expect([1, 390, 1200, 1_234_567].map(bytes)).toEqual([
    '1 byte',
    '390 bytes',
    '1.2 kB',
    '1.2 MB'
  ]);
});
