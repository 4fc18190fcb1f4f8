/**
 * Small things that the browser keeps over a reload, apart for each Jupyter server of
 * an origin.
 */
export class Memory {
  readonly #prefix: string;

  constructor(baseUrl: string) {
    this.#prefix = `jupyter-chat:${new URL(baseUrl, window.location.href).pathname}:`;
  }

  /** `null` where nothing is kept. */
  read(name: string): string | null {
    try {
      return localStorage.getItem(this.#prefix + name);
    } catch {
      return null; // storage is switched off
    }
  }

  write(name: string, value: string | null): void {
    try {
      if (value === null) {
        localStorage.removeItem(this.#prefix + name);
      } else {
        localStorage.setItem(this.#prefix + name, value);
      }
    } catch {
      // Storage is switched off or full: it lasts until the page is closed, then.
    }
  }
}
