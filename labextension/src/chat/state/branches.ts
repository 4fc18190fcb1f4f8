import type { CommandBody, Commands } from '../client/commands';
import { problemOf } from '../client/problem';
import { newId } from '../ids';
import type { Ack, Message } from '../protocol';
import type { Following } from './following';
import type { Organising } from './organising';
import type { ChatState } from './state';
import type { Store } from './store';

/** What can be done with the branches of a thread; nothing of it overwrites anything. */
export class Branches {
  /** Deletions are taken back one after the other: one may lie within the next. */
  #restoring: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: Store<ChatState>,
    private readonly commands: Commands,
    private readonly following: Following,
    private readonly organising: Organising
  ) {}

  /** Go on with an answer that broke off, as a new version of it. */
  async goOn(answer: Message): Promise<void> {
    const clientId = newId();
    this.following.expect(clientId, answer.thread_id);
    await this.#carryOut({ type: 'continue', client_id: clientId, ...place(answer) });
  }

  /** Copy the branch up to a message into a new thread, and open that. */
  async fork(message: Message): Promise<void> {
    const ack = await this.#carryOut({
      type: 'fork',
      client_id: newId(),
      ...place(message)
    });
    if (ack?.thread_id != null) {
      this.following.open(ack.thread_id);
    }
  }

  /** Delete a message and all below it; for a while after it is gone that can be taken
   * back. */
  async remove(message: Message, text: string): Promise<void> {
    if ((await this.#carryOut({ type: 'delete', ...place(message) })) === null) {
      return;
    }
    const restore = () => {
      const restored = this.#restoring.then(() => this.#restore(message));
      this.#restoring = restored;
      return restored;
    };
    this.organising.offer(text, restore, [message.thread_id], true);
  }

  /** Whether it is there again. */
  async #restore(message: Message): Promise<boolean> {
    const restored = await this.#carryOut({ type: 'restore', ...place(message) });
    if (restored !== null) {
      this.following.open(message.thread_id, message.id);
    }
    return restored !== null;
  }

  /** The server's answer; `null`: it refused, and the state says why. */
  async #carryOut(body: CommandBody): Promise<Ack | null> {
    try {
      return await this.commands.carryOut(body);
    } catch (error) {
      this.store.update(state => ({ ...state, refusal: problemOf(error) }));
      return null;
    }
  }
}

function place({ id, thread_id }: Message) {
  return { thread_id, message_id: id };
}
