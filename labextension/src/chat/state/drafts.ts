import type { Memory } from './memory';
import { type Open, placeOf } from './state';
import { Store } from './store';

const KEEP_AFTER = 300;

/** What was typed and not sent yet, by conversation; kept over a reload. */
export class Drafts {
  readonly store = new Store<Readonly<Record<string, string>>>({});
  readonly #memory: Memory;
  readonly #unkept = new Map<string, string>();
  /** What was asked, and would still be lost with the page. */
  readonly #asked = new Set<{ readonly name: string; readonly text: string }>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
    window.addEventListener('pagehide', this.#keep);
  }

  read(open: Open): string {
    const name = nameOf(open);
    return this.store.state[name] ?? this.#memory.read(name) ?? '';
  }

  /** `text` has been asked.  It is not shown here any more, but comes back with a reload
   * that is before `kept`. */
  asked(open: Open, text: string, kept: Promise<void>): void {
    const name = nameOf(open);
    const asked = { name, text };
    const typed = this.read(open);
    this.#asked.add(asked);
    this.#put(name, typed);
    void kept.then(() => {
      this.#asked.delete(asked);
      this.#put(name, this.store.state[name]);
    });
  }

  put(open: Open, text: string): void {
    this.#put(nameOf(open), text);
  }

  /** What was taken away to be asked is not: it stands before what was typed since. */
  putBack(open: Open, text: string): void {
    const texts = [text, this.read(open)].filter(each => each !== '');
    this.put(open, texts.join('\n\n'));
  }

  /** The conversation goes by another name now; what was typed under that stays as well. */
  move(from: Open, to: Open): void {
    if (nameOf(from) !== nameOf(to)) {
      const typed = this.read(from);
      this.put(from, '');
      this.putBack(to, typed);
    }
  }

  readonly #keep = (): void => {
    for (const [name, typed] of this.#unkept) {
      const asked = [...this.#asked].filter(other => other.name === name);
      const texts = [...asked.map(({ text }) => text), typed].filter(text => text !== '');
      this.#memory.write(name, texts.length === 0 ? null : texts.join('\n\n'));
    }
    this.#unkept.clear();
  };

  #put(name: string, text: string): void {
    this.store.update(drafts => ({ ...drafts, [name]: text }));
    this.#unkept.set(name, text);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#keep, KEEP_AFTER);
  }
}

function nameOf(open: Open): string {
  return `draft:${placeOf(open)}`;
}
