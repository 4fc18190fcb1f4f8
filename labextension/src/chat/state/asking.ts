import type { Commands } from '../client/commands';
import { problemOf } from '../client/problem';
import { newId } from '../ids';
import type { Message } from '../protocol';
import type { Conversation } from './conversation';
import type { Following } from './following';
import type { Pending, Place } from './pending';
import type { ChatState } from './state';
import type { Store } from './store';

/** The reply to the newest question, where the conversation does not show it yet. */
interface Tail {
  readonly replyId: string;
  readonly conversation: Conversation | undefined;
}

/** Asking, asking again, stopping, and changing between versions. */
export class Asking {
  /** The delivery under way in each thread: questions arrive in the order of asking. */
  readonly #deliveries = new Map<string, Promise<void>>();
  readonly #tails = new Map<string, Tail>();

  constructor(
    private readonly store: Store<ChatState>,
    private readonly commands: Commands,
    private readonly following: Following
  ) {}

  /** Ask in the open thread; the question is shown at once. */
  send(text: string, place: Place = 'leaf'): void {
    const { open, newSettings } = this.store.state;
    const pending: Pending = {
      clientId: newId(),
      threadId: open.threadId,
      text,
      place,
      create: open.isNew,
      settings: open.isNew ? newSettings : undefined,
      createdAt: Date.now(),
      problem: null
    };
    this.store.update(state => ({ ...state, pending: [...state.pending, pending] }));
    this.#deliver(pending);
  }

  /** Send a question again that was refused; it is still the same question. */
  retry(pending: Pending): void {
    this.#patch(pending, null);
    this.#deliver(pending);
  }

  /** Forget a question that was refused. */
  discard(pending: Pending): void {
    this.#remove(pending);
  }

  /** Make another version of an answer. */
  async regenerate(answer: Message): Promise<void> {
    const { id, thread_id: threadId, parent_id: parentId } = answer;
    this.#set({ regeneration: { threadId, parentId }, refusal: null });
    await this.#carryOut({
      type: 'regenerate',
      client_id: newId(),
      thread_id: threadId,
      message_id: id
    });
    this.#set({ regeneration: null });
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
      await this.following.select(threadId, messageId);
    } catch (error) {
      this.#set({ refusal: problemOf(error) });
    }
  }

  async #carryOut(body: Parameters<Commands['carryOut']>[0]): Promise<void> {
    try {
      await this.commands.carryOut(body);
    } catch (error) {
      this.#set({ refusal: problemOf(error) });
    }
  }

  #deliver(pending: Pending): void {
    const { threadId } = pending;
    const before = this.#deliveries.get(threadId) ?? Promise.resolve();
    const delivery = before.then(() => this.#send(pending));
    this.#deliveries.set(threadId, delivery);
  }

  async #send(pending: Pending): Promise<void> {
    const { threadId, place } = pending;
    try {
      const ack = await this.commands.carryOut({
        type: 'send',
        client_id: pending.clientId,
        thread_id: threadId,
        parent_id: place === 'leaf' ? this.#leaf(threadId) : place.parentId,
        parts: [{ type: 'text', text: pending.text }],
        create: pending.create,
        settings: pending.settings
      });
      if (ack.reply_id != null) {
        const conversation = this.#conversation(threadId);
        this.#tails.set(threadId, { replyId: ack.reply_id, conversation });
      }
      await this.following.settle(threadId);
      this.#remove(pending);
    } catch (error) {
      this.#patch(pending, problemOf(error));
    }
  }

  /** The end of a thread, also before the conversation shows the newest reply. */
  #leaf(threadId: string): string | null {
    const conversation = this.#conversation(threadId);
    const tail = this.#tails.get(threadId);
    if (tail !== undefined && tail.conversation === conversation) {
      const shown = conversation !== undefined && tail.replyId in conversation.messages;
      return shown ? conversation.leafId : tail.replyId;
    }
    return conversation?.leafId ?? null;
  }

  #conversation(threadId: string): Conversation | undefined {
    return this.store.state.conversations[threadId];
  }

  #patch({ clientId }: Pending, problem: Pending['problem']): void {
    this.store.update(state => ({
      ...state,
      pending: state.pending.map(other =>
        other.clientId === clientId ? { ...other, problem } : other
      )
    }));
  }

  #remove({ clientId }: Pending): void {
    this.store.update(state => ({
      ...state,
      pending: state.pending.filter(other => other.clientId !== clientId)
    }));
  }

  #set(change: Partial<ChatState>): void {
    this.store.update(state => ({ ...state, ...change }));
  }
}
