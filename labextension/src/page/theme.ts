import type { Memory } from '../chat/state/memory';
import { Store } from '../chat/state/store';

export type Theme = 'light' | 'dark';

const NAME = 'theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

/** Light or dark: what the person chose here, or else what the system says. */
export class ThemeChoice {
  readonly store: Store<Theme>;
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.store = new Store<Theme>(this.#read());
    prefersDark.addEventListener('change', this.#apply);
    this.#apply();
  }

  readonly toggle = (): void => {
    const theme = this.store.state === 'dark' ? 'light' : 'dark';
    // The system's own choice is followed again where the two agree.
    this.#memory.write(NAME, theme === systemTheme() ? null : theme);
    this.#apply();
  };

  readonly #apply = (): void => {
    const theme = this.#read();
    document.documentElement.dataset.theme = theme;
    this.store.update(() => theme);
  };

  #read(): Theme {
    const chosen = this.#memory.read(NAME);
    return chosen === 'light' || chosen === 'dark' ? chosen : systemTheme();
  }
}

function systemTheme(): Theme {
  return prefersDark.matches ? 'dark' : 'light';
}
