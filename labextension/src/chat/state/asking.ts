import type { Commands } from '../client/commands';
import { problemOf } from '../client/problem';
import { newId } from '../ids';
import type { Message } from '../protocol';
import type { Attaching } from './attaching';
import type { Browsing } from './browsing';
import { type Conversation, isRunning } from './conversation';
import type { Drafts } from './drafts';
import type { Following } from './following';
import type { Outbox } from './outbox';
import { type Attachment, attachedTo } from './parts';
import type { Entry, Pending, Place } from './pending';
import { type ChatState, type Open, current, isKnown } from './state';
import type { Store } from './store';

/** Where something is asked. */
interface Here extends Pick<ChatState, 'open' | 'newSettings' | 'newTemporary'> {
  readonly folder: string | undefined;
}

/** Asking, asking again, stopping, and changing between versions. */
export class Asking {
  constructor(
    private readonly store: Store<ChatState>,
    private readonly commands: Commands,
    private readonly following: Following,
    private readonly browsing: Browsing,
    private readonly outbox: Outbox,
    private readonly drafts: Drafts,
    private readonly attaching: Attaching
  ) {}

  /** The open conversation, and how it begins where it is new: what is sent later goes there,
   * whatever is open then. */
  here(): Here {
    const { open, newSettings, newTemporary, threads } = this.store.state;
    return {
      open,
      newSettings,
      newTemporary,
      folder: threads.filter.folder ?? undefined
    };
  }

  /** Ask in the open thread, at its end or in another place; it is shown at once. */
  send(
    text: string,
    branch?: { readonly parentId: string | null },
    attachments: readonly Attachment[] = [],
    here = this.here()
  ): void {
    const { newSettings, newTemporary, folder } = here;
    const open = current(this.store.state, here.open);
    const isOpen = open === this.store.state.open;
    this.#set({ refusal: null });
    const id = newId();
    const kept = this.outbox.add({
      ...this.#entry(id, open.threadId, branch ?? this.#end(open.threadId, id)),
      kind: 'question',
      text,
      attachments,
      branch: branch !== undefined,
      create: open.isNew,
      settings: open.isNew ? newSettings : undefined,
      temporary: open.isNew && newTemporary,
      folder: open.isNew ? folder : undefined
    });
    if (branch === undefined) {
      this.drafts.asked(open, text, kept);
    }
    if (isOpen) {
      this.#remember(open, kept);
      this.#showAsked(branch); // one's own question is always shown
    }
  }

  /** Ask another question in the place of this one, which is not answered any further: of an
   * answer that was coming, what is there stays as a version. */
  edit(
    question: Message,
    text: string,
    attachments: readonly Attachment[] = attachedTo(question)
  ): void {
    const conversation = this.#conversation(question.thread_id);
    for (const message of Object.values(conversation?.messages ?? {})) {
      if (message.parent_id === question.id && isRunning(message)) {
        void this.stop(message);
      }
    }
    this.send(text, { parentId: question.parent_id }, attachments);
  }

  /** Send a question again that was refused; it is still the same question. */
  retry(pending: Pending): void {
    const { branch, threadId, id } = pending;
    void this.outbox.retry(pending, branch ? null : this.#end(threadId, id));
  }

  /** Forget what the server has not got; false if it is too late for that. */
  discard(entry: Entry): Promise<boolean> {
    return this.outbox.discard(entry);
  }

  /** The same for a question of the open thread, whose text goes back to where it was typed. */
  async takeBack(pending: Pending): Promise<void> {
    const { open } = this.store.state;
    if (await this.outbox.discard(pending)) {
      this.drafts.putBack(open, pending.text);
      const { attachments = [] } = pending;
      this.attaching.addTo(open, attachments);
    }
  }

  /** Keep a question back to change it; false if it is too late for that. */
  hold(pending: Pending): Promise<boolean> {
    return this.outbox.hold(pending);
  }

  /** Send a question that was kept back, with another text or (`null`) as it was. */
  async release(
    pending: Pending,
    text: string | null,
    attachments = pending.attachments ?? []
  ): Promise<void> {
    const { place } = pending;
    // as with every question that goes on its way
    this.#showAsked(pending.branch && 'parentId' in place ? place : undefined);
    const isDone = await this.outbox.release(pending, text, newId(), attachments);
    if (!isDone && text !== null && text !== pending.text) {
      // Another tab was quicker; this text becomes a version of its own.
      const id = newId();
      await this.outbox.add({
        ...pending,
        ...{ id, clientId: id, text, attachments, branch: true },
        ...{ state: 'waiting', tried: false }
      });
    }
  }

  /** Make another version of an answer, or an answer to a question; with `model`, by that. */
  regenerate(message: Message, model?: string): Promise<void> {
    const { id, thread_id: threadId } = message;
    const parentId = message.role === 'user' ? id : message.parent_id;
    this.#set({ refusal: null });
    const added = this.outbox.add({
      ...this.#entry(newId(), threadId, { parentId }),
      kind: 'regeneration',
      messageId: id,
      model
    });
    this.#showAsked({ parentId });
    return added;
  }

  stop(reply: Message): Promise<void> {
    return this.#carryOut({
      type: 'stop',
      thread_id: reply.thread_id,
      message_id: reply.id
    });
  }

  /** Show the version `messageId` and what followed it. */
  async select(threadId: string, messageId: string): Promise<void> {
    try {
      await this.browsing.select(threadId, messageId);
    } catch (error) {
      this.#set({ refusal: problemOf(error) });
    }
  }

  /** Go where what is asked stands: at the newest, or in the place of something older. */
  #showAsked(branch: { readonly parentId: string | null } | undefined): void {
    if (branch === undefined) {
      this.browsing.showNewest();
    } else {
      this.browsing.showEnd(branch.parentId);
    }
  }

  /** Come back to this thread after a reload, which would find nothing in it as long as its
   * first question cannot be kept. */
  #remember({ threadId, isNew }: Open, kept: Promise<void>): void {
    if (isNew && !isKnown(this.store.state.user)) {
      void kept.then(() => {
        if (this.store.state.open.threadId === threadId) {
          this.following.remember(threadId);
        }
      });
    } else {
      this.following.remember(threadId);
    }
  }

  async #carryOut(body: Parameters<Commands['carryOut']>[0]): Promise<void> {
    try {
      await this.commands.carryOut(body);
    } catch (error) {
      this.#set({ refusal: problemOf(error) });
    }
  }

  #entry(id: string, threadId: string, place: Place) {
    return {
      id,
      clientId: id,
      threadId,
      place,
      createdAt: Date.now(),
      state: 'waiting' as const,
      tried: false,
      problem: null
    };
  }

  /** The end of a thread as it is shown: the last message, or what waits after it. */
  #end(threadId: string, id: string): Place {
    const last = this.store.state.pending
      .filter(entry => entry.threadId === threadId && entry.state !== 'refused')
      .filter(entry => entry.id !== id)
      .at(-1);
    if (last === undefined) {
      return { parentId: this.#conversation(threadId)?.leafId ?? null };
    }
    return last.state === 'arrived'
      ? { parentId: last.replyId ?? null }
      : { after: last.id };
  }

  #conversation(threadId: string): Conversation | undefined {
    return this.store.state.conversations[threadId];
  }

  #set(change: Partial<ChatState>): void {
    this.store.update(state => ({ ...state, ...change }));
  }
}
