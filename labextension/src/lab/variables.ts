import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { ProblemError } from '../chat/client/problem';
import type { Translator } from '../chat/i18n';
import type { Mention, MentionSource } from '../chat/mentions';
import type { AttachmentPart } from '../chat/protocol';
import { languageOf } from './notebooks';
import { variableCall } from './variableCode';

/** A kernel that runs a cell answers when that has ended. */
const MOST_WAIT = 4000;
/** It is not waited for that long where a cell is known to run. */
const BUSY_WAIT = 600;
const MOST_SHOWN = 50;

/** A name, its type, and its size where that is known at once. */
type Listed = readonly [name: string, type: string, size: string];

interface Described {
  readonly kind: 'variable' | 'error' | 'slow';
  readonly text: string;
}

/** The variables of the active notebook's kernel. */
export function variableMentions(
  tracker: INotebookTracker,
  trans: Translator
): MentionSource {
  const variables = new Variables(tracker, trans);
  return {
    kind: 'variable',
    label: trans.__('Variables of the kernel'),
    complete: async query => {
      const wanted = query.toLowerCase();
      const found = (await variables.list()).filter(([name]) =>
        name.toLowerCase().includes(wanted)
      );
      return found
        .slice(-MOST_SHOWN)
        .reverse()
        .map(([name, type, size]): Mention => ({
          id: name,
          label: name,
          note: size === '' ? type : `${type}, ${size}`,
          attach: async () => [await variables.describe(name)]
        }));
    }
  };
}

/** Reads variables without leaving a trace of that; see `variableCode.ts`. */
class Variables {
  /** What a kernel was asked for and has not answered yet: it is not asked for more. */
  readonly #asked = new WeakMap<Kernel.IKernelConnection, Asked>();

  constructor(
    private readonly tracker: INotebookTracker,
    private readonly trans: Translator
  ) {}

  /** What there is to attach, the oldest first. */
  async list(): Promise<readonly Listed[]> {
    const kernel = this.#kernel();
    let asked = this.#asked.get(kernel);
    if (asked === undefined) {
      asked = ask(kernel, variableCall('listed'));
      this.#asked.set(kernel, asked);
      const forget = () => this.#asked.delete(kernel);
      asked.reply.then(forget, forget);
    }
    return (await this.#answer(asked, this.#busy())) as readonly Listed[];
  }

  /** The part that a variable is. */
  async describe(name: string): Promise<AttachmentPart> {
    const asked = ask(this.#kernel(), variableCall('described', name));
    const slow = () =>
      this.#refusal(
        this.trans.__(
          'The value of “%1” takes too long to be read. Nothing was attached; attach a part of it.',
          name
        )
      );
    const found = (await this.#answer(asked, this.#busy(), slow())) as Described | null;
    if (found === null) {
      throw this.#refusal(
        this.trans.__('There is no variable “%1” in the kernel any more.', name)
      );
    }
    if (found.kind === 'slow') {
      throw slow();
    }
    return { type: 'attachment', kind: found.kind, name, text: found.text };
  }

  /** `begun` is said where the kernel has begun with it and does not end, else `busy`. */
  async #answer(asked: Asked, busy: Error, begun = busy): Promise<unknown> {
    const reply = await inTime(asked, () => (asked.isBegun() ? begun : busy));
    const found =
      reply.content.status === 'ok'
        ? (reply.content.user_expressions?.found as Found | undefined)
        : undefined;
    // The kernel shows a string as Python writes it: in quotes, of plain letters here.
    const text = found?.data?.['text/plain'];
    if (text === undefined) {
      throw this.#refusal(
        this.trans.__('The kernel did not say which variables it has.')
      );
    }
    const bytes = Uint8Array.from(atob(text.slice(1, -1)), sign => sign.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  #busy(): ProblemError {
    return this.#refusal(
      this.trans.__(
        'The kernel is busy. Its variables can be read when the cell has ended.'
      )
    );
  }

  #kernel(): Kernel.IKernelConnection {
    const panel = this.tracker.currentWidget;
    const kernel = panel?.sessionContext.session?.kernel;
    if (panel === null || kernel == null) {
      throw this.#refusal(
        this.trans.__('Open a notebook and run a cell first: it has no kernel now.')
      );
    }
    if ((languageOf(panel) ?? 'python') !== 'python') {
      throw this.#refusal(
        this.trans.__('Variables are read from Python kernels only; attach an output.')
      );
    }
    return kernel;
  }

  #refusal(message: string): ProblemError {
    return new ProblemError({ code: 'invalid', message });
  }
}

/** A value as the kernel shows it. */
interface Found {
  readonly data?: Readonly<Partial<Record<string, string>>>;
}

/** What a kernel was asked. */
interface Asked {
  readonly reply: Promise<KernelMessage.IExecuteReplyMsg>;
  /** Whether the kernel works on this, and not on something before it. */
  readonly isBegun: () => boolean;
  /** Whether it worked on something else then. */
  readonly isLate: boolean;
}

function ask(kernel: Kernel.IKernelConnection, expression: string): Asked {
  const isLate = kernel.status === 'busy';
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    user_expressions: { found: expression }
  });
  let isBegun = false;
  future.onIOPub = () => {
    isBegun = true; // it says that it is busy with this
  };
  return { reply: future.done, isBegun: () => isBegun, isLate };
}

function inTime({ reply, isLate, isBegun }: Asked, problem: () => Error) {
  return new Promise<KernelMessage.IExecuteReplyMsg>((resolve, reject) => {
    const fail = () => {
      reject(problem());
    };
    const timer = setTimeout(fail, MOST_WAIT);
    const soon = setTimeout(() => {
      if (isLate && !isBegun()) {
        fail();
      }
    }, BUSY_WAIT);
    reply.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      clearTimeout(soon);
    });
  });
}
