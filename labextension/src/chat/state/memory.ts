/**
 * Small things that the browser keeps over a reload, apart for each Jupyter server of
 * an origin: for all windows, or with `sessionStorage` for this one.
 */
export class Memory {
  readonly #prefix: string;

  constructor(
    baseUrl: string,
    // Where storage is switched off, even naming it fails.
    private readonly storage: () => Storage = () => localStorage
  ) {
    this.#prefix = `jupyter-chat:${new URL(baseUrl, window.location.href).pathname}:`;
  }

  /** `null` where nothing is kept. */
  read(name: string): string | null {
    try {
      return this.storage().getItem(this.#prefix + name);
    } catch {
      return null; // storage is switched off
    }
  }

  write(name: string, value: string | null): void {
    try {
      if (value === null) {
        this.storage().removeItem(this.#prefix + name);
      } else {
        this.storage().setItem(this.#prefix + name, value);
      }
    } catch {
      // Storage is switched off or full: it lasts until the page is closed, then.
    }
  }
}
