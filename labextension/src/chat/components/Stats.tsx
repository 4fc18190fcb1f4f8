import type { Translator } from '../i18n';
import type { Message } from '../protocol';
import { useChat } from './context';
import { asKnown, cost, exactCost, number, seconds, totalTokens } from './format';

/** Tokens · cost · seconds of an answer, as far as they are known. */
export function Stats({ message }: { readonly message: Message }) {
  const { trans } = useChat();
  const { usage, completed_at: completedAt, begun_at: begunAt } = message;
  if (message.status === 'failed') {
    return null;
  }
  const isEstimated = usage?.estimated === true;
  const items = [
    usage && asKnown(tokens(totalTokens(usage), trans), isEstimated),
    message.cost != null &&
      asKnown(cost(message.cost), isEstimated, message.cost_at_most === true),
    // Of one that was interrupted the end is when that was noticed, perhaps a day later.
    // When one of before `begun_at` was kept had its turn, nobody knows.
    completedAt != null &&
      begunAt != null &&
      message.status !== 'interrupted' &&
      duration(completedAt - begunAt)
  ].filter(item => typeof item === 'string');
  if (items.length === 0) {
    return null;
  }
  return (
    <span className="jc-Stats" title={details(message, trans)}>
      {items.join(' · ')}
    </span>
  );
}

function duration(milliseconds: number): string {
  return milliseconds < 100 ? `< ${seconds(100)}` : seconds(milliseconds);
}

function tokens(count: number, trans: Translator): string {
  return trans._n('%2 token', '%2 tokens', count, number(count));
}

function details(
  { usage, cost: dollars, cost_at_most: isMost = false }: Message,
  trans: Translator
): string | undefined {
  if (usage == null) {
    return undefined;
  }
  const {
    input_tokens = 0,
    output_tokens = 0,
    cached_tokens = 0,
    reasoning_tokens = 0
  } = usage;
  return [
    trans.__(
      '%1 tokens in, of which %2 from the cache',
      number(input_tokens),
      number(cached_tokens)
    ),
    trans.__(
      '%1 tokens out, of which %2 thinking',
      number(output_tokens),
      number(reasoning_tokens)
    ),
    ...(dollars != null
      ? [trans.__('%1 in all', asKnown(exactCost(dollars), false, isMost))]
      : [])
  ].join('\n');
}
