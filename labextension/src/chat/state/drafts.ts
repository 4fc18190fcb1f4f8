import type { Memory } from './memory';
import type { Open } from './state';
import { Store } from './store';

const KEEP_AFTER = 300;

/** What was typed and not sent yet, by conversation; kept over a reload. */
export class Drafts {
  readonly store = new Store<Readonly<Record<string, string>>>({});
  readonly #memory: Memory;
  readonly #unkept = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
    window.addEventListener('pagehide', this.#keep);
  }

  read(open: Open): string {
    const name = nameOf(open);
    return this.store.state[name] ?? this.#memory.read(name) ?? '';
  }

  put(open: Open, text: string): void {
    const name = nameOf(open);
    this.store.update(drafts => ({ ...drafts, [name]: text }));
    this.#unkept.set(name, text);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#keep, KEEP_AFTER);
  }

  /** The conversation goes by another name now; what was typed under that stays as well. */
  move(from: Open, to: Open): void {
    if (nameOf(from) !== nameOf(to)) {
      const texts = [this.read(from), this.read(to)].filter(text => text !== '');
      this.put(from, '');
      this.put(to, texts.join('\n\n'));
    }
  }

  readonly #keep = (): void => {
    for (const [name, text] of this.#unkept) {
      this.#memory.write(name, text === '' ? null : text);
    }
    this.#unkept.clear();
  };
}

function nameOf({ threadId, isNew }: Open): string {
  return `draft:${isNew ? 'new' : threadId}`;
}
