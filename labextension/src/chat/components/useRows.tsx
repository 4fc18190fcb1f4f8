import { useMemo } from 'react';
import type { Message } from '../protocol';
import { hasOlder, isRunning } from '../state/conversation';
import { isWritten } from '../state/parts';
import { type Pending, isComing } from '../state/pending';
import { Answer } from './Answer';
import { ForkedFrom } from './ForkedFrom';
import type { Row } from './MessageList';
import { OpenProblem } from './OpenProblem';
import { PendingQuestion } from './PendingQuestion';
import { AnswerPhase } from './Phase';
import { Question } from './Question';
import { WaitingRegeneration } from './WaitingRegeneration';
import { useChat, useChatState } from './context';
import { useConversation, useIsKnown, useOnline, useThread, useView } from './hooks';

/** What the conversation shows, as rows: messages, questions on their way, notes. */
export function useRows(): readonly Row[] {
  const conversation = useConversation();
  const { messages, newer, pending, running, regenerating } = useView();
  const isFailed = useChatState(state => state.open.problem !== null);
  const isEnd = !newer;
  const online = useOnline();
  const isKnown = useIsKnown();
  const comes = (isEnd && isComing(pending)) || regenerating !== undefined;
  const waits = online && isKnown && comes;
  const isStart = conversation !== undefined && !hasOlder(conversation);
  const isForkStart = useThread()?.forked_from != null && isStart;
  const phase = running === undefined ? 'sending' : 'queued';
  const isLastStored = isEnd && pending.length === 0;

  const SummaryCard = useChat().panes?.SummaryCard;
  const summaries = conversation?.summaries;
  const stored = useMemo(
    () =>
      messages.flatMap((message, index): Row[] => {
        const isLast = isLastStored && index === messages.length - 1;
        const summary = summaries?.[message.id];
        const row = messageRow(message, isLast);
        if (summary === undefined || SummaryCard === undefined) {
          return [row];
        }
        const content = <SummaryCard summary={summary} />;
        return [row, { key: `summary ${message.id}`, height: LEAST, content }];
      }),
    [messages, isLastStored, summaries, SummaryCard]
  );
  return useMemo(() => {
    const rows = [...stored];
    if (isForkStart) {
      rows.unshift({ key: 'origin', height: LINE, content: <ForkedFrom /> });
    }
    for (const question of pending) {
      const at = isEnd ? rows.length : refusedAt(question, rows);
      if (at === undefined) {
        continue;
      }
      rows.splice(at, 0, {
        key: question.clientId,
        height: heightOf(question.text),
        content: <PendingQuestion question={question} />
      });
    }
    if (regenerating !== undefined && !online) {
      const content = <WaitingRegeneration entry={regenerating} />;
      rows.push({ key: 'regeneration', height: LEAST, content });
    }
    if (waits) {
      const content = <AnswerPhase phase={phase} />;
      rows.push({ key: 'phase', height: LEAST, content });
    }
    if (isFailed && rows.length > 0) {
      rows.push({ key: 'problem', height: LEAST, content: <OpenProblem /> });
    }
    return rows;
  }, [stored, pending, isEnd, isForkStart, regenerating, online, waits, phase, isFailed]);
}

/** Where a question that was refused stands among messages that it hides no more. */
function refusedAt(
  { state, branch, place }: Pending,
  rows: readonly Row[]
): number | undefined {
  if (state !== 'refused' || !branch || !('parentId' in place)) {
    return undefined;
  }
  const before = rows.findIndex(({ messageId }) => messageId === place.parentId);
  return before < 0 ? undefined : before + 1;
}

function messageRow(message: Message, isLast: boolean): Row {
  const { id, client_id: clientId, parent_id: parentId, parts, role } = message;
  const written = parts.filter(isWritten);
  const height = written.reduce((sum, { text }) => sum + heightOf(text), 0);
  return role === 'user'
    ? {
        key: clientId ?? id,
        messageId: id,
        parentId,
        height: Math.max(LEAST, height),
        content: <Question message={message} />
      }
    : {
        key: id,
        messageId: id,
        parentId,
        height: Math.max(LEAST, height),
        comes: isRunning(message),
        content: <Answer message={message} isLast={isLast} />
      };
}

/** What a message takes besides its text (pixels). */
const LEAST = 76;
const LINE = 24;
const IN_A_LINE = 80;
/** A longer text is not looked through for the sake of a guess. */
const LOOKED_AT = 4000;

/** How high a text will be, at a guess. */
function heightOf(text: string): number {
  const looked = text.slice(0, LOOKED_AT);
  const lines = looked
    .split('\n')
    .reduce((sum, line) => sum + Math.ceil(line.length / IN_A_LINE), 0);
  const whole = (lines * text.length) / Math.max(1, looked.length);
  return LEAST + whole * LINE;
}
