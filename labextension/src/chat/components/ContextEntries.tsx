import { useEffect, useState } from 'react';
import { UNREAD, problemOf } from '../client/problem';
import type { Context, ContextEntry, Problem, Thread } from '../protocol';
import type { Draft, Metering } from '../state/metering';
import { IconButton } from './IconButton';
import { ProblemNote } from './ProblemNote';
import { useChat } from './context';
import { isSent, reasonName, refusedName, tokensIn } from './contextWords';
import { number } from './format';
import { useThread } from './hooks';
import { GoIcon, HideIcon, PinIcon } from './icons';

const PAGE = 50;

interface Props {
  readonly context: Context;
  readonly metering: Metering;
  readonly draft: Draft;
  readonly onDone: () => void;
}

/** All that is sent, and the messages that are not: what comes last first. */
export function ContextEntries({ context, metering, draft, onDone }: Props) {
  const { trans } = useChat();
  const thread = useThread();
  const listed = useEntries(metering, draft, context);
  const { entries, problem } = listed;
  const refused = context.refused === true;
  const { sent, left_out: leftOut } = context;
  const instructions = tokensIn(context, 'system', 'notes');
  return (
    <>
      {/* Where the server is out of reach, the panel says so. */}
      {problem !== null && problem !== UNREAD && <ProblemNote problem={problem} />}
      <h4>
        {refused
          ? trans.__('Messages: none will be sent')
          : trans.__('Messages: %1 sent, %2 left out', number(sent), number(leftOut))}
      </h4>
      <ul className="jc-ContextEntries">
        <Part
          name={trans.__('This question')}
          tokens={tokensIn(context, 'draft')}
          text={draft.text ?? ''}
        />
        {thread !== undefined &&
          entries.map(entry => (
            <Entry
              key={entry.message_id}
              entry={entry}
              thread={thread}
              refused={refused}
              onDone={onDone}
            />
          ))}
        {listed.next != null && (
          <li>
            <button type="button" className="jc-Button" onClick={listed.more}>
              {trans.__('Show older messages')}
            </button>
          </li>
        )}
        <Part
          name={trans.__('Summary')}
          tokens={tokensIn(context, 'summary')}
          text={context.summary?.text ?? ''}
        />
        <Part
          name={trans.__('Instructions')}
          tokens={instructions}
          text={listed.instructions}
        />
      </ul>
    </>
  );
}

interface PartProps {
  readonly name: string;
  readonly tokens: number;
  /** What it says, as far as that is at hand. */
  readonly text: string;
}

/** Something that is sent and is no message of the conversation; nothing if it takes nothing. */
function Part({ name, tokens, text }: PartProps) {
  const { trans } = useChat();
  if (tokens === 0) {
    return null;
  }
  const title = (
    <>
      <b>{name}</b>{' '}
      <small>{trans._n('%2 token', '%2 tokens', tokens, number(tokens))}</small>
    </>
  );
  return (
    <li>
      {text === '' ? (
        <div className="jc-ContextEntry-text">{title}</div>
      ) : (
        <details className="jc-ContextEntry-text">
          <summary>{title}</summary>
          <div className="jc-ContextEntry-whole" dir="auto" tabIndex={0}>
            {text}
          </div>
        </details>
      )}
    </li>
  );
}

interface EntryProps {
  readonly entry: ContextEntry;
  readonly thread: Thread;
  /** Nothing is asked. */
  readonly refused: boolean;
  readonly onDone: () => void;
}

function Entry({ entry, thread, refused, onDone }: EntryProps) {
  const { services, trans } = useChat();
  const { message_id: id, role, tokens, reason, beginning } = entry;
  const pinned = thread.pinned_messages ?? [];
  const excluded = thread.excluded_messages ?? [];
  const isPinned = pinned.includes(id);
  const isExcluded = excluded.includes(id);
  const mark = (pin: boolean, exclude: boolean) => {
    void services.listing.change(thread, {
      pinned_messages: marked(pinned, id, pin),
      excluded_messages: marked(excluded, id, exclude)
    });
  };
  const what = beginning === '' ? trans.__('(no text)') : beginning;
  return (
    <li data-left-out={!isSent(reason) || undefined}>
      <div className="jc-ContextEntry-text">
        <span title={beginning} dir="auto">
          <b>{role === 'user' ? trans.__('You') : trans.__('Answer')}</b> {what}
        </span>
        <small>
          {trans._n('%2 token', '%2 tokens', tokens, number(tokens))}
          {' · '}
          {refused ? refusedName(reason, trans) : reasonName(reason, trans)}
        </small>
      </div>
      <div className="jc-ContextEntry-buttons">
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
      </div>
    </li>
  );
}

function marked(ids: readonly string[], id: string, wanted: boolean): string[] {
  const others = ids.filter(other => other !== id);
  return wanted ? [...others, id] : others;
}

interface Listed {
  readonly entries: readonly ContextEntry[];
  readonly next: string | null;
  readonly instructions: string;
  readonly problem: Problem | null;
}

const NOTHING: Listed = { entries: [], next: null, instructions: '', problem: null };

/** The messages from the newest on, as far as they were asked for; what is known stays where
 * the server does not answer. */
function useEntries(metering: Metering, draft: Draft, context: Context) {
  const [listed, setListed] = useState(NOTHING);
  const [pages, setPages] = useState(1);
  useEffect(() => {
    let isWanted = true;
    const load = async (): Promise<Listed> => {
      const entries: ContextEntry[] = [];
      let next: string | null | undefined;
      let instructions = '';
      for (let page = 0; page < pages && next !== null; page++) {
        const found = await metering.list(draft, PAGE, next ?? undefined);
        entries.push(...(found.entries ?? []));
        next = found.next ?? null;
        instructions = found.instructions ?? instructions;
      }
      return { entries, next: next ?? null, instructions, problem: null };
    };
    void load()
      .then(found => () => found)
      .catch((error: unknown) => (known: Listed) => ({
        ...known,
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
