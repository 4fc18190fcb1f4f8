import { type FormEvent, useId, useState } from 'react';
import { problemOf } from '../client/problem';
import type { Problem } from '../protocol';
import { ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';
import { useBudget } from './useBudget';
import { dollars } from './usageFormat';

/** What answers cost, and what they may. */
export function CostSection({ onShowUsage }: { readonly onShowUsage: () => void }) {
  const { trans } = useChat();
  return (
    <section className="jc-Costs" aria-labelledby="jc-costs">
      <h3 id="jc-costs">{trans.__('Costs')}</h3>
      <button type="button" className="jc-Button" onClick={onShowUsage}>
        {trans.__('Show usage')}
      </button>
      <MonthlyLimit />
    </section>
  );
}

function MonthlyLimit() {
  const { services, trans, announce } = useChat();
  const limit = useChatState(state => state.account?.monthly_limit) ?? null;
  const budget = useBudget();
  const field = useId();
  const note = useId();
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const change = async (text: string) => {
    const monthly_limit = text === '' ? null : Number(text);
    try {
      await services.account.change({ monthly_limit });
      setRefusal(null);
      announce(trans.__('Saved.'));
    } catch (error) {
      setRefusal(problemOf(error));
    }
  };
  return (
    <form
      className="jc-Field"
      onSubmit={(event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        const value = new FormData(event.currentTarget).get('limit');
        void change(typeof value === 'string' ? value.trim() : '');
      }}
    >
      <label htmlFor={field}>{trans.__('Monthly limit, in US dollars')}</label>
      <div className="jc-Costs-limit">
        <input
          // What was stored elsewhere meanwhile shows.
          key={limit}
          id={field}
          name="limit"
          type="number"
          inputMode="decimal"
          min="0.01"
          max="1000000"
          step="0.01"
          placeholder={trans.__('None')}
          defaultValue={limit ?? ''}
          aria-describedby={note}
          aria-invalid={refusal !== null || undefined}
        />
        <button type="submit" className="jc-Button">
          {trans.__('Save')}
        </button>
      </div>
      <small id={note}>
        {budget !== null && trans.__('%1 spent this month. ', dollars(budget.spent))}
        {trans.__(
          'Once it is spent, nothing more is asked until the next month (UTC). Models whose price is not known do not count.'
        )}
      </small>
      {refusal !== null && <ProblemNote problem={refusal} />}
    </form>
  );
}
