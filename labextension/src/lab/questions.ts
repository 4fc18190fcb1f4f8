import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Translator } from '../chat/i18n';
import { MAX_FRAME_BYTES } from '../chat/protocol';
import type { Attachment } from '../chat/state/parts';
import type { Services } from '../chat/state/services';
import type { ChatPanel } from './widget';

/** What may go with one question, as JSON; the rest of the frame is for its text. */
const ROOM = MAX_FRAME_BYTES - 1024 * 1024;

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
    const { open, conversations } = this.services.store.state;
    if (!open.isNew && !(open.threadId in conversations)) {
      this.attach(attachments, text); // where it would stand is not known yet
      return;
    }
    this.services.asking.send(text, undefined, this.#fitting(attachments, ROOM));
    this.show();
  }

  /** Put it beside the next question, which begins like this unless one is typed already. */
  attach(attachments: readonly Attachment[], beginning = ''): void {
    const { store, drafts, attaching } = this.services;
    const { open, attached } = store.state;
    attaching.add(...this.#fitting(attachments, ROOM - sizeOf(attached)));
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

  /** Those of them that fit into this many bytes, the first ones first. */
  #fitting(attachments: readonly Attachment[], room: number): readonly Attachment[] {
    let left = room;
    const kept = attachments.filter(attachment => {
      const size = sizeOf(attachment);
      const fits = size <= left;
      left -= fits ? size : 0;
      return fits;
    });
    if (kept.length < attachments.length) {
      this.refuse(
        this.trans.__('Not all of it was attached: it is too much for one question.')
      );
    }
    return kept;
  }
}

function sizeOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
