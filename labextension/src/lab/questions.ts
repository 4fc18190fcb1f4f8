import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Translator } from '../chat/i18n';
import { MOST_ATTACHED, MOST_ATTACHED_BYTES, fitting } from '../chat/state/fitting';
import { screeningOf } from '../chat/state/screening';
import type { Attachment } from '../chat/state/parts';
import type { Services } from '../chat/state/services';
import type { ChatPanel } from './widget';

/** Brings what is asked outside of the chat into it. */
export class Questions {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly panel: ChatPanel,
    private readonly services: Services,
    private readonly trans: Translator
  ) {}

  /** Show the open conversation, with the cursor where questions are typed. */
  show(): void {
    this.services.store.update(state => ({ ...state, screen: 'conversation' }));
    this.app.shell.activateById(this.panel.id);
    this.panel.focusComposer();
  }

  /** Ask now, in the open conversation; what is typed there stays. */
  ask(text: string, attachments: readonly Attachment[]): void {
    void this.#ask(text, attachments);
  }

  async #ask(text: string, attachments: readonly Attachment[]): Promise<void> {
    const { asking, store } = this.services;
    const here = asking.here();
    const doubt = await this.#doubt(attachments);
    const { open, conversations } = store.state;
    const isElsewhere = open.threadId !== here.open.threadId;
    const isUnknown = !open.isNew && !(open.threadId in conversations);
    if (isElsewhere || isUnknown || doubt !== null) {
      // where it would stand is not known any more or yet, or the person is to be asked
      this.attach(attachments, text);
      if (doubt !== null) {
        this.refuse(doubt);
      }
      return;
    }
    const { kept, leftOut } = fitting(attachments, []);
    asking.send(text, undefined, kept);
    this.#sayLeftOut(leftOut);
    this.show();
  }

  /** Put it beside the next question, which begins like this unless one is typed already. */
  attach(attachments: readonly Attachment[], beginning = ''): void {
    const { store, drafts, attaching } = this.services;
    const { open } = store.state;
    const { kept, leftOut } = fitting(attachments, attaching.of(open));
    attaching.add(...kept);
    this.#sayLeftOut(leftOut);
    if (beginning !== '' && drafts.read(open) === '') {
      drafts.put(open, beginning);
    }
    this.show();
  }

  /** Say in the chat why something cannot be done, or not all of it. */
  refuse(message: string): void {
    const refusal = { code: 'invalid' as const, message };
    this.services.store.update(state => ({ ...state, refusal }));
  }

  /** Why the person is asked before this goes; `null`: nothing looks like a secret. */
  async #doubt(attachments: readonly Attachment[]): Promise<string | null> {
    const screening = screeningOf(this.services.rest);
    try {
      await screening.screen(attachments);
    } catch {
      return this.trans.__(
        'Not asked yet: it was not looked through for secrets, for the server cannot be reached. It is beside the question below; send it when you are sure.'
      );
    }
    const isAlarming = attachments.some(
      each => (screening.of(each)?.warnings.length ?? 0) > 0
    );
    return isAlarming
      ? this.trans.__(
          'Not asked yet: something in it looks like a secret. See what is attached below; send it when you are sure.'
        )
      : null;
  }

  #sayLeftOut(leftOut: readonly Attachment[]): void {
    if (leftOut.length > 0) {
      const names = leftOut.map(({ name }) => `“${name ?? this.trans.__('Image')}”`);
      this.refuse(
        this.trans.__(
          'Not attached: %1. All that goes with a question may have %2 MB and %3 parts.',
          names.join(', '),
          String(MOST_ATTACHED_BYTES / 1e6),
          String(MOST_ATTACHED)
        )
      );
    }
  }
}
