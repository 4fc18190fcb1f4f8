import type { Translator } from '../i18n';
import type { Context, ContextPart, Reason, UsageSum } from '../protocol';
import { tokensOf } from '../state/usage';
import { number } from './format';
import { costOf } from './usageFormat';

/** The tokens that what is sent may have: the window but for the answer. */
export function roomOf(context: Context): number {
  return context.window - tokensIn(context, 'answer');
}

/** The tokens of some parts. */
export function tokensIn({ shares }: Context, ...parts: readonly ContextPart[]): number {
  return shares
    .filter(({ part }) => parts.includes(part))
    .reduce((sum, { tokens }) => sum + tokens, 0);
}

/** By how many tokens it is too long, in words; `null`: it is not. */
export function tooLong(
  { over = 0, refused = false }: Context,
  trans: Translator
): string | null {
  if (over === 0) {
    return null;
  }
  const tokens = number(over);
  return refused
    ? trans._n(
        'Too long by %2 token: nothing would be asked',
        'Too long by %2 tokens: nothing would be asked',
        over,
        tokens
      )
    : trans._n('Too long by %2 token', 'Too long by %2 tokens', over, tokens);
}

/** What a conversation has cost, as well as it is known; `null`: nothing was asked. */
export function spentInWords(
  spent: UsageSum | null | undefined,
  trans: Translator
): string | null {
  if (spent == null || spent.requests === 0) {
    return null;
  }
  const { requests, unpriced } = spent;
  const tokens = number(tokensOf(spent));
  if (unpriced === requests) {
    return trans.__('So far %1 tokens; what they cost is not known.', tokens);
  }
  const cost = costOf(spent);
  return unpriced === 0
    ? trans.__('So far this conversation has cost %1, for %2 tokens.', cost, tokens)
    : trans._n(
        'So far this conversation has cost %2, and %4 request whose price is not known; %3 tokens in all.',
        'So far this conversation has cost %2, and %4 requests whose price is not known; %3 tokens in all.',
        unpriced,
        cost,
        tokens,
        number(unpriced)
      );
}

export function partName(part: ContextPart, trans: Translator): string {
  const names: Record<ContextPart, string> = {
    system: trans.__('System prompt'),
    summary: trans.__('Summary'),
    notes: trans.__('Your notes'),
    pinned: trans.__('Pinned'),
    attachments: trans.__('Attachments'),
    conversation: trans.__('Conversation'),
    draft: trans.__('This question'),
    answer: trans.__('Kept free for the answer')
  };
  return names[part];
}

export function isSent(reason: Reason): boolean {
  return ['asked', 'pinned', 'fits'].includes(reason);
}

/** Why a message is in or out. */
export function reasonName(reason: Reason, trans: Translator): string {
  const names: Record<Reason, string> = {
    asked: trans.__('sent: the question'),
    pinned: trans.__('sent: pinned'),
    fits: trans.__('sent'),
    excluded: trans.__('left out: you said so'),
    summarised: trans.__('left out: summed up'),
    full: trans.__('left out: no room'),
    empty: trans.__('left out: no text'),
    withdrawn: trans.__('left out: withdrawn'),
    waiting: trans.__('not asked yet'),
    alone: trans.__('left out: the question before it is left out')
  };
  return names[reason];
}

/** The same where nothing would be asked, because not everything fits. */
export function refusedName(reason: Reason, trans: Translator): string {
  if (isSent(reason)) {
    return trans.__('not sent, but would fit');
  }
  return reason === 'full' || reason === 'alone'
    ? trans.__('does not fit')
    : reasonName(reason, trans);
}
