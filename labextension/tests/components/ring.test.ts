import { expect, it } from 'vitest';
import { ringOf } from '../../src/chat/components/ring';

const CONTEXT = { window: 1000, used: 450, sent: 0, left_out: 0 };

it('has each part in its colour, of the room that the answer leaves', () => {
  const ring = ringOf({
    ...CONTEXT,
    shares: [
      { part: 'system', tokens: 1 },
      { part: 'conversation', tokens: 450 },
      { part: 'answer', tokens: 100 }
    ]
  });
  expect(ring).toBe(
    'conic-gradient(var(--jc-part-system) 0.0% 2.0%, var(--jc-part-conversation) 2.0% 52.0%, ' +
      'var(--jc-part-free) 52.0% 100%)'
  );
});

it('goes round once where it is too long', () => {
  const ring = ringOf({
    ...CONTEXT,
    shares: [
      { part: 'pinned', tokens: 900 },
      { part: 'draft', tokens: 900 }
    ]
  });
  expect(ring).toContain('var(--jc-part-draft) 50.0% 100.0%');
});
