import type { Renewed } from '../../chat/protocol';
import { type ServerSettings, apiUrl, xsrfToken } from '../../chat/client/server';

/** What the server says of whoever it has signed in. */
export interface SignedIn {
  readonly admin: boolean;
  /** In so many seconds the session wants to be renewed. */
  readonly renewIn: number;
}

/** What was renewed so shortly ago, here or in another tab, is not renewed again. */
const FRESH_MS = 5000;
const RETRY_MS = 15_000;
const KEY = 'jupyter-chat:renewed';

/**
 * Keeps a session going for as long as the page is open: before its access token runs out, and
 * where a request is refused because it has (the computer may have slept).  The tabs of a browser
 * share their cookies, so one of them at a time does it.
 */
export class Session {
  readonly #server: ServerSettings;
  #dueAt: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewing: Promise<boolean> | null = null;

  constructor(server: ServerSettings, { renewIn }: SignedIn) {
    this.#server = server;
    this.#dueAt = Date.now() + renewIn * 1000;
  }

  start(): void {
    document.addEventListener('visibilitychange', this.#check);
    window.addEventListener('online', this.#check);
    this.#schedule();
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#check);
    window.removeEventListener('online', this.#check);
    clearTimeout(this.#timer);
  }

  /** As the browser's own, but that a request which is refused is sent once more. */
  readonly fetch = async (url: string, request: RequestInit): Promise<Response> => {
    const response = await fetch(url, request);
    return response.status === 403 && (await this.renew())
      ? fetch(url, request)
      : response;
  };

  /** Whether the session goes on. */
  renew(): Promise<boolean> {
    this.#renewing ??= this.#alone().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #alone(): Promise<boolean> {
    const { locks } = navigator as Partial<Navigator>; // of secure pages only
    return locks === undefined
      ? this.#ask()
      : locks.request(`${KEY} ${this.#server.baseUrl}`, () => this.#ask());
  }

  async #ask(): Promise<boolean> {
    if (Date.now() - renewedAt() < FRESH_MS) {
      return true;
    }
    try {
      const response = await fetch(apiUrl(this.#server, 'session'), {
        method: 'POST',
        headers: { 'X-XSRFToken': xsrfToken() ?? '' },
        cache: 'no-store',
        credentials: 'same-origin'
      });
      if (!response.ok) {
        this.#again(response.status === 403 ? null : RETRY_MS);
        return false;
      }
      const { renew_in: seconds } = (await response.json()) as Renewed;
      noteRenewal();
      this.#again(seconds * 1000);
      return true;
    } catch {
      this.#again(RETRY_MS); // the server is away
      return false;
    }
  }

  /** `null`: the session has ended. */
  #again(milliseconds: number | null): void {
    this.#dueAt = milliseconds === null ? Infinity : Date.now() + milliseconds;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#dueAt !== Infinity) {
      this.#timer = setTimeout(this.#check, Math.max(0, this.#dueAt - Date.now()));
    }
  }

  readonly #check = (): void => {
    if (Date.now() < this.#dueAt) {
      return;
    }
    this.#again(RETRY_MS); // unless it says something else
    void this.renew();
  };
}

function renewedAt(): number {
  try {
    return Number(localStorage.getItem(KEY) ?? 0);
  } catch {
    return 0; // the browser keeps nothing
  }
}

function noteRenewal(): void {
  try {
    localStorage.setItem(KEY, String(Date.now()));
  } catch {
    // then other tabs renew it, too
  }
}
