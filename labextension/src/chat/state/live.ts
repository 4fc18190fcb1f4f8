import type { Delta, Message } from '../protocol';
import { type WrittenPart, writtenIn } from './parts';

/**
 * A reply while it is being made.
 *
 * A delta costs the same whatever the length of the answer: the text grows as a rope,
 * and those who show it hear of it once per animation frame.
 */
export class LiveReply {
  #kinds: WrittenPart['type'][];
  #texts: string[];
  #parts: readonly WrittenPart[];
  #listeners = new Set<() => void>();

  constructor(parts: readonly WrittenPart[]) {
    this.#kinds = parts.map(part => part.type);
    this.#texts = parts.map(part => part.text);
    this.#parts = parts;
  }

  /** What is shown: as of the last frame. */
  get parts(): readonly WrittenPart[] {
    return this.#parts;
  }

  /** All that has come so far. */
  whole(): WrittenPart[] {
    return this.#texts.map((text, index) => ({ type: this.#kinds[index], text }));
  }

  /** Take in a delta; false if it does not fit, so that something was missed. */
  append({ part, kind, text }: Delta): boolean {
    if (part === this.#texts.length) {
      this.#kinds.push(kind);
      this.#texts.push(text);
      return true;
    }
    if (this.#kinds[part] !== kind) {
      return false;
    }
    this.#texts[part] += text;
    return true;
  }

  flush(): void {
    this.#parts = this.whole();
    for (const listener of [...this.#listeners]) {
      listener();
    }
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}

/** The replies being made in the threads that are followed. */
export class LiveReplies {
  readonly #replies = new Map<string, LiveReply>();
  readonly #dirty = new Set<LiveReply>();
  #flushing = false;

  get(messageId: string): LiveReply | undefined {
    return this.#replies.get(messageId);
  }

  /** Start over from a message: live if it is still being made, forgotten if not. */
  take(message: Message): void {
    if (message.status === 'streaming' || message.status === 'queued') {
      this.#replies.set(message.id, new LiveReply(writtenIn(message)));
    } else {
      this.#replies.delete(message.id);
    }
  }

  /** Follow a reply no longer: something of it may be missed. */
  forget(messageId: string): void {
    this.#replies.delete(messageId);
  }

  /**
   * Take in a delta; false if it does not fit.  One of a reply that is not followed (it is
   * on a branch that is not shown) concerns nobody.
   */
  append(delta: Delta): boolean {
    const reply = this.#replies.get(delta.message_id);
    if (reply === undefined) {
      return true;
    }
    if (!reply.append(delta)) {
      return false;
    }
    this.#dirty.add(reply);
    if (!this.#flushing) {
      this.#flushing = true;
      requestAnimationFrame(this.#flush);
    }
    return true;
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    for (const reply of this.#dirty) {
      reply.flush();
    }
    this.#dirty.clear();
  };
}
