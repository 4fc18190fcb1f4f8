import { useEffect, useId, useRef } from 'react';
import type { Context } from '../protocol';
import type { Draft, Measured, Metering } from '../state/metering';
import { AllowancesLeft } from './AllowancesLeft';
import { ContextEntries } from './ContextEntries';
import { SummedUpBy, UseNotes, WhenFull } from './ContextSettings';
import { useChat } from './context';
import { partName, spentInWords, tokensIn } from './contextWords';
import { cost, number, percent } from './format';
import { WarningIcon } from './icons';
import { useRoom } from './useRoom';

interface Props {
  readonly context: Measured;
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
      {context.isOld === true && (
        <p className="jc-ContextPanel-note" role="status">
          {trans.__('As last known: the chat server does not answer now.')}
        </p>
      )}
      <Shares context={context} />
      <Numbers context={context} />
      <Warnings context={context} />
      <AllowancesLeft />
      <WhenFull />
      <SummedUpBy />
      <UseNotes />
      <ContextEntries
        context={context}
        metering={metering}
        draft={draft}
        onDone={onDone}
      />
    </div>
  );
}

interface ContextProps {
  readonly context: Context;
}

/** The window as a bar, and what each part of it takes. */
function Shares({ context }: ContextProps) {
  const { trans } = useChat();
  const { window, shares } = context;
  const taken = tokensIn(context, ...shares.map(({ part }) => part));
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
          <span>{number(Math.max(window - taken, 0))}</span>
        </li>
      </ul>
    </>
  );
}

/** How much is sent, what that costs, and how it was counted. */
function Numbers({ context }: ContextProps) {
  const { trans } = useChat();
  const { window, used, over = 0, input_cost: dollars, correction = 1 } = context;
  const sentences = [
    over === 0 &&
      (dollars == null
        ? trans.__('%1 tokens will be sent.', number(used))
        : trans.__('%1 tokens will be sent, for %2.', number(used), cost(dollars))),
    context.assumed === true &&
      trans.__(
        'How large the window of this model is, is not known: %1 are assumed.',
        number(window)
      ),
    over === 0 &&
      context.summarises === true &&
      trans.__('What no longer fits will be summed up first.'),
    correction !== 1 &&
      trans.__(
        'Counts are multiplied by %1: that is what the last answers of this model have shown.',
        percent(correction)
      )
  ].filter(sentence => sentence !== false);
  const spent = spentInWords(context.thread_cost, trans);
  return (
    <>
      {sentences.length > 0 && (
        <p className="jc-ContextPanel-note">{sentences.join(' ')}</p>
      )}
      {spent !== null && <p className="jc-ContextPanel-note">{spent}</p>}
    </>
  );
}

/** What is not as one may think. */
function Warnings({ context }: ContextProps) {
  const { trans } = useChat();
  const { over = 0, refused = false, summary_problem: problem } = context;
  const tokens = number(over);
  return (
    <>
      {refused && (
        <Warning
          text={trans._n(
            'Nothing will be sent: this is too long by %2 token, and here nothing is left out. Exclude messages, choose a model with a larger window, or let the oldest be left out.',
            'Nothing will be sent: this is too long by %2 tokens, and here nothing is left out. Exclude messages, choose a model with a larger window, or let the oldest be left out.',
            over,
            tokens
          )}
        />
      )}
      {over > 0 && !refused && (
        <Warning
          text={trans._n(
            'Too long by %2 token, with all left out that may be: the model will hardly take it. Shorten the question, unpin messages, or choose a model with a larger window.',
            'Too long by %2 tokens, with all left out that may be: the model will hardly take it. Shorten the question, unpin messages, or choose a model with a larger window.',
            over,
            tokens
          )}
        />
      )}
      {problem != null && (
        <Warning
          text={trans.__(
            'The summary could not be made, so the oldest messages are left out. %1',
            problem.message
          )}
        />
      )}
    </>
  );
}

function Warning({ text }: { readonly text: string }) {
  return (
    <p className="jc-ContextPanel-warning">
      <WarningIcon />
      <span>{text}</span>
    </p>
  );
}
