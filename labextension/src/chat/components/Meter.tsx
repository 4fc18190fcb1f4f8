import { type CSSProperties, useEffect, useMemo } from 'react';
import type { OpenProps } from '../Chat';
import type { Translator } from '../i18n';
import type { Context, ThreadSettings } from '../protocol';
import { type Draft, type Measured, Metering } from '../state/metering';
import { attachedIn } from '../state/attaching';
import { useStore } from '../state/store';
import { ContextPanel } from './ContextPanel';
import { useChat, useChatState } from './context';
import { roomOf, tooLong } from './contextWords';
import { compact, number, percent } from './format';
import { useConversation, useOnline, useOpener, useThread } from './hooks';
import { WarningIcon } from './icons';
import { ringOf } from './ring';
import { useFreshAccount } from './useFreshAccount';
import { useIsTemporary } from './useIsTemporary';
import { costOf, shortly } from './usageFormat';

/** From here on it is worth a look. */
const NEARLY_FULL = 0.8;

/** How full the model's window is; opens into what the model will see. */
export function Meter({ open, onOpen }: OpenProps) {
  const { services, trans, announce } = useChat();
  const metering = useMemo(() => new Metering(services.rest), [services]);
  const draft = useDraft();
  const measured = useStore(metering.store, state => state);
  const online = useOnline();
  useMeasuring(metering, draft);
  useFreshAccount();

  const { element, button, leave } = useOpener(open, onOpen);
  const isTooLong = (measured?.over ?? 0) > 0;
  useEffect(() => {
    if (isTooLong) {
      announce(trans.__('Too long for the model')); // once, and not with every key
    }
  }, [isTooLong, announce, trans]);

  if (measured === null) {
    return null;
  }
  const context = online ? measured : { ...measured, isOld: true };
  const share = fullness(context);
  const word = tooLong(context, trans);
  const words = inWords(context, trans);
  return (
    <>
      <div className="jc-Meter" ref={element}>
        <button
          ref={button}
          type="button"
          className="jc-Chip"
          aria-haspopup="dialog"
          aria-expanded={open}
          aria-label={nameOf(context, trans)}
          data-full={share >= NEARLY_FULL || isTooLong || undefined}
          data-old={context.isOld}
          title={words}
          onClick={() => {
            onOpen(!open);
          }}
        >
          <i
            className="jc-Ring"
            style={{ '--jc-ring': ringOf(context) } as CSSProperties}
          />
          <span>{percent(share)}</span>
          {context.summary_problem != null && <WarningIcon />}
        </button>
        <span className="jc-Meter-more" title={words}>
          {inShort(context, trans)}
        </span>
        {open && (
          <ContextPanel
            context={context}
            metering={metering}
            draft={draft}
            onDone={leave}
          />
        )}
      </div>
      {word !== null && <span className="jc-Meter-word">{word}</span>}
    </>
  );
}

function fullness(context: Context): number {
  return Math.min(context.used / Math.max(roomOf(context), 1), 1);
}

function nameOf(context: Measured, trans: Translator): string {
  const { over = 0 } = context;
  return [
    trans.__('Context: %1 full', percent(fullness(context))),
    over > 0 &&
      trans._n('too long by %2 token', 'too long by %2 tokens', over, number(over)),
    context.summary_problem != null && trans.__('the summary could not be made'),
    context.isOld === true && trans.__('as last known')
  ]
    .filter(Boolean)
    .join('; ');
}

function inWords(context: Measured, trans: Translator): string {
  const { input_cost: dollars } = context;
  const spent = spentOn(context);
  return [
    trans.__('%1 of %2 tokens', number(context.used), number(roomOf(context))),
    dollars != null && trans.__('Sending this costs %1.', shortly(dollars)),
    spent !== null && trans.__('So far this conversation has cost %1.', spent),
    context.summary_problem != null && trans.__('The summary could not be made.'),
    context.isOld === true && trans.__('As last known: the server does not answer.')
  ]
    .filter(Boolean)
    .join('\n');
}

/** `1.6K / 128K · < $0.01 · $0.32 so far`, as far as it is known. */
function inShort(context: Context, trans: Translator): string {
  const { used, window, input_cost: dollars } = context;
  const spent = spentOn(context);
  return [
    `${compact(used)} / ${compact(window)}`,
    dollars != null && shortly(dollars),
    spent !== null && trans.__('%1 so far', spent)
  ]
    .filter(Boolean)
    .join(' · ');
}

/** What the conversation has cost; `null`: nothing, or nobody knows. */
function spentOn({ thread_cost: spent }: Context): string | null {
  return spent == null || spent.unpriced === spent.requests
    ? null
    : costOf(spent, shortly);
}

/** What would be asked now. */
function useDraft(): Draft {
  const { services } = useChat();
  const open = useChatState(state => state.open);
  const newSettings = useChatState(state => state.newSettings);
  const isTemporary = useIsTemporary();
  const attachments = useChatState(state => attachedIn(state));
  const text = useStore(services.drafts.store, () => services.drafts.read(open));
  const leaf = useConversation()?.leafId ?? undefined;
  const isKnown = useThread() !== undefined;
  const { threadId } = open;
  return useMemo(
    () =>
      isKnown
        ? { thread_id: threadId, leaf_id: leaf, text, attachments }
        : { settings: asMade(newSettings, isTemporary), text, attachments },
    [isKnown, threadId, leaf, text, attachments, newSettings, isTemporary]
  );
}

/** Temporary threads go without notes unless they say otherwise. */
function asMade(settings: ThreadSettings, isTemporary: boolean): ThreadSettings {
  return isTemporary ? { use_notes: false, ...settings } : settings;
}

/** Ask anew whenever something changes that the answer depends on. */
function useMeasuring(metering: Metering, draft: Draft): void {
  const thread = useThread();
  const conversation = useConversation();
  const account = useChatState(state => state.account);
  const models = useChatState(state => state.models);
  const online = useOnline();
  const leaf = conversation?.leafId ?? '';
  const status = conversation?.messages[leaf]?.status;
  const summaries = conversation?.summaries;
  // What a title or a summary costs comes after the answer, and with a change of the thread.
  const moment = [thread?.id, thread?.updated_at, thread?.title, leaf, status].join(' ');
  useEffect(() => {
    if (online && account !== null) {
      metering.measure(draft, moment);
    }
  }, [metering, draft, moment, thread, summaries, account, models, online]);
}
