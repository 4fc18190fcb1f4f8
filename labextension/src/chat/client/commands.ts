import type { Ack, Command, Rejected } from '../protocol';
import { toJson } from './json';
import { ProblemError, UNREACHED } from './problem';

type WithoutId<C> = C extends Command ? Omit<C, 'id'> : never;

/** A command before it has its id. */
export type CommandBody = WithoutId<Command>;

interface Waiting {
  /** Runs out where the answer is late. */
  readonly patience?: ReturnType<typeof setTimeout>;
  /** What is sent again; `null`: it ends with the connection. */
  readonly frame: string | null;
  readonly resolve: (ack: Ack) => void;
  readonly reject: (error: ProblemError) => void;
}

/** An answer is late after so long, and what a slow line takes for the frame besides. */
const LATE_MS = 5000;
const SLOWEST_BYTES_PER_MS = 32;

const CONNECTION_SPECIFIC = new Set<Command['type']>([
  'subscribe',
  'unsubscribe',
  'ping'
]);

/**
 * Nothing is taken away later than somebody wished: they may be elsewhere by then and miss
 * the way back, and what was to go may have been gone on with.  Nor is it brought back
 * later, for whoever wished it would not see whether that was done.
 */
const NOW_OR_NOT = new Set<Command['type']>(['delete', 'restore']);

/** What the promise of a subscription rejects with when the connection goes. */
export const LOST = new ProblemError({
  code: 'internal',
  message: 'The connection to the chat server was lost.'
});

/** The same where there was no connection, so that the command was not even sent. */
export const UNSENT = new ProblemError(UNREACHED);

/**
 * Commands on their way: each gets an id, and a promise that settles with its answer.
 *
 * Those that change something are sent again, in order, when the connection comes
 * back before the answer did.  They are safe to repeat: what makes something new carries
 * a `client_id`, the others say how things shall stand.
 * What takes something away or brings it back has to be sent at once, though.
 * Subscriptions end with the connection, and with it their promises; so does what is
 * sent `once`, because somebody else keeps it (see `state/outbox.ts`).
 */
export class Commands {
  readonly #send: (frame: string) => boolean;
  readonly #onLate: () => void;
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;

  /** `onLate`: an answer should have come by now. */
  constructor(send: (frame: string) => boolean, onLate: () => void = () => undefined) {
    this.#send = send;
    this.#onLate = onLate;
  }

  /** Send a command; rejects with the {@link ProblemError} that the server answers. */
  carryOut(body: CommandBody, once = false): Promise<Ack> {
    this.#count += 1;
    const id = String(this.#count);
    const frame = toJson({ ...body, id });
    const lasting = !once && !CONNECTION_SPECIFIC.has(body.type);
    return new Promise((resolve, reject) => {
      const sent = this.#send(frame);
      if (sent || (lasting && !NOW_OR_NOT.has(body.type))) {
        this.#waiting.set(id, {
          ...{ frame: lasting ? frame : null, resolve, reject },
          patience: sent ? this.#await(frame) : undefined
        });
      } else {
        reject(UNSENT);
      }
    });
  }

  /** Whether the answer belonged to a command that waits for one. */
  settle(answer: Ack | Rejected): boolean {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) {
      return false;
    }
    this.#waiting.delete(answer.id);
    clearTimeout(waiting.patience);
    if (answer.type === 'ack') {
      waiting.resolve(answer);
    } else {
      waiting.reject(new ProblemError(answer.problem));
    }
    return true;
  }

  /** The connection is back: send again what was not answered. */
  resend(): void {
    for (const [id, waiting] of this.#waiting) {
      const { frame, patience } = waiting;
      if (frame !== null) {
        this.#send(frame);
        clearTimeout(patience);
        this.#waiting.set(id, { ...waiting, patience: this.#await(frame) });
      }
    }
  }

  /** Somebody else is signed in now: what was asked before is not asked in their name. */
  abandon(): void {
    for (const { patience, reject } of this.#waiting.values()) {
      clearTimeout(patience);
      reject(LOST);
    }
    this.#waiting.clear();
  }

  /** The connection is gone: what belonged to it is not answered any more. */
  lose(): void {
    for (const [id, { frame, patience, reject }] of this.#waiting) {
      clearTimeout(patience);
      if (frame === null) {
        this.#waiting.delete(id);
        reject(LOST);
      }
    }
  }

  #await(frame: string): ReturnType<typeof setTimeout> {
    return setTimeout(this.#onLate, LATE_MS + frame.length / SLOWEST_BYTES_PER_MS);
  }
}
