import { useState } from 'react';
import { AllowanceNote } from './AllowanceNote';
import { IconButton } from './IconButton';
import { useChat, useChatState } from './context';
import { percent } from './format';
import { CloseIcon, WarningIcon } from './icons';
import { useBudget } from './useBudget';
import { dollars } from './usageFormat';

/** From this part of the limit on it is said. */
const NEARLY = 0.8;
const SEEN = 'budget-seen';

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
  const [seen, setSeen] = useState(() => services.memory.read(SEEN));
  const share = (budget?.spent ?? 0) / limit;
  if (budget === null || share < NEARLY) {
    return null;
  }
  const isSpent = share >= 1;
  // Once for each month and limit.
  const name = `${String(budget.since)} ${String(limit)}`;
  if (!isSpent && seen === name) {
    return null;
  }
  return (
    <div
      className="jc-ThreadNote jc-BudgetNote"
      role="status"
      data-spent={isSpent || undefined}
    >
      <WarningIcon />
      <span>
        {isSpent
          ? trans.__(
              'Your monthly limit of %1 is spent: nothing more is asked this month.',
              dollars(limit)
            )
          : trans.__(
              '%1 of your monthly limit of %2 is spent.',
              percent(share),
              dollars(limit)
            )}
      </span>
      {screen !== 'settings' && (
        <button
          type="button"
          className="jc-Button"
          onClick={() => {
            services.store.update(state => ({ ...state, screen: 'settings' }));
          }}
        >
          {trans.__('Change the limit')}
        </button>
      )}
      {!isSpent && (
        <IconButton
          icon={CloseIcon}
          label={trans.__('Close')}
          onClick={() => {
            services.memory.write(SEEN, name);
            setSeen(name);
          }}
        />
      )}
    </div>
  );
}
