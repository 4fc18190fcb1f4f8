import { type Commands, LOST, UNSENT } from '../client/commands';
import { concernsStore, problemOf } from '../client/problem';
import type { Shelf } from '../client/shelf';
import type { Tabs } from '../client/tabs';
import type { Ack } from '../protocol';
import type { Following } from './following';
import { type Entry, type Pending, begins } from './pending';
import * as queue from './queue';
import type { ChatState } from './state';
import type { Store } from './store';

/** What tabs tell each other: this owner's entries have changed. */
export interface Note {
  readonly owner: string;
  /** This one is being added: it can be shown before it is kept. */
  readonly added?: Entry;
  /** This one has arrived. */
  readonly arrived?: Entry;
}

type Change = (entries: queue.Entries) => queue.Entries;

/**
 * What is asked, from the key press until the server has stored it.
 *
 * Entries are kept before they are sent and forgotten after they are acknowledged, so they
 * outlive the page; all tabs show them, and in each thread one tab at a time sends them, in
 * their order.  They belong to one person at one server: nobody else sends or sees them.
 */
export class Outbox {
  /** Whose entries these are; `null` until the server has said who is asking. */
  #owner: string | null = null;
  #online = false;
  /** As they were kept when this tab last looked. */
  #kept: queue.Entries = [];
  /** Changes that are shown but not kept yet. */
  #unkept: readonly Change[] = [];
  /** Entries that have arrived, but that the conversation does not show yet. */
  #arrived: queue.Entries = [];
  /** The replies to what has arrived, which something may be put after still. */
  readonly #replies = new Map<string, string>();
  readonly #whenKnown: Promise<string>;
  #know: (owner: string) => void = () => undefined;

  constructor(
    private readonly store: Store<ChatState>,
    private readonly commands: Commands,
    private readonly following: Following,
    private readonly shelf: Shelf<Entry>,
    private readonly tabs: Tabs<Note>
  ) {
    this.#whenKnown = new Promise(resolve => {
      this.#know = resolve;
    });
  }

  /** The server can be reached, and says who is asking (in words that name it as well). */
  connected(owner: string): Promise<void> {
    if (owner !== this.#owner) {
      if (this.#owner !== null) {
        this.#unkept = [];
      }
      this.#kept = this.#arrived = [];
      this.#owner = owner;
      this.#know(owner);
      this.#show();
    }
    this.#online = true;
    return this.refresh();
  }

  disconnected(): void {
    this.#online = false;
  }

  /** See what is kept, and send what can be. */
  async refresh(): Promise<void> {
    if (this.#owner !== null) {
      await this.#update(this.#owner, entries => entries);
      this.#deliverAll();
    }
  }

  /** Another tab has changed something. */
  takeNote({ owner, added, arrived }: Note): void {
    if (owner === this.#owner) {
      if (added !== undefined) {
        this.#kept = queue.added(this.#kept, added);
        this.#show();
      }
      if (arrived !== undefined) {
        this.#takeArrived(arrived);
      }
      void this.refresh();
    }
  }

  async add(entry: Entry): Promise<void> {
    this.following.expect(entry.clientId, entry.threadId);
    if (this.#owner !== null) {
      this.tabs.tell({ owner: this.#owner, added: entry });
    }
    await this.#change(entries => queue.added(entries, entry));
  }

  /** Change the thread that waits to be made; false if it is too late. */
  async changeNew(
    threadId: string,
    changes: Pick<Pending, 'settings' | 'temporary'>
  ): Promise<boolean> {
    const before = await this.#change(entries =>
      queue.changedNew(entries, threadId, changes)
    );
    const first = before.find(entry => begins(entry, threadId));
    return first !== undefined && queue.isOurs(first);
  }

  /** Send it again, at `place` where nothing waits for it. */
  async retry({ id }: Entry, place: Entry['place'] | null): Promise<void> {
    await this.#change(entries => queue.retried(entries, id, place));
  }

  /** What the history refused can be sent now that it is well again. */
  async revive(): Promise<void> {
    const isRefused = ({ problem }: Entry) =>
      problem !== null && concernsStore(problem.code);
    if (this.#kept.some(isRefused)) {
      await this.#change(entries =>
        queue.revived(entries, ({ code }) => concernsStore(code))
      );
    }
  }

  /** Forget it; false if it is too late, or another tab has done so already. */
  async discard({ id }: Entry): Promise<boolean> {
    const before = await this.#change(entries => queue.discarded(entries, id));
    return before.some(entry => entry.id === id && queue.isOurs(entry));
  }

  /** Keep it back to be changed; false if it is too late. */
  async hold({ id }: Entry): Promise<boolean> {
    await this.#change(entries => queue.held(entries, id));
    return this.#kept.some(entry => entry.id === id && entry.state === 'editing');
  }

  /** Let go of what is kept back, with a new text or (`null`) the old one; false if another
   * tab has done so already. */
  async release(
    { id, threadId }: Entry,
    text: string | null,
    newClientId: string,
    attachments?: Pending['attachments']
  ): Promise<boolean> {
    this.following.expect(newClientId, threadId);
    const before = await this.#change(entries =>
      queue.edited(entries, id, text, newClientId, attachments)
    );
    return before.some(entry => entry.id === id && entry.state === 'editing');
  }

  /** The conversation shows what has arrived (all of it, or what has this client id). */
  shown(threadId: string, clientId: string | null = null): void {
    const left = this.#arrived.filter(
      entry =>
        entry.threadId !== threadId || (clientId !== null && entry.clientId !== clientId)
    );
    if (left.length < this.#arrived.length) {
      this.#arrived = left;
      this.#show();
    }
  }

  /**
   * Show a change at once, keep it, send what can be sent, and tell the other tabs; the
   * answer is what was kept before.
   */
  async #change(change: Change): Promise<queue.Entries> {
    this.#unkept = [...this.#unkept, change];
    this.#show();
    const owner = this.#owner ?? (await this.#whenKnown);
    const { before } = await this.#update(owner, change);
    this.tabs.tell({ owner });
    this.#deliverAll();
    return before;
  }

  /** Change what is kept; the answer is what was kept before, and what is now. */
  async #update(
    owner: string,
    change: Change
  ): Promise<{ before: queue.Entries; entries: queue.Entries }> {
    let before: queue.Entries = [];
    const entries = await this.shelf.update(owner, kept => {
      before = kept;
      return change(kept);
    });
    this.#unkept = this.#unkept.filter(other => other !== change);
    if (owner === this.#owner) {
      this.#kept = entries;
      this.#show();
    }
    return { before, entries };
  }

  #show(): void {
    const entries = this.#unkept.reduce((before, change) => change(before), this.#kept);
    const pending = [...this.#arrived, ...entries];
    const { pending: before } = this.store.state;
    const isSame =
      pending.length === before.length && pending.every((one, at) => one === before[at]);
    const kept = new Set(this.#kept.map(({ id }) => id));
    const unkept = new Set(entries.map(({ id }) => id).filter(id => !kept.has(id)));
    if (!isSame || unkept.size !== this.store.state.unkept.size) {
      this.store.update(state => ({ ...state, pending, unkept }));
    }
  }

  #deliverAll(): void {
    const owner = this.#owner;
    if (!this.#online || owner === null) {
      return;
    }
    for (const threadId of new Set(this.#kept.map(entry => entry.threadId))) {
      if (queue.nextOf(this.#kept, threadId) !== undefined) {
        void this.tabs.alone(`${owner} ${threadId}`, async () => {
          while (await this.#deliverNext(owner, threadId)) {
            // one after the other
          }
        });
      }
    }
  }

  /** Send what comes next in a thread; false where nothing can be sent now. */
  async #deliverNext(owner: string, threadId: string): Promise<boolean> {
    if (!this.#online || owner !== this.#owner) {
      return false;
    }
    const { before, entries } = await this.#update(owner, kept => {
      const first = queue.nextOf(kept, threadId);
      return first === undefined
        ? kept
        : queue.tried(queue.placed(kept, this.#replies), first.id);
    });
    const next = queue.nextOf(entries, threadId);
    if (next === undefined) {
      return false;
    }
    try {
      if (owner !== this.#owner) {
        throw UNSENT;
      }
      const ack = await this.commands.carryOut(queue.commandOf(next), true);
      await this.#arrive(owner, next, ack);
      return true;
    } catch (error) {
      if (error === LOST) {
        return false;
      }
      if (error === UNSENT) {
        // Of an attempt before this one the server may still know.
        if (before.some(entry => entry.id === next.id && !entry.tried)) {
          await this.#update(owner, kept => queue.untried(kept, next.id));
        }
        return false;
      }
      await this.#refuse(owner, next, error);
      return true;
    }
  }

  async #arrive(owner: string, entry: Entry, ack: Ack): Promise<void> {
    const arrived: Entry = {
      ...entry,
      ...{ state: 'arrived', replyId: ack.reply_id ?? ack.message_id ?? undefined }
    };
    if (owner === this.#owner) {
      this.#takeArrived(arrived);
    }
    await this.#update(owner, entries => queue.arrived(entries, entry.id, ack));
    this.tabs.tell({ owner, arrived });
  }

  async #refuse(owner: string, entry: Entry, error: unknown): Promise<void> {
    const problem = problemOf(error);
    if (entry.kind === 'regeneration') {
      // No text that could be lost: the refusal is said, and that is all.
      this.store.update(state => ({ ...state, refusal: problem }));
      await this.#update(owner, entries =>
        queue.discarded(queue.refused(entries, entry.id, problem), entry.id)
      );
    } else {
      await this.#update(owner, entries => queue.refused(entries, entry.id, problem));
    }
    this.tabs.tell({ owner });
  }

  /** It shows as long as the conversation does not, so that it never vanishes. */
  #takeArrived(entry: Entry): void {
    if (entry.replyId !== undefined) {
      this.#replies.set(entry.id, entry.replyId);
    }
    const { open, conversations } = this.store.state;
    const conversation = conversations[entry.threadId] as
      ChatState['conversations'][string] | undefined;
    const messages = Object.values(conversation?.messages ?? {});
    const isShown = messages.some(message => message.client_id === entry.clientId);
    if (open.threadId === entry.threadId && !isShown) {
      this.#arrived = [...this.#arrived, entry];
    }
    this.#kept = this.#kept.filter(({ id }) => id !== entry.id);
    this.#show();
    void this.following.settle(entry.threadId);
  }
}
