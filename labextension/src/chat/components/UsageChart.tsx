import { useState } from 'react';
import type { Bar } from '../state/usage';
import { useChat } from './context';
import { number } from './format';
import { costOf, dollars, tokens } from './usageFormat';

type Measure = 'cost' | 'tokens';

const dayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const monthFormat = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  year: 'numeric'
});

interface Props {
  readonly bars: readonly Bar[];
  /** Some of it has a price. */
  readonly priced: boolean;
}

/** What each day (or month) has cost, as bars and as a table. */
export function UsageChart({ bars, priced }: Props) {
  const { trans } = useChat();
  const [chosen, setChosen] = useState<Measure | null>(null);
  const measure = chosen ?? (priced ? 'cost' : 'tokens');
  const show = measure === 'cost' ? dollars : tokens;
  const most = Math.max(...bars.map(bar => bar[measure]));
  const inMonths = bars[0]?.day === null;
  const names: Record<Measure, string> = {
    cost: trans.__('Cost'),
    tokens: trans.__('Tokens')
  };
  const summary = inMonths
    ? trans.__('%1 per month; at most %2', names[measure], show(most))
    : trans.__('%1 per day; at most %2', names[measure], show(most));
  return (
    <section className="jc-UsageChart">
      <div className="jc-UsageChart-head">
        <h4>{inMonths ? trans.__('By month') : trans.__('By day')}</h4>
        {priced && (
          <select
            aria-label={trans.__('What the bars show')}
            value={measure}
            onChange={event => {
              setChosen(event.target.value as Measure);
            }}
          >
            <option value="cost">{names.cost}</option>
            <option value="tokens">{names.tokens}</option>
          </select>
        )}
      </div>
      <figure role="img" aria-label={summary}>
        <span className="jc-UsageChart-most">{show(most)}</span>
        <div className="jc-UsageChart-bars">
          {bars.map(bar => (
            <div
              key={nameOf(bar)}
              title={`${nameOf(bar)}: ${measure === 'cost' ? costOf(bar) : tokens(bar.tokens)}`}
              data-estimated={bar.estimated > 0 || undefined}
            >
              <span style={{ blockSize: `${String(share(bar[measure], most))}%` }} />
            </div>
          ))}
        </div>
        <div className="jc-UsageChart-axis">
          {/* The first, the last, and where there is room one in the middle. */}
          <span>{nameOf(bars[0])}</span>
          {bars.length > 6 && <span>{nameOf(bars[Math.floor(bars.length / 2)])}</span>}
          {bars.length > 1 && <span>{nameOf(bars[bars.length - 1])}</span>}
        </div>
      </figure>
      <details>
        <summary>{trans.__('As a table')}</summary>
        <table className="jc-UsageTable">
          <thead>
            <tr>
              <th scope="col">{inMonths ? trans.__('Month') : trans.__('Day')}</th>
              <th scope="col">{trans.__('Requests')}</th>
              <th scope="col">{trans.__('Tokens')}</th>
              <th scope="col">{trans.__('Cost')}</th>
            </tr>
          </thead>
          <tbody>
            {bars
              .filter(({ requests }) => requests > 0)
              .map(bar => (
                <tr key={nameOf(bar)}>
                  <th scope="row">{nameOf(bar)}</th>
                  <td>{number(bar.requests)}</td>
                  <td>{tokens(bar.tokens)}</td>
                  <td>{costOf(bar)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

function nameOf({ year, month, day }: Bar): string {
  return day === null
    ? monthFormat.format(new Date(year, month))
    : dayFormat.format(new Date(year, month, day));
}

/** In percent; the smallest amount is seen, too. */
function share(value: number, most: number): number {
  return value > 0 ? Math.max((100 * value) / most, 2) : 0;
}
