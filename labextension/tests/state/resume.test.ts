// Whatever happens on the way, a client ends up with what the server has: a server that
// follows the rules of `engine/broadcast.py` is watched through random interleavings.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type WrittenPart, lengthOf, writtenIn } from '../../src/chat/state/parts';
import type {
  Delta,
  Event,
  Message,
  MessageChanged,
  MessagePage,
  More,
  Subscribe
} from '../../src/chat/protocol';
import { hasOlder, isRunning, path } from '../../src/chat/state/conversation';
import type { Services } from '../../src/chat/state/services';
import { Browser, Server, aQuestion, aThread, anAnswer } from '../server';

type Kind = Delta['kind'];
type ThreadEvent = Delta | MessageChanged;

const PAGE = 6;
const RECENT = 7;
const thread = aThread();
const other = aThread();

/** The events of the thread while somebody looks or an answer is made. */
class Feed {
  seq = 0;
  recent: ThreadEvent[] = [];
  told = '';
  constructor(
    readonly epoch: string,
    readonly handle: number
  ) {}

  missed(after: number): ThreadEvent[] | null {
    if (after === this.seq) {
      return [];
    }
    const first = this.recent.at(0)?.seq ?? Infinity;
    return first - 1 <= after && after < this.seq
      ? this.recent.filter(({ seq }) => seq > after)
      : null;
  }
}

/** One thread, as the server keeps it, and the frames on their way to the client. */
class Model {
  readonly messages = new Map<string, Message>();
  leaf: string | null = null;
  feed: Feed | null = null;
  looks = false;
  subscriptions = 0;
  wire: (Event | More)[] = [];
  #epochs = 0;
  #process = 0;

  constructor(readonly server: Server) {
    server.page = path => this.#page(path);
  }

  get running(): Message[] {
    return [...this.messages.values()].filter(isRunning);
  }

  branch(leaf = this.leaf): Message[] {
    const branch: Message[] = [];
    for (let id = leaf; id !== null;) {
      const message = this.messages.get(id) as Message;
      branch.unshift(structuredClone(message));
      id = message.parent_id;
    }
    return branch;
  }

  ask(under: string | null): void {
    const parent = under === null ? null : (this.messages.get(under) ?? null);
    const question = aQuestion(thread, 'Why?', parent);
    const reply = anAnswer(question, '', { status: 'streaming' });
    this.messages.set(question.id, question);
    this.#change(question);
    this.#begin(reply);
  }

  again(answer: Message): void {
    const question = this.messages.get(answer.parent_id ?? '') as Message;
    this.#begin(anAnswer(question, '', { status: 'streaming' }));
  }

  grow({ id }: Message, kind: Kind, text: string): void {
    const parts = this.messages.get(id)?.parts as WrittenPart[];
    if (parts.at(-1)?.type !== kind) {
      parts.push({ type: kind, text: '' });
    }
    const part = parts.length - 1;
    parts[part].text += text;
    const feed = this.#feed();
    const { handle } = feed;
    const seq = ++feed.seq;
    const delta: Delta = {
      ...{ type: 'delta', thread_id: thread.id, seq, message_id: id },
      ...{ part, kind, text, handle }
    };
    const where = `${id} ${String(part)}`;
    this.#send(delta, feed.told === where ? [handle, seq, text] : delta);
    feed.told = where;
  }

  finish(reply: Message): void {
    const message = this.messages.get(reply.id) as Message;
    message.status = 'complete';
    const length = lengthOf(writtenIn(message));
    this.#change(message, {}, { message: { ...message, parts: [] }, grown: length });
    this.#dropUnused();
  }

  select({ id }: Message): void {
    this.leaf = id;
    for (const { id: child, parent_id: parent } of this.messages.values()) {
      this.leaf = parent === this.leaf ? child : this.leaf;
    }
    this.wire.push({ type: 'thread', thread: { ...thread, leaf_id: this.leaf } });
    if (this.feed !== null) {
      this.feed.seq += 1;
      this.feed.recent = [];
      this.feed.told = '';
      if (this.looks) {
        this.#snapshot(this.feed);
      }
    }
  }

  /** A part of the thread: that before a message, or around one. */
  #page(path: string): MessagePage | undefined {
    const [, where, id] = /messages\?(before|around)=(.*)/.exec(path) ?? [];
    if (!this.messages.has(id)) {
      return undefined;
    }
    const shown = this.branch();
    const elsewhere = !shown.some(message => message.id === id);
    const branch = elsewhere ? this.branch(id) : shown;
    const at = branch.findIndex(message => message.id === id);
    const end = where === 'before' ? at : at + PAGE / 2 + 1;
    const messages = branch.slice(Math.max(0, end - PAGE), end);
    const more = messages.at(0)?.parent_id != null;
    return { messages, versions: {}, more, newer: end < branch.length, elsewhere };
  }

  /** The server carries out the client's next command. */
  serve(): boolean {
    const command = this.server.commands.shift();
    if (command === undefined) {
      return false;
    }
    const isOurs = 'thread_id' in command && command.thread_id === thread.id;
    if (isOurs && command.type === 'subscribe') {
      this.#subscribe(command);
    } else if (isOurs && command.type === 'unsubscribe') {
      this.looks = false;
      this.#dropUnused();
    }
    this.wire.push({ type: 'ack', id: command.id });
    return true;
  }

  /** The next frame arrives. */
  deliver(): boolean {
    const frame = this.wire.shift();
    if (frame !== undefined) {
      this.server.say(frame as Event);
    }
    return frame !== undefined;
  }

  /** What is on its way, either way, is lost. */
  disconnect(): void {
    this.wire = [];
    this.server.commands.length = 0;
    this.looks = false;
    this.#dropUnused();
    this.server.hangUp();
  }

  /** The server dies, and what it had not kept of the running answers with it. */
  restart(kept: number): void {
    this.disconnect();
    for (const message of this.running) {
      message.status = 'interrupted';
      message.parts = writtenIn(message).map(({ type, text }) => ({
        ...{ type, text: text.slice(0, kept) }
      }));
    }
    this.#process += 1;
    this.feed = null;
  }

  #begin(reply: Message): void {
    this.messages.set(reply.id, reply);
    this.leaf = reply.id;
    this.#change(reply, { leaf: true });
    this.wire.push({ type: 'thread', thread: { ...thread, leaf_id: this.leaf } });
  }

  #change(message: Message, more: { leaf?: boolean } = {}, brief: object = {}): void {
    const feed = this.#feed();
    const event: MessageChanged = structuredClone({
      ...{ type: 'message', thread_id: thread.id, seq: ++feed.seq, message },
      ...more
    });
    this.#send(event, structuredClone({ ...event, ...brief }));
  }

  #send(event: ThreadEvent, brief: ThreadEvent | More): void {
    const { recent } = this.#feed();
    recent.push(event);
    recent.splice(0, recent.length - RECENT);
    if (this.looks) {
      this.wire.push(brief);
    }
  }

  #subscribe({ after, epoch, brief }: Subscribe): void {
    expect(brief).toBe(true);
    this.subscriptions += 1;
    const { feed } = this;
    const missed =
      feed !== null && after != null && epoch === feed.epoch ? feed.missed(after) : null;
    if (missed === null) {
      this.#snapshot(this.#feed());
    } else {
      this.wire.push(...missed);
    }
    this.#feed().told = '';
    this.looks = true;
  }

  #snapshot({ epoch, seq }: Feed): void {
    const messages = this.branch();
    this.wire.push({
      ...{ type: 'snapshot', thread_id: thread.id, epoch, seq, versions: {} },
      ...{ messages: messages.slice(-PAGE), more: messages.length > PAGE },
      thread: { ...thread, leaf_id: this.leaf }
    });
  }

  #feed(): Feed {
    if (this.feed === null) {
      this.#epochs += 1;
      // Handles begin anew in every process.
      const epoch = `${String(this.#process)}.${String(this.#epochs)}`;
      this.feed = new Feed(epoch, this.#process > 0 ? 1 : this.#epochs);
    }
    return this.feed;
  }

  #dropUnused(): void {
    if (!this.looks && this.running.length === 0) {
      this.feed = null;
    }
  }
}

const pick = fc.nat({ max: 20 });
/** What can happen, and how often. */
const WEIGHTS = {
  ...{ ask: 1, edit: 1, again: 1, think: 1, grow: 12, finish: 2, select: 1 },
  ...{ serve: 4, deliver: 12, lose: 1, skip: 1, garble: 1, restart: 1 },
  ...{ 'come back': 3, leave: 1, open: 2 }
};
interface Step {
  readonly do: keyof typeof WEIGHTS;
  readonly pick: number;
}
const names = Object.keys(WEIGHTS) as Step['do'][];
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    do: fc.oneof(
      ...names.map(name => ({ arbitrary: fc.constant(name), weight: WEIGHTS[name] }))
    ),
    pick
  }),
  { minLength: 1, maxLength: 80 }
);

function carryOut(step: Step, model: Model, chat: Services): void {
  const chosen = <T>(from: T[]): T | undefined => from[step.pick % from.length];
  const all = [...model.messages.values()];
  const running = chosen(model.running);
  const answer = chosen(all.filter(({ role }) => role === 'assistant'));
  const question = chosen(all.filter(({ role }) => role === 'user'));
  const isLost = chat.store.state.connection.phase !== 'open';
  switch (step.do) {
    case 'ask':
      model.ask(model.leaf);
      break;
    case 'edit':
      model.ask(question?.parent_id ?? null);
      break;
    case 'again':
      if (answer !== undefined) {
        model.again(answer);
      }
      break;
    case 'think':
      if (running !== undefined) {
        model.grow(running, 'reasoning', 'hm ');
      }
      break;
    case 'grow':
      if (running !== undefined) {
        model.grow(running, 'text', `${String(step.pick)}é😀\n`);
      }
      break;
    case 'finish':
      if (running !== undefined) {
        model.finish(running);
      }
      break;
    case 'select':
      if (answer !== undefined) {
        model.select(answer);
      }
      break;
    case 'serve':
      model.serve();
      break;
    case 'deliver':
      for (let left = step.pick; left > 0; left--) {
        model.deliver();
      }
      break;
    case 'skip': // a frame gets lost, which must not happen, and must not matter
      model.wire = model.wire.filter(
        (frame, at) => at > 0 || (!Array.isArray(frame) && frame.type !== 'delta')
      );
      break;
    case 'garble': // nor must a text be another one
      model.wire = model.wire.map((frame, at) =>
        at === 0 && Array.isArray(frame) ? [frame[0], frame[1], ''] : frame
      );
      break;
    case 'lose':
      model.disconnect();
      break;
    case 'restart':
      model.restart(step.pick);
      break;
    case 'come back':
      if (isLost) {
        chat.reconnect();
        model.server.welcome();
      }
      break;
    case 'leave':
      if (step.pick % 2 === 0) {
        chat.following.open(other.id);
      } else {
        chat.following.openNew();
      }
      break;
    case 'open':
      chat.following.open(thread.id);
      break;
  }
}

/** What was asked by REST has been answered. */
async function settled(): Promise<void> {
  for (let count = 0; count < 40; count++) {
    await turn();
  }
}

/** What somebody does who looks at the end of the thread: older messages come into view. */
async function fill(chat: Services): Promise<void> {
  const shown = () => chat.store.state.conversations[thread.id];
  await settled();
  for (let count = 0; path(shown()).length < PAGE && hasOlder(shown()); count++) {
    expect(count).toBeLessThan(PAGE);
    await chat.browsing.loadOlder();
  }
}

/** Promises have had their turn. */
async function turn(): Promise<void> {
  for (let count = 0; count < 8; count++) {
    await Promise.resolve();
  }
}

function seen(chat: Services): unknown[] {
  const conversation = chat.store.state.conversations[thread.id];
  return path(conversation).map(message => [
    message.id,
    message.status,
    chat.live.get(message.id)?.whole() ?? message.parts
  ]);
}

const LEFT_BEHIND: Step[] = (['edit', 'serve', 'again', 'grow'] as const).map(step => ({
  do: step,
  pick: 0
}));

it('ends up with the very text that the server has, whatever happened on the way', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async script => {
      const server = new Server();
      const chat = await server.chat(new Browser());
      const model = new Model(server);
      model.ask(null);
      chat.following.open(thread.id);
      await turn();
      for (const step of script) {
        carryOut(step, model, chat);
        await turn();
      }
      // Then it becomes quiet.
      carryOut({ do: 'come back', pick: 0 }, model, chat);
      chat.following.open(thread.id);
      await turn();
      const quiet = async () => {
        for (let count = 0; model.serve() || model.deliver(); count++) {
          await turn();
          expect(count).toBeLessThan(1000); // nobody asks for ever
        }
      };
      await quiet();
      const how = (...what: Step['do'][]) =>
        script.filter(step => what.includes(step.do)).length;
      if (how('skip', 'garble') === 0) {
        // Where nothing is wrong, nothing is asked for a second time; but for a thread that
        // was left, and opened again, before the answer to its first subscription came, and
        // for a branch of which nothing was known.
        const most = 2 + how('open', 'come back', 'leave', 'again');
        expect(model.subscriptions).toBeLessThanOrEqual(most);
      }
      // What was tampered with shows at the next event, and at the end of the answer.
      if (how('skip', 'garble') > 0) {
        model.running.forEach(reply => {
          model.finish(reply);
        });
        model.ask(model.leaf);
        await quiet();
      }
      await fill(chat);
      const known = seen(chat);
      const expected = model
        .branch()
        .map(({ id, status, parts }) => [id, status, parts])
        .slice(-known.length);
      expect(known.length).toBeGreaterThanOrEqual(Math.min(PAGE, model.branch().length));
      expect(known).toEqual(expected);
      chat.dispose();
    }),
    {
      numRuns: Number(process.env.JUPYTER_CHAT_RESUME_RUNS ?? 150),
      // Another branch is gone on with than the one that the snapshot shows.
      examples: [[LEFT_BEHIND]]
    }
  );
});
