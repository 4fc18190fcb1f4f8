import { AllowanceNote } from './AllowanceNote';
import { LimitNote } from './LimitNote';
import { useChat, useChatState } from './context';
import { percent } from './format';
import { useBudget } from './useBudget';
import { dollars } from './usageFormat';

/** Says that the monthly limit, or one of this server, is near or reached. */
export function BudgetNote() {
  const limit = useChatState(state => state.account?.monthly_limit);
  return (
    <>
      {limit != null && <Warning limit={limit} />}
      <AllowanceNote />
    </>
  );
}

function Warning({ limit }: { readonly limit: number }) {
  const { services, trans } = useChat();
  const budget = useBudget();
  const screen = useChatState(state => state.screen);
  if (budget === null) {
    return null;
  }
  const share = budget.spent / limit;
  return (
    <LimitNote
      share={share}
      memory="budget-seen"
      name={`${String(budget.since)} ${String(limit)}`}
      action={
        screen !== 'settings' && (
          <button
            type="button"
            className="jc-Button"
            onClick={() => {
              services.store.update(state => ({ ...state, screen: 'settings' }));
            }}
          >
            {trans.__('Change the limit')}
          </button>
        )
      }
    >
      {share >= 1
        ? trans.__(
            'Your monthly limit of %1 is spent: nothing more is asked this month.',
            dollars(limit)
          )
        : trans.__(
            '%1 of your monthly limit of %2 is spent.',
            percent(share),
            dollars(limit)
          )}
    </LimitNote>
  );
}
