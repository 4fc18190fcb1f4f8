import { expect, it, vi } from 'vitest';
import { signInAgain } from '../../src/chat/client/signingIn';

const BASE = '/user/ada/';

it('goes to the own server’s login in a frame that nobody sees and that runs nothing', async () => {
  vi.useFakeTimers();
  const frames: HTMLIFrameElement[] = [];
  const append = vi.spyOn(document.body, 'append').mockImplementation(node => {
    const frame = node as HTMLIFrameElement;
    frames.push(frame);
    frame.onload?.(new Event('load'));
  });
  expect(await signInAgain({ baseUrl: BASE })).toBe(true);
  const [frame] = frames;
  const next = encodeURIComponent('/user/ada/jupyter-chat/api/health');
  expect(frame.src).toBe(`${window.location.origin}/user/ada/login?next=${next}`);
  expect(frame.hidden).toBe(true);
  expect(frame.getAttribute('sandbox')).toBe('allow-same-origin');

  expect(await signInAgain({ baseUrl: BASE })).toBe(false); // not again and again
  vi.setSystemTime(Date.now() + 31_000);
  expect(await signInAgain({ baseUrl: BASE })).toBe(true);
  expect(frames).toHaveLength(2);
  append.mockRestore();
  vi.useRealTimers();
});
