import { useEffect, useId, useRef, useState } from 'react';
import { problemOf } from '../client/problem';
import type {
  Context,
  ContextEntry,
  ContextPart,
  MemoryPolicy,
  Problem,
  Reason,
  Thread,
  UsageSum
} from '../protocol';
import type { Translator } from '../i18n';
import type { Draft, Metering } from '../state/metering';
import { tokensOf } from '../state/usage';
import { AllowancesLeft } from './AllowancesLeft';
import { IconButton } from './IconButton';
import { ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';
import { cost, number, percent } from './format';
import { useThread } from './hooks';
import { GoIcon, HideIcon, PinIcon } from './icons';
import { useIsTemporary } from './useIsTemporary';
import { useModelSettings } from './useModelSettings';
import { useRoom } from './useRoom';
import { costOf } from './usageFormat';

const PAGE = 50;

interface Props {
  readonly context: Context;
  readonly metering: Metering;
  readonly draft: Draft;
  readonly onDone: () => void;
}

/** What the model will see, and why the rest is left out. */
export function ContextPanel({ context, metering, draft, onDone }: Props) {
  const { trans } = useChat();
  const title = useId();
  const element = useRef<HTMLDivElement>(null);
  useRoom(element);
  useEffect(() => {
    element.current?.focus();
  }, []);
  return (
    <div
      className="jc-Popover jc-ContextPanel"
      role="dialog"
      aria-labelledby={title}
      tabIndex={-1}
      ref={element}
    >
      <h3 id={title}>{trans.__('What the model will see')}</h3>
      <Shares context={context} />
      <AllowancesLeft />
      <WhenFull />
      <UseNotes />
      <Entries context={context} metering={metering} draft={draft} onDone={onDone} />
    </div>
  );
}

/** The window as a bar, and what each part of it takes. */
function Shares({ context }: { readonly context: Context }) {
  const { trans } = useChat();
  const { window, used, shares, input_cost: dollars, correction = 1 } = context;
  return (
    <>
      <div className="jc-Shares" aria-hidden="true">
        {shares.map(({ part, tokens }) => (
          <span
            key={part}
            data-part={part}
            style={{ flexBasis: `${String((100 * tokens) / window)}%` }}
          />
        ))}
      </div>
      <ul className="jc-Legend" aria-label={trans.__('Tokens')}>
        {shares.map(({ part, tokens }) => (
          <li key={part} data-part={part}>
            <span>{partName(part, trans)}</span>
            <span>{number(tokens)}</span>
          </li>
        ))}
        <li data-part="free">
          <span>{trans.__('Free')}</span>
          <span>{number(Math.max(window - total(context), 0))}</span>
        </li>
      </ul>
      <p className="jc-ContextPanel-note">
        {trans.__('%1 tokens will be sent', number(used))}
        {dollars != null && trans.__(', for %1', cost(dollars))}
        {'. '}
        {context.assumed === true &&
          trans.__(
            'How large the window of this model is, is not known: %1 are assumed. ',
            number(window)
          )}
        {context.summarises === true &&
          trans.__('What no longer fits will be summed up first. ')}
        {correction !== 1 &&
          trans.__(
            'Counts are multiplied by %1, which is what its last answers have shown.',
            percent(correction)
          )}
      </p>
    </>
  );
}

function total({ shares }: Context): number {
  return shares.reduce((sum, { tokens }) => sum + tokens, 0);
}

function partName(part: ContextPart, trans: Translator): string {
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

/** What becomes of what no longer fits. */
function WhenFull() {
  const { services, trans } = useChat();
  const { own, defaults } = useModelSettings();
  const id = useId();
  return (
    <div className="jc-Field">
      <label htmlFor={id}>{trans.__('When it no longer fits')}</label>
      <select
        id={id}
        value={own.memory ?? defaults.memory ?? 'window'}
        onChange={event => {
          const memory = event.target.value as MemoryPolicy;
          void services.listing.changeSettings({ ...own, memory });
        }}
      >
        <option value="window">{trans.__('Leave out the oldest messages')}</option>
        <option value="summarise">{trans.__('Sum up the oldest messages')}</option>
        <option value="strict">{trans.__('Ask nothing, and say so')}</option>
      </select>
    </div>
  );
}

/** Whether the person's notes go with the instructions of this conversation. */
function UseNotes() {
  const { services, trans } = useChat();
  const { own } = useModelSettings();
  const account = useChatState(state => state.account);
  const isTemporary = useIsTemporary();
  if ((account?.notes ?? []).length === 0) {
    return null;
  }
  return (
    <label className="jc-Check">
      <input
        type="checkbox"
        checked={own.use_notes ?? (account?.use_notes === true && !isTemporary)}
        onChange={({ currentTarget }) => {
          const use_notes = currentTarget.checked;
          void services.listing.changeSettings({ ...own, use_notes });
        }}
      />
      {trans.__('Send my notes')}
    </label>
  );
}

type EntriesProps = Props;

function Entries({ context, metering, draft, onDone }: EntriesProps) {
  const { trans } = useChat();
  const thread = useThread();
  const {
    entries,
    next,
    cost: spent,
    problem,
    more
  } = useEntries(metering, draft, context);
  if (problem !== null) {
    return <ProblemNote problem={problem} />;
  }
  if (thread === undefined || entries.length === 0) {
    return null;
  }
  return (
    <>
      <h4>
        {trans.__(
          'Messages: %1 sent, %2 left out',
          number(context.sent),
          number(context.left_out)
        )}
      </h4>
      {spent !== null && spent.requests > 0 && (
        <p className="jc-ContextPanel-note">
          {spent.unpriced === spent.requests
            ? trans.__(
                'So far %1 tokens; what they cost is not known.',
                number(tokensOf(spent))
              )
            : trans.__(
                'So far this conversation has cost %1, for %2 tokens.',
                costOf(spent),
                number(tokensOf(spent))
              )}
        </p>
      )}
      <ul className="jc-ContextEntries">
        {entries.map(entry => (
          <Entry key={entry.message_id} entry={entry} thread={thread} onDone={onDone} />
        ))}
      </ul>
      {next != null && (
        <button type="button" className="jc-Button" onClick={more}>
          {trans.__('Show older messages')}
        </button>
      )}
    </>
  );
}

interface Listed {
  readonly entries: readonly ContextEntry[];
  readonly next: string | null;
  readonly cost: UsageSum | null;
  readonly problem: Problem | null;
}

/** The messages from the newest on, as far as they were asked for. */
function useEntries(metering: Metering, draft: Draft, context: Context) {
  const [listed, setListed] = useState<Listed>({
    entries: [],
    next: null,
    cost: null,
    problem: null
  });
  const [pages, setPages] = useState(1);
  useEffect(() => {
    let isWanted = true;
    const load = async () => {
      const entries: ContextEntry[] = [];
      let next: string | null | undefined;
      let cost: UsageSum | null = null;
      for (let page = 0; page < pages && next !== null; page++) {
        const found = await metering.list(draft, PAGE, next ?? undefined);
        entries.push(...(found.entries ?? []));
        next = found.next ?? null;
        cost = found.thread_cost ?? cost;
      }
      return { entries, next: next ?? null, cost, problem: null };
    };
    void load()
      .catch((error: unknown) => ({
        entries: [],
        next: null,
        cost: null,
        problem: problemOf(error)
      }))
      .then(found => {
        if (isWanted) {
          setListed(found);
        }
      });
    return () => {
      isWanted = false;
    };
  }, [metering, draft, context, pages]);
  return {
    ...listed,
    more: () => {
      setPages(pages + 1);
    }
  };
}

interface EntryProps {
  readonly entry: ContextEntry;
  readonly thread: Thread;
  readonly onDone: () => void;
}

function Entry({ entry, thread, onDone }: EntryProps) {
  const { services, trans } = useChat();
  const { message_id: id, role, tokens, reason, beginning } = entry;
  const pinned = thread.pinned_messages ?? [];
  const excluded = thread.excluded_messages ?? [];
  const isPinned = pinned.includes(id);
  const isExcluded = excluded.includes(id);
  const isSent = ['asked', 'pinned', 'fits'].includes(reason);
  const mark = (pin: boolean, exclude: boolean) => {
    void services.listing.change(thread, {
      pinned_messages: marked(pinned, id, pin),
      excluded_messages: marked(excluded, id, exclude)
    });
  };
  const what = beginning === '' ? trans.__('(no text)') : beginning;
  return (
    <li data-sent={isSent || undefined}>
      <div className="jc-ContextEntry-text">
        <span>
          <b>{role === 'user' ? trans.__('You') : trans.__('Answer')}</b> {what}
        </span>
        <small>
          {trans._n('%2 token', '%2 tokens', tokens, number(tokens))}
          {' · '}
          {reasonName(reason, trans)}
        </small>
      </div>
      <IconButton
        icon={PinIcon}
        label={trans.__('Always send')}
        aria-pressed={isPinned}
        onClick={() => {
          mark(!isPinned, false);
        }}
      />
      <IconButton
        icon={HideIcon}
        label={trans.__('Never send')}
        aria-pressed={isExcluded}
        onClick={() => {
          mark(false, !isExcluded);
        }}
      />
      <IconButton
        icon={GoIcon}
        label={trans.__('Go to the message')}
        onClick={() => {
          onDone();
          services.following.open(thread.id, id);
        }}
      />
    </li>
  );
}

function marked(ids: readonly string[], id: string, wanted: boolean): string[] {
  const others = ids.filter(other => other !== id);
  return wanted ? [...others, id] : others;
}

function reasonName(reason: Reason, trans: Translator): string {
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
    alone: trans.__('left out: its question is')
  };
  return names[reason];
}
