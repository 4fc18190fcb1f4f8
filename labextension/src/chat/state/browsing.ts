import { type Commands, LOST, UNSENT } from '../client/commands';
import { problemOf } from '../client/problem';
import type { Rest } from '../client/rest';
import type { MessagePage, Problem } from '../protocol';
import {
  type Conversation,
  hasOlder,
  newestBelow,
  path,
  shows,
  withLeaf
} from './conversation';
import type { ChatState, Target } from './state';
import type { Store } from './store';
import { atNewest, hasRoom, withNewer, withOlder, withWindow } from './window';

export type Change = (conversation: Conversation | undefined) => Conversation | undefined;

/** Change what is known of a thread; nothing happens where the answer is the same. */
export function changeConversation(
  store: Store<ChatState>,
  threadId: string,
  change: Change
): void {
  store.update(state => {
    const before = state.conversations[threadId] as Conversation | undefined;
    const after = change(before);
    return after === before || after === undefined
      ? state
      : { ...state, conversations: { ...state.conversations, [threadId]: after } };
  });
}

/** To see a message, or (`undefined`) the first one, whichever that is. */
interface Wish {
  readonly messageId: string | undefined;
}

/** Which part of a thread is shown: its newest messages, older pages, another branch. */
export class Browsing {
  /** The pages on their way, by thread and direction. */
  readonly #loading = new Set<string>();
  /** What is being brought into view, by thread. */
  readonly #bringing = new Map<string, Wish>();
  /** The message whose branch was chosen of a thread, until the server knows. */
  readonly #chosen = new Map<string, string>();

  constructor(
    private readonly store: Store<ChatState>,
    private readonly commands: Commands,
    private readonly rest: Rest
  ) {}

  /** The message of a thread that is on its way into view. */
  wanted(threadId: string): string | undefined {
    return this.#bringing.get(threadId)?.messageId;
  }

  /**
   * Go to the end of a branch of the open thread, where something is asked after a message
   * (`null`: at the beginning) that is shown: that it now ends with (see `view.ts`).
   */
  showEnd(parentId: string | null): void {
    const conversation = this.#conversation(this.store.state.open.threadId);
    const isShown = conversation !== undefined && shows(conversation, parentId);
    this.#goToEnd(isShown ? conversation => conversation : atNewest);
  }

  /** Go back to the newest messages of the open thread. */
  showNewest(): void {
    this.#goToEnd(atNewest);
  }

  #goToEnd(change: (conversation: Conversation) => Conversation): void {
    const { open } = this.store.state;
    this.#bringing.delete(open.threadId);
    const jumps = (open.jumps ?? 0) + 1;
    this.store.update(state => ({
      ...state,
      open: { ...open, target: undefined, jumps }
    }));
    this.#change(open.threadId, conversation => conversation && change(conversation));
  }

  /** Go to the first message of the branch that is shown in the open thread. */
  async showFirst(): Promise<void> {
    const { threadId } = this.store.state.open;
    try {
      const isThere = await this.#bring(threadId, undefined, async () => {
        const conversation = this.#conversation(threadId);
        const last = conversation && hasOlder(conversation) && path(conversation).at(-1);
        return last ? await this.rest.messages(threadId, 'first', last.id) : undefined;
      });
      if (isThere && this.store.state.open.threadId === threadId) {
        this.store.update(({ open, ...state }) => ({
          ...state,
          open: { ...open, target: undefined, returns: (open.returns ?? 0) + 1 }
        }));
      }
    } catch (error) {
      this.store.update(state => ({ ...state, refusal: problemOf(error) }));
    }
  }

  /** Show another branch, at the message that was chosen on it. */
  async select(threadId: string, messageId: string): Promise<void> {
    this.store.update(state =>
      state.open.threadId === threadId
        ? { ...state, open: { ...state.open, target: undefined, chosen: { messageId } } }
        : state
    );
    await this.#showBranch(threadId, messageId);
  }

  /** Something is asked in a thread: that is shown of it, whatever was chosen before. */
  supersede(threadId: string): void {
    this.#chosen.delete(threadId);
  }

  /** The connection is back: tell the server what was chosen without it. */
  resume(): void {
    for (const [threadId, messageId] of this.#chosen) {
      this.#showBranch(threadId, messageId).catch((error: unknown) => {
        this.store.update(state => ({ ...state, refusal: problemOf(error) }));
      });
    }
  }

  /** Somebody else is signed in now. */
  abandon(): void {
    this.#chosen.clear();
  }

  async #showBranch(threadId: string, messageId: string): Promise<void> {
    await this.#bring(threadId, messageId, async isWanted => {
      if (!(await this.#choose(threadId, messageId))) {
        return undefined;
      }
      const conversation = this.#conversation(threadId);
      const isMissing = conversation !== undefined && !shows(conversation, messageId);
      return isMissing && isWanted()
        ? await this.rest.messages(threadId, 'around', messageId)
        : undefined;
    });
  }

  /**
   * Choose a branch, for all who look at the thread; false if the server cannot be told yet.
   * Until it can, the branch is shown here, as far as it is at hand; what is not at hand is
   * not chosen.
   */
  async #choose(threadId: string, messageId: string): Promise<boolean> {
    const isLatest = () => this.#chosen.get(threadId) === messageId;
    const forget = () => {
      if (isLatest()) {
        this.#chosen.delete(threadId);
      }
    };
    this.#chosen.set(threadId, messageId);
    try {
      const place = { thread_id: threadId, message_id: messageId };
      await this.commands.carryOut({ type: 'select', ...place }, true);
      forget();
      return true;
    } catch (error) {
      const isAway = error === LOST || error === UNSENT;
      const isShown = isAway && isLatest() && this.#showKnown(threadId, messageId);
      if (isShown || error === LOST) {
        return false;
      }
      forget();
      throw error;
    }
  }

  /** Show a branch that is at hand; false if it is not. */
  #showKnown(threadId: string, messageId: string): boolean {
    const conversation = this.#conversation(threadId);
    const leafId = conversation ? newestBelow(conversation, messageId) : null;
    if (leafId !== null) {
      this.#change(threadId, before => before && withLeaf(before, leafId));
    }
    return leafId !== null;
  }

  /**
   * Bring a part of a thread into view; false if the reader wished to be elsewhere before
   * it was there.
   *
   * @param messageId - the message that it is about, where that is known
   * @param fetch - the page that is not at hand, if it is not
   */
  async #bring(
    threadId: string,
    messageId: string | undefined,
    fetch: (isWanted: () => boolean) => Promise<MessagePage | undefined>
  ): Promise<boolean> {
    const wish: Wish = { messageId };
    const isWanted = () => this.#bringing.get(threadId) === wish;
    this.#bringing.set(threadId, wish);
    try {
      const page = await fetch(isWanted);
      if (page !== undefined && isWanted()) {
        this.#change(threadId, current => current && withWindow(current, page));
      }
      return isWanted();
    } finally {
      if (isWanted()) {
        this.#bringing.delete(threadId);
      }
    }
  }

  /**
   * Another branch is shown of a thread than the one that the reader is on: go on with it
   * after the last message shown that is on it.
   */
  async findPlace(threadId: string): Promise<void> {
    await this.#bring(threadId, undefined, async isWanted => {
      const conversation = this.#conversation(threadId);
      const shown = conversation === undefined ? [] : path(conversation);
      let page: MessagePage | undefined;
      try {
        // Up to `low` they are on the branch, from `high` on they are not.
        let [low, high, next] = [0, shown.length, shown.length - 1];
        while (low < high && isWanted()) {
          const found = await this.#onBranch(threadId, shown[next].id);
          page = found ?? page;
          [low, high] = found === undefined ? [low, next] : [next + 1, high];
          next = Math.floor((low + high) / 2);
        }
        if (low === shown.length && conversation && !hasRoom(conversation)) {
          return undefined; // it goes on there anyway when the reader comes near
        }
      } catch {
        page = undefined;
      }
      if (
        page === undefined &&
        isWanted() &&
        this.store.state.open.threadId === threadId
      ) {
        this.showNewest(); // nothing of what was read is left
      }
      return page;
    });
  }

  /** What is around a message, unless that is not on the branch shown, or deleted. */
  async #onBranch(threadId: string, messageId: string): Promise<MessagePage | undefined> {
    try {
      const page = await this.rest.messages(threadId, 'around', messageId);
      return page.elsewhere === true ? undefined : page;
    } catch (error) {
      if (problemOf(error).code === 'not_found') {
        return undefined;
      }
      throw error;
    }
  }

  /** Fetch the page before the oldest message shown. */
  async loadOlder(): Promise<void> {
    const conversation = this.#conversation(this.store.state.open.threadId);
    if (conversation !== undefined && hasOlder(conversation)) {
      await this.#load(conversation, 'before', path(conversation)[0].id, withOlder);
    }
  }

  /** Fetch the page after the last message shown, where that is not the newest. */
  async loadNewer(): Promise<void> {
    const conversation = this.#conversation(this.store.state.open.threadId);
    // While something else is on its way, what is shown may be of a branch that was left.
    if (conversation?.endId != null && !this.#bringing.has(conversation.threadId)) {
      await this.#load(conversation, 'after', conversation.endId, withNewer);
    }
  }

  async #load(
    { threadId, endId }: Conversation,
    where: 'before' | 'after',
    messageId: string,
    put: (conversation: Conversation, page: MessagePage) => Conversation
  ): Promise<void> {
    const name = `${where} ${threadId}`;
    if (this.#loading.has(name)) {
      return;
    }
    this.#loading.add(name);
    try {
      const page = await this.rest.messages(threadId, where, messageId);
      this.#change(threadId, current => {
        // Meanwhile the reader may have gone to quite another part.
        const fits = current !== undefined && shows(current, messageId);
        return fits && (where === 'before' || current.endId === endId)
          ? put(current, page)
          : current;
      });
    } finally {
      this.#loading.delete(name);
    }
  }

  /** Fetch what is around the message that was opened, once, and show its branch. */
  async reach(): Promise<void> {
    const { threadId, target, reached } = this.store.state.open;
    const conversation = this.#conversation(threadId);
    if (target === undefined || target === reached || conversation === undefined) {
      return;
    }
    const { messageId } = target;
    if (shows(conversation, messageId)) {
      this.#reached(target);
      return;
    }
    if (this.wanted(threadId) === messageId) {
      return;
    }
    try {
      const isThere = await this.#bring(threadId, messageId, async () => {
        const page = await this.rest.messages(threadId, 'around', messageId);
        if (page.elsewhere === true) {
          await this.commands.carryOut({
            type: 'select',
            thread_id: threadId,
            message_id: messageId
          });
        }
        return page;
      });
      if (isThere) {
        this.#reached(target);
      }
    } catch (error) {
      this.#miss(target, problemOf(error));
    }
  }

  /** Where the reader goes from here, nothing takes them back to it. */
  #reached(target: Target): void {
    this.store.update(state =>
      state.open.target === target
        ? { ...state, open: { ...state.open, reached: target } }
        : state
    );
  }

  /** The message that was opened cannot be shown: say so, and show the newest. */
  #miss(target: Target, problem: Problem): void {
    if (this.store.state.open.target !== target) {
      return;
    }
    const refusal: Problem =
      problem.code === 'not_found'
        ? {
            code: 'not_found',
            message:
              'The message that this link leads to is not in this conversation; it may ' +
              'have been deleted. The newest messages are shown instead.'
          }
        : problem;
    this.store.update(state => ({
      ...state,
      refusal,
      open: { ...state.open, target: undefined }
    }));
  }

  #conversation(threadId: string): Conversation | undefined {
    return this.store.state.conversations[threadId] as Conversation | undefined;
  }

  #change(threadId: string, change: Change): void {
    changeConversation(this.store, threadId, change);
  }
}
