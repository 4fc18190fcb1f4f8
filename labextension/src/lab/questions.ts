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
    const { kept, leftOut } = fitting(attachments, ROOM);
    this.services.asking.send(text, undefined, kept);
    this.#sayLeftOut(leftOut);
    this.show();
  }

  /** Put it beside the next question, which begins like this unless one is typed already. */
  attach(attachments: readonly Attachment[], beginning = ''): void {
    const { store, drafts, attaching } = this.services;
    const { open, attached } = store.state;
    const { kept, leftOut } = fitting(attachments, ROOM - sizeOf(attached));
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

  #sayLeftOut(leftOut: readonly Attachment[]): void {
    if (leftOut.length > 0) {
      const names = leftOut.map(({ name }) => `“${name ?? this.trans.__('Image')}”`);
      this.refuse(
        this.trans.__(
          'Not attached: %1. All that goes with a question may have %2 MB.',
          names.join(', '),
          String(Math.floor(ROOM / 1024 ** 2))
        )
      );
    }
  }
}

/** Those of them that fit into this many bytes, the first ones first, and the others. */
function fitting(attachments: readonly Attachment[], room: number) {
  const kept: Attachment[] = [];
  const leftOut: Attachment[] = [];
  let left = room;
  for (const attachment of attachments) {
    const size = sizeOf(attachment);
    if (size <= left) {
      kept.push(attachment);
      left -= size;
    } else {
      leftOut.push(attachment);
    }
  }
  return { kept, leftOut };
}

function sizeOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
