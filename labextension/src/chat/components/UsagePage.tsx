import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { SubpageProps } from '../Chat';
import { problemOf } from '../client/problem';
import { save } from '../client/server';
import type { Problem, UsageSum } from '../protocol';
import { type Span, type UsageView, loadUsage, spanQuery } from '../state/usage';
import { AllowanceSection } from './AllowanceSection';
import { IconButton } from './IconButton';
import { ProblemNote } from './ProblemNote';
import { UsageChart } from './UsageChart';
import { ModelTable, ThreadTable } from './UsageTables';
import { useChat } from './context';
import { number } from './format';
import { BackIcon } from './icons';
import { costOf, tokens } from './usageFormat';

const SPANS: readonly Span[] = ['week', 'days30', 'month', 'all'];

/** What one's requests have taken and cost. */
export function UsagePage({ onDone }: SubpageProps) {
  const { services, trans } = useChat();
  const heading = useRef<HTMLHeadingElement>(null);
  const [span, setSpan] = useState<Span>('month');
  const { usage, problem, again } = useUsage(span);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);

  const names: Record<Span, string> = {
    week: trans.__('7 days'),
    days30: trans.__('30 days'),
    month: trans.__('This month'),
    all: trans.__('All')
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) {
      event.preventDefault(); // it leads back to the settings, and no further
      onDone();
    }
  };
  const exportAll = async () => {
    const path = `usage.csv?${spanQuery(span, new Date())}`;
    try {
      await services.rest.checkExport(path);
      setRefusal(null);
      await save(services.server, path);
    } catch (error) {
      setRefusal(problemOf(error));
    }
  };
  return (
    // A press on an empty place leaves the focus in here, where Escape is heard.
    <section
      className="jc-Settings"
      aria-labelledby="jc-usage"
      tabIndex={-1}
      onKeyDown={leave}
    >
      <div className="jc-Settings-column jc-Usage">
        <div className="jc-Usage-head">
          <IconButton
            icon={BackIcon}
            label={trans.__('Back to the settings')}
            className="jc-mod-directional"
            onClick={onDone}
          />
          <h3 id="jc-usage" ref={heading} tabIndex={-1}>
            {trans.__('Usage')}
          </h3>
          <select
            aria-label={trans.__('Span of time')}
            value={span}
            onChange={event => {
              setSpan(event.target.value as Span);
            }}
          >
            {SPANS.map(each => (
              <option key={each} value={each}>
                {names[each]}
              </option>
            ))}
          </select>
          <button
            type="button"
            className="jc-Button"
            onClick={() => {
              void exportAll();
            }}
          >
            {trans.__('Export as CSV')}
          </button>
        </div>
        {refusal !== null && <ProblemNote problem={refusal} />}
        {problem !== null && (
          <ProblemNote
            problem={problem}
            actions={[{ label: trans.__('Try again'), run: again }]}
          />
        )}
        {usage === null && problem === null && (
          <p className="jc-Settings-note jc-mod-late">{trans.__('Adding up…')}</p>
        )}
        <AllowanceSection />
        {usage !== null && <Found usage={usage} />}
      </div>
    </section>
  );
}

function Found({ usage }: { readonly usage: UsageView }) {
  const { trans } = useChat();
  const { total, bars, models, threads } = usage;
  if (total.requests === 0) {
    return (
      <p className="jc-Settings-note">
        {trans.__(
          'Nothing was asked in this time. What you ask from now on is counted here.'
        )}
      </p>
    );
  }
  return (
    <>
      <Total total={total} />
      <UsageChart bars={bars} priced={total.cost > 0} />
      <ModelTable sums={models} />
      <ThreadTable sums={threads} />
    </>
  );
}

/** The sum of all, and what has to be known about it. */
function Total({ total }: { readonly total: UsageSum }) {
  const { trans } = useChat();
  const { requests, unpriced, estimated, at_most: atMost } = total;
  const { cached_tokens: cached } = total;
  const notes = [
    estimated > 0 &&
      trans._n(
        '≈: %2 request broke off or came without a count; it was counted here.',
        '≈: %2 requests broke off or came without a count; they were counted here.',
        estimated,
        number(estimated)
      ),
    atMost > 0 &&
      trans._n(
        '≤: %2 request may have cost less; what its cached tokens cost is not known.',
        '≤: %2 requests may have cost less; what their cached tokens cost is not known.',
        atMost,
        number(atMost)
      ),
    unpriced > 0 &&
      trans._n(
        'The price of %2 request is not known; it is in the tokens, but not in the cost.',
        'The price of %2 requests is not known; they are in the tokens, but not in the cost.',
        unpriced,
        number(unpriced)
      )
  ].filter(note => note !== false);
  return (
    <>
      <dl className="jc-Usage-total">
        <div>
          <dt>{trans.__('Cost')}</dt>
          <dd>{costOf(total)}</dd>
        </div>
        <div>
          <dt>{trans.__('Tokens in')}</dt>
          <dd>
            {tokens(total.input_tokens)}
            {cached > 0 && <small>{trans.__('%1 from the cache', tokens(cached))}</small>}
          </dd>
        </div>
        <div>
          <dt>{trans.__('Tokens out')}</dt>
          <dd>{tokens(total.output_tokens)}</dd>
        </div>
        <div>
          <dt>{trans.__('Requests')}</dt>
          <dd>{number(requests)}</dd>
        </div>
      </dl>
      {notes.map(note => (
        <p key={note} className="jc-Settings-note">
          {note}
        </p>
      ))}
    </>
  );
}

interface Loaded {
  readonly usage: UsageView | null;
  readonly problem: Problem | null;
}

/** What was found of a span; what was known stays until then. */
function useUsage(span: Span): Loaded & { readonly again: () => void } {
  const { services } = useChat();
  const [loaded, setLoaded] = useState<Loaded>({ usage: null, problem: null });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let isWanted = true;
    void loadUsage(services.rest, span, new Date())
      .then(usage => ({ usage, problem: null }))
      .catch((error: unknown) => ({ usage: null, problem: problemOf(error) }))
      .then(found => {
        if (isWanted) {
          setLoaded(found);
        }
      });
    return () => {
      isWanted = false;
    };
  }, [services, span, tries]);
  return {
    ...loaded,
    again: () => {
      setTries(tries + 1);
    }
  };
}
