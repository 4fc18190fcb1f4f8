import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Chat } from '../chat/Chat';
import { type AttachSources, AttachSourcesProvider } from '../chat/attachSources';
import { type Cells, CellsProvider } from '../chat/cells';
import { CellActions } from '../chat/components/CellActions';
import { allPanes } from '../chat/panes';
import type { SendKey } from '../chat/components/context';
import type { Translator } from '../chat/i18n';
import { type MentionSource, MentionsProvider } from '../chat/mentions';
import { CodeActionsProvider } from '../chat/markdown/codeActions';
import type { Services } from '../chat/state/services';
import { takeDraggedFiles } from './dragging';

/** The chat as a panel of a side area. */
export class ChatPanel extends ReactWidget {
  readonly #services: Services;
  readonly #trans: Translator;
  #sendKey: SendKey = 'Enter';
  #cells: Cells | null = null;
  #mentions: readonly MentionSource[] = [];
  #sources: AttachSources = () => [];
  #leavesFocus = false;

  constructor(services: Services, trans: Translator) {
    super();
    this.#services = services;
    this.#trans = trans;
    this.addClass('jc-Panel');
    takeDraggedFiles(this.node, services);
  }

  set sendKey(key: SendKey) {
    this.#sendKey = key;
    this.update();
  }

  /** What the chat can do with notebooks. */
  set cells(cells: Cells) {
    this.#cells = cells;
    this.update();
  }

  /** What can be mentioned in a question. */
  set mentions(sources: readonly MentionSource[]) {
    this.#mentions = sources;
    this.update();
  }

  /** What can be attached beside files. */
  set attachSources(sources: AttachSources) {
    this.#sources = sources;
    this.update();
  }

  override dispose(): void {
    this.#services.dispose();
    super.dispose();
  }

  /** Put the cursor where questions are typed. */
  focusComposer(): void {
    this.node.querySelector<HTMLElement>('.jc-Composer > textarea')?.focus();
  }

  /** The next activation leaves the cursor to whatever is opened with it. */
  leaveFocus(): void {
    this.#leavesFocus = true;
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    if (!this.#leavesFocus) {
      this.focusComposer();
    }
    this.#leavesFocus = false;
  }

  protected override render() {
    return (
      <CellsProvider value={this.#cells}>
        <CodeActionsProvider value={CellActions}>
          <MentionsProvider value={this.#mentions}>
            <AttachSourcesProvider value={this.#sources}>
              <Chat
                services={this.#services}
                layout="sidebar"
                panes={allPanes}
                trans={this.#trans}
                sendKey={this.#sendKey}
              />
            </AttachSourcesProvider>
          </MentionsProvider>
        </CodeActionsProvider>
      </CellsProvider>
    );
  }
}
