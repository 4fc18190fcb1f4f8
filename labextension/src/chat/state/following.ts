import { type Commands, LOST, UNSENT } from '../client/commands';
import { problemOf } from '../client/problem';
import { newId } from '../ids';
import type {
  Delta,
  Message,
  MessageChanged,
  More,
  Snapshot,
  SummaryChanged,
  Thread,
  Waiting
} from '../protocol';
import { type Browsing, type Change, changeConversation } from './browsing';
import {
  type Conversation,
  endingAt,
  inPlace,
  isLost,
  isRunning,
  knowsVersions,
  onBranchOf,
  path,
  shows,
  withLeaf,
  withMessage,
  withSnapshot,
  withSummary,
  withWaiting,
  withoutMessage
} from './conversation';
import type { Attaching } from './attaching';
import type { Drafts } from './drafts';
import type { Edits } from './edits';
import type { LiveReplies } from './live';
import type { Memory } from './memory';
import { lengthOf } from './parts';
import { begins } from './pending';
import type { ChatState, Open } from './state';
import type { Store } from './store';
import { atNewest } from './window';

/** The last event of a thread that was taken in. */
interface Position {
  readonly epoch: string;
  readonly seq: number;
}

const LAST_THREAD = 'thread';

/** The thread being shown: opening it, following it, never missing an event. */
export class Following {
  /** Not part of the state: it changes with every delta, and nobody shows it. */
  readonly #positions = new Map<string, Position>();
  #catchingUp: string | null = null;
  /** What was asked in this window, by client id. */
  readonly #asked = new Set<string>();
  /** The thread that another branch was chosen of while a question was being changed here. */
  #passedOver: string | null = null;
  /** The last delta, which `More` goes on from. */
  #growing: Delta | null = null;

  constructor(
    private readonly store: Store<ChatState>,
    private readonly live: LiveReplies,
    private readonly commands: Commands,
    private readonly browsing: Browsing,
    private readonly memory: Memory,
    private readonly drafts: Drafts,
    private readonly attaching: Attaching,
    private readonly edits: Edits
  ) {}

  /** The thread that was open last in this browser. */
  get remembered(): string | null {
    return this.memory.read(LAST_THREAD);
  }

  /** Show a thread: its newest messages, or the one that is named, with words marked. */
  open(
    threadId: string,
    messageId: string | null = null,
    words?: readonly string[]
  ): void {
    if (this.store.state.open.threadId !== threadId) {
      this.#leave();
    }
    this.memory.write(LAST_THREAD, threadId);
    const target = messageId === null ? undefined : { messageId, words };
    this.#openAs({ threadId, isNew: false, problem: null, target });
    if (target === undefined) {
      this.browsing.showNewest();
    }
    void this.follow();
  }

  /** Begin a new conversation; its thread is made with the first question. */
  openNew(threadId = newId()): void {
    this.#leave();
    this.memory.write(LAST_THREAD, null);
    this.#openAs({ threadId, isNew: true, problem: null });
  }

  /** The open thread is gone for good: what is being typed in it goes on in a new one. */
  leaveGone(): void {
    const { open, editing } = this.store.state;
    const typed = this.drafts.read(open);
    const edited = editing && this.edits.read(editing.id);
    this.openNew();
    const { open: fresh } = this.store.state;
    if (editing !== null && edited !== null) {
      this.edits.forget(editing.id);
      this.drafts.putBack(fresh, edited);
    }
    this.#carry(open, fresh);
    if (typed !== '' || edited !== null) {
      const message =
        'The conversation was deleted for good. What you were typing in it is in the ' +
        'field below.';
      this.store.update(state => ({ ...state, refusal: { code: 'not_found', message } }));
    }
  }

  /** Come back to this thread after a reload. */
  remember(threadId: string): void {
    this.memory.write(LAST_THREAD, threadId);
  }

  /** The new conversation's thread exists now. */
  async settle(threadId: string): Promise<void> {
    const { open } = this.store.state;
    if (open.threadId === threadId && (open.isNew || open.problem !== null)) {
      this.remember(threadId);
      const settled = { ...open, isNew: false, problem: null };
      this.#carry(open, settled);
      this.store.update(state => ({ ...state, open: settled }));
      await this.follow();
    }
  }

  /** A thread that the server does not know is no surprise while its first question waits. */
  expectNew(): void {
    const { open, pending } = this.store.state;
    const isExpected = pending.some(entry => begins(entry, open.threadId));
    if (open.problem?.code === 'not_found' && isExpected) {
      this.remember(open.threadId);
      const expected = { ...open, isNew: true, problem: null };
      this.#carry(open, expected);
      this.store.update(state => ({ ...state, open: expected }));
    }
  }

  /** Subscribe to the open thread, from where it is known. */
  async follow(anew = false): Promise<void> {
    const { threadId, isNew } = this.store.state.open;
    if (anew) {
      this.#positions.delete(threadId);
    }
    if (isNew || this.#catchingUp === threadId) {
      return;
    }
    this.#catchingUp = threadId;
    this.#growing = null; // the next one comes in full
    const position = this.#positions.get(threadId);
    const since = position && { after: position.seq, epoch: position.epoch };
    let isBehind = false;
    try {
      const subscribe = { type: 'subscribe', thread_id: threadId, brief: true } as const;
      await this.commands.carryOut({ ...subscribe, ...since });
      isBehind = !this.#positions.has(threadId); // something did not fit meanwhile
      if (this.#isOpen(threadId)) {
        void this.browsing.reach();
      }
    } catch (error) {
      if (error !== LOST && error !== UNSENT) {
        this.#fail(threadId, error);
      }
    } finally {
      if (this.#catchingUp === threadId) {
        this.#catchingUp = null;
      }
    }
    if (isBehind && this.#isOpen(threadId)) {
      await this.follow();
    }
  }

  /** What is asked in a thread by this client id is shown where it comes. */
  expect(clientId: string, threadId: string): void {
    this.#asked.add(clientId);
    this.browsing.supersede(threadId);
  }

  /** A question is no longer being changed, nor asked: show what was chosen meanwhile. */
  editDropped(): void {
    const { threadId } = this.store.state.open;
    if (this.#passedOver === threadId) {
      void this.follow(true);
    }
  }

  takeSnapshot(snapshot: Snapshot): void {
    const { thread_id: threadId, epoch, seq } = snapshot;
    if (!this.#isOpen(threadId)) {
      return;
    }
    this.#positions.set(threadId, { epoch, seq });
    const before = this.#conversation(threadId);
    const shown = before === undefined ? [] : path(before);
    const brought = new Set(snapshot.messages.map(({ id }) => id));
    const isCatchingUp = this.#catchingUp === threadId;
    const isMissed = (message: Message) => isRunning(message) && !brought.has(message.id);
    const stays = this.#stays(threadId) && !(isCatchingUp && shown.some(isMissed));
    const whole = new Set(stays && !isCatchingUp ? shown.map(({ id }) => id) : []);
    for (const id of Object.keys(before?.messages ?? {})) {
      if (!whole.has(id)) {
        this.live.forget(id);
      }
    }
    snapshot.messages.forEach(message => {
      this.live.take(message);
    });
    const wanted = this.browsing.wanted(threadId);
    const comes = wanted === undefined || brought.has(wanted);
    this.#show(threadId, stays, conversation => {
      // After an absence the reader stays where they were, however much has come.
      const isAway = isCatchingUp && conversation?.endId != null;
      return withSnapshot(conversation, snapshot, isAway || !comes || stays);
    });
    this.store.update(state => ({ ...state, open: { ...state.open, problem: null } }));
  }

  takeMessage({ thread_id: threadId, seq, message, leaf, grown }: MessageChanged): void {
    if (!this.#isNext(threadId, seq)) {
      return;
    }
    if (grown == null) {
      this.#takeWhole(message, leaf);
      return;
    }
    const parts = this.live.get(message.id)?.whole();
    if (parts === undefined) {
      // It is on a branch that is not shown, and not all of its text has come here.
      this.#change(threadId, before => before && withoutMessage(before, message.id));
    } else if (lengthOf(parts) === grown) {
      this.#takeWhole({ ...message, parts }, leaf);
    } else {
      void this.follow(true);
    }
  }

  takeWaiting({
    thread_id: threadId,
    seq,
    message_id: messageId,
    problem
  }: Waiting): void {
    if (this.#isNext(threadId, seq)) {
      this.#change(
        threadId,
        conversation => conversation && withWaiting(conversation, messageId, problem)
      );
    }
  }

  takeSummary({ thread_id: threadId, seq, upto, summary }: SummaryChanged): void {
    if (this.#isNext(threadId, seq)) {
      this.#change(
        threadId,
        conversation => conversation && withSummary(conversation, upto, summary)
      );
    }
  }

  takeDelta(delta: Delta): void {
    if (this.#isNext(delta.thread_id, delta.seq)) {
      this.#growing = delta;
      if (!this.live.append(delta)) {
        void this.follow(true);
      }
    }
  }

  takeMore([handle, seq, text]: More): void {
    if (this.#growing?.handle === handle) {
      this.takeDelta({ ...this.#growing, seq, text });
    }
  }

  /** Another branch may be shown now; one that is not known yet comes as a snapshot. */
  takeThread({ id, leaf_id: leafId }: Thread): void {
    if (leafId != null) {
      const wanted = this.browsing.wanted(id);
      this.#show(id, this.#stays(id), before => {
        const after = before && withLeaf(before, leafId);
        const comes = wanted === undefined || (after && shows(after, wanted));
        // What is shown is shown until what is wanted has come.
        return comes ? after : after && endingAt(after, before?.endId ?? before.leafId);
      });
    }
  }

  /** Whether a question is being changed, so that what is shown of its thread has to stay
   * unless the reader wishes to see something else. */
  #stays(threadId: string): boolean {
    const { editing } = this.store.state;
    return (
      editing?.thread_id === threadId && this.browsing.wanted(threadId) === undefined
    );
  }

  /** Change what is known of a thread, and the branch that is shown of it unless that
   * `stays`. */
  #show(threadId: string, stays: boolean, change: Change): void {
    const isWished = this.browsing.wanted(threadId) !== undefined;
    // Who was at the newest before an absence is there after it.
    const isAtNewest =
      this.#catchingUp === threadId && this.#conversation(threadId)?.endId == null;
    let isPassedOver = false;
    let isPlaceLost = false;
    this.#change(threadId, before => {
      const after = change(before);
      if (after !== undefined && stays) {
        const shown = onBranchOf(before, after);
        isPassedOver = shown.leafId !== after.leafId;
        return shown;
      }
      if (after === undefined || isWished || isAtNewest) {
        return after;
      }
      const shown = inPlace(before, after);
      isPlaceLost = isLost(before, shown);
      return shown;
    });
    if (isPlaceLost) {
      void this.browsing.findPlace(threadId);
    }
    if (isPassedOver) {
      this.#passedOver = threadId;
    } else if (this.#passedOver === threadId && !stays) {
      this.#passedOver = null;
    }
  }

  #conversation(threadId: string): Conversation | undefined {
    return this.store.state.conversations[threadId];
  }

  #takeWhole(message: Message, leaf = false): void {
    this.live.take(message);
    const { thread_id: threadId, client_id: clientId } = message;
    const stays = this.#stays(threadId) && !this.#asked.has(clientId ?? '');
    this.#show(threadId, stays, before => {
      const after = before && withMessage(before, message);
      return after && leaf ? withLeaf(after, message.id) : after;
    });
    const conversation = this.#conversation(threadId);
    if (leaf && !stays && conversation !== undefined && !knowsVersions(conversation)) {
      void this.follow(true); // not all of the branch that is shown now is known here
    }
  }

  /** What is not sent yet goes along with its conversation. */
  #carry(from: Open, to: Open): void {
    this.drafts.move(from, to);
    this.attaching.move(from, to);
  }

  #leave(): void {
    const { threadId, isNew } = this.store.state.open;
    this.#catchingUp = null; // who comes back is to ask again
    if (this.#passedOver === threadId) {
      this.#positions.delete(threadId); // and to see what was chosen meanwhile
      this.#passedOver = null;
    }
    if (!isNew) {
      this.commands.carryOut({ type: 'unsubscribe', thread_id: threadId }).catch(() => {
        // Without a connection nothing is followed anyway.
      });
    }
  }

  /**
   * Show this thread; of the one that is left only the newest stays at hand.  All in one
   * step: those who hear of one without the other (see `page/address.ts`) would take the
   * thread that is left for the one to show.
   */
  #openAs(open: ChatState['open']): void {
    this.store.update(state => ({
      ...state,
      open: { ...open, jumps: state.open.jumps, returns: state.open.returns },
      conversations: leaving(state, open.threadId),
      screen: 'conversation',
      editing: null,
      newSettings: {},
      newTemporary: false
    }));
  }

  #fail(threadId: string, error: unknown): void {
    if (this.#isOpen(threadId)) {
      const problem = problemOf(error);
      if (problem.code === 'not_found') {
        this.memory.write(LAST_THREAD, null);
        this.#forget(threadId);
      }
      this.store.update(state => ({ ...state, open: { ...state.open, problem } }));
      this.expectNew();
    }
  }

  /** Nothing is left of a thread that is deleted. */
  #forget(threadId: string): void {
    this.#positions.delete(threadId);
    this.store.update(state => {
      const others = Object.entries(state.conversations).filter(
        ([id]) => id !== threadId
      );
      return { ...state, conversations: Object.fromEntries(others) };
    });
  }

  #isOpen(threadId: string): boolean {
    const { open } = this.store.state;
    return open.threadId === threadId && !open.isNew;
  }

  /** Whether an event is the next one; catches up where some were missed. */
  #isNext(threadId: string, seq: number): boolean {
    const position = this.#positions.get(threadId);
    if (position === undefined || !this.#isOpen(threadId) || seq <= position.seq) {
      return false;
    }
    if (seq > position.seq + 1) {
      void this.follow();
      return false;
    }
    this.#positions.set(threadId, { epoch: position.epoch, seq });
    return true;
  }

  #change(threadId: string, change: Change): void {
    changeConversation(this.store, threadId, change);
  }
}

/** What is known when the open thread is left for another. */
function leaving(
  { open, conversations }: ChatState,
  threadId: string
): ChatState['conversations'] {
  return open.threadId !== threadId && open.threadId in conversations
    ? { ...conversations, [open.threadId]: atNewest(conversations[open.threadId]) }
    : conversations;
}
