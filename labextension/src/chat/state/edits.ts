import type { Memory } from './memory';

/**
 * What questions are being changed to in this window, by the question's id.  Another window
 * that changes the same question has a text of its own.
 */
export class Edits {
  readonly #texts = new Map<string, string>();

  /** `memory` is this window's alone. */
  constructor(private readonly memory: Memory) {}

  /** `null` where nothing is being changed. */
  read(id: string): string | null {
    return this.#texts.get(id) ?? this.memory.read(nameOf(id));
  }

  put(id: string, text: string): void {
    this.#texts.set(id, text);
    this.memory.write(nameOf(id), text);
  }

  forget(id: string): void {
    this.#texts.delete(id);
    this.#texts.delete(withoutOf(id));
    this.memory.write(nameOf(withoutOf(id)), null);
    this.memory.write(nameOf(id), null);
  }
}

function nameOf(id: string): string {
  return `edit:${id}`;
}

/** Where it is kept which of its attachments are taken away. */
export function withoutOf(id: string): string {
  return `${id}:without`;
}
