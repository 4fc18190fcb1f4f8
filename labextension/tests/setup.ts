import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

/** What is waited for comes when the machine gets round to it, not within a second. */
const timeout = 30_000;
configure({ asyncUtilTimeout: timeout });
const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options) => waitFor(callback, allowing(options));
vi.waitUntil = (callback, options) => waitUntil(callback, allowing(options));

function allowing<T extends object>(
  options: number | T = timeout
): number | (T & { timeout: number }) {
  return typeof options === 'number' ? options : { timeout, ...options };
}

/** What jsdom, which lays nothing out, does not have. */
class NeverObserves {
  observe(): void {
    // there is no size to observe
  }
  unobserve(): void {
    // see above
  }
  disconnect(): void {
    // see above
  }
}

Object.assign(globalThis, {
  ResizeObserver: NeverObserves,
  IntersectionObserver: NeverObserves
});
// What is seen of a list depends on its size.
Object.defineProperty(Element.prototype, 'clientHeight', { value: 600 });
Object.defineProperty(Element.prototype, 'clientWidth', { value: 400 });
Element.prototype.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;
Blob.prototype.arrayBuffer ??= function read(this: Blob) {
  return new Promise<ArrayBuffer>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(reader.result as ArrayBuffer);
    };
    reader.onerror = () => {
      reject(reader.error ?? new Error('not read'));
    };
    reader.readAsArrayBuffer(this);
  });
};

afterEach(() => {
  cleanup();
  window.dispatchEvent(new Event('pagehide')); // drafts are written now or never
  localStorage.clear();
  sessionStorage.clear();
});
