import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { ProblemError } from '../chat/client/problem';
import type { Translator } from '../chat/i18n';
import type { Mention, MentionSource } from '../chat/mentions';
import type { AttachmentPart } from '../chat/protocol';
import { languageOf } from './notebooks';
import { variableCall } from './variableCode';

/** A kernel that runs a cell answers when that has ended. */
const MOST_WAIT = 4000;
const MOST_SHOWN = 50;

/** A name, its type, and its size where that is known at once. */
type Listed = readonly [name: string, type: string, size: string];

interface Described {
  readonly kind: 'variable' | 'error';
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
  constructor(
    private readonly tracker: INotebookTracker,
    private readonly trans: Translator
  ) {}

  /** What there is to attach, the oldest first. */
  async list(): Promise<readonly Listed[]> {
    return (await this.#ask(variableCall('listed'))) as readonly Listed[];
  }

  /** The part that a variable is. */
  async describe(name: string): Promise<AttachmentPart> {
    const found = (await this.#ask(variableCall('described', name))) as Described | null;
    if (found === null) {
      throw this.#refusal(
        this.trans.__('There is no variable “%1” in the kernel any more.', name)
      );
    }
    return { type: 'attachment', kind: found.kind, name, text: found.text };
  }

  async #ask(expression: string): Promise<unknown> {
    const future = this.#kernel().requestExecute({
      code: '',
      silent: true,
      store_history: false,
      allow_stdin: false,
      user_expressions: { found: expression }
    });
    const reply = await this.#inTime(future.done);
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

  #inTime<T>(answer: Promise<T>): Promise<T> {
    return Promise.race([
      answer,
      new Promise<T>((_, reject) => {
        setTimeout(() => {
          reject(
            this.#refusal(
              this.trans.__(
                'The kernel is busy. Its variables can be read when the cell has ended.'
              )
            )
          );
        }, MOST_WAIT);
      })
    ]);
  }

  #refusal(message: string): ProblemError {
    return new ProblemError({ code: 'invalid', message });
  }
}

/** A value as the kernel shows it. */
interface Found {
  readonly data?: Readonly<Partial<Record<string, string>>>;
}
