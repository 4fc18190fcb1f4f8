import { useEffect, useMemo } from 'react';
import type { OpenProps } from '../Chat';
import type { Context, ThreadSettings } from '../protocol';
import { type Draft, Metering } from '../state/metering';
import { attachedIn } from '../state/attaching';
import { useStore } from '../state/store';
import { ContextPanel } from './ContextPanel';
import { useChat, useChatState } from './context';
import { number, percent } from './format';
import { useConversation, useOpener, useThread } from './hooks';
import { useIsTemporary } from './useIsTemporary';

/** From here on it is worth a look. */
const NEARLY_FULL = 0.8;

/** How full the model's window is; opens into what the model will see. */
export function Meter({ open, onOpen }: OpenProps) {
  const { services, trans } = useChat();
  const metering = useMemo(() => new Metering(services.rest), [services]);
  const draft = useDraft();
  const context = useStore(metering.store, state => state);
  useMeasuring(metering, draft);

  const { element, button, leave } = useOpener(open, onOpen);

  if (context === null) {
    return null;
  }
  const share = fullness(context);
  const label = context.refused
    ? trans.__('Context: no longer fits')
    : trans.__('Context: %1 full', percent(share));
  return (
    <div className="jc-Meter" ref={element}>
      <button
        ref={button}
        type="button"
        className="jc-Chip"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={label}
        data-full={share >= NEARLY_FULL || context.refused === true || undefined}
        title={trans.__('%1 of %2 tokens', number(context.used), number(room(context)))}
        onClick={() => {
          onOpen(!open);
        }}
      >
        <Ring share={share} />
        <span>{percent(share)}</span>
      </button>
      {open && (
        <ContextPanel
          context={context}
          metering={metering}
          draft={draft}
          onDone={leave}
        />
      )}
    </div>
  );
}

/** The tokens that what is sent may have: the window but for the answer. */
function room({ window, shares }: Context): number {
  return window - (shares.find(({ part }) => part === 'answer')?.tokens ?? 0);
}

function fullness(context: Context): number {
  return Math.min(context.used / Math.max(room(context), 1), 1);
}

function Ring({ share }: { readonly share: number }) {
  return (
    <svg className="jc-Ring" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <circle cx="8" cy="8" r="6" />
      <circle
        cx="8"
        cy="8"
        r="6"
        pathLength="100"
        strokeDasharray={`${String(Math.max(share * 100, share > 0 ? 2 : 0))} 100`}
      />
    </svg>
  );
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
  const online = useChatState(({ connection }) => connection.phase === 'open');
  const status = conversation?.messages[conversation.leafId ?? '']?.status;
  useEffect(() => {
    if (online && account !== null) {
      metering.measure(draft);
    }
  }, [metering, draft, thread, status, account, models, online]);
}
