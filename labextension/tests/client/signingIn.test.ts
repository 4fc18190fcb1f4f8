import { expect, it, vi } from 'vitest';
import { signInAgain } from '../../src/chat/client/signingIn';

it('loads the page again in a frame that nobody sees and that runs nothing', async () => {
  vi.useFakeTimers();
  const frames: HTMLIFrameElement[] = [];
  const append = vi.spyOn(document.body, 'append').mockImplementation(node => {
    const frame = node as HTMLIFrameElement;
    frames.push(frame);
    frame.onload?.(new Event('load'));
  });
  expect(await signInAgain()).toBe(true);
  const [frame] = frames;
  expect(frame.src).toBe(window.location.href);
  expect(frame.hidden).toBe(true);
  expect(frame.getAttribute('sandbox')).toBe('allow-same-origin');

  expect(await signInAgain()).toBe(false); // not again and again
  vi.setSystemTime(Date.now() + 31_000);
  expect(await signInAgain()).toBe(true);
  expect(frames).toHaveLength(2);
  append.mockRestore();
  vi.useRealTimers();
});
