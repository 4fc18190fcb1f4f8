import { useState } from 'react';
import type { Allowance } from '../protocol';
import { IconButton } from './IconButton';
import { fullNameOf, resetOf, shareOf, takenOf } from './allowanceWords';
import { useChat } from './context';
import { CloseIcon, WarningIcon } from './icons';
import { useAllowances } from './useAllowances';

/** From this part of a limit on it is said. */
const NEARLY = 0.8;
const SEEN = 'allowance-seen';

/** Says that what may be asked today or this month is nearly taken, or is. */
export function AllowanceNote() {
  const { services, trans } = useChat();
  const found = useAllowances();
  const [seen, setSeen] = useState(() => services.memory.read(SEEN));
  const nearest = (found?.allowances ?? [])
    .filter(({ span }) => span === 'day' || span === 'month')
    .reduce<Allowance | null>(
      (most, each) => (most === null || shareOf(each) > shareOf(most) ? each : most),
      null
    );
  if (nearest === null || shareOf(nearest) < NEARLY) {
    return null;
  }
  const isTaken = shareOf(nearest) >= 1;
  const { whose, measure, most, resets_at: at } = nearest;
  // Once for each limit and span of time.
  const name = `${whose} ${measure} ${String(most)} ${String(at)}`;
  if (!isTaken && seen === name) {
    return null;
  }
  return (
    <div
      className="jc-ThreadNote jc-BudgetNote"
      role="status"
      data-spent={isTaken || undefined}
    >
      <WarningIcon />
      <span>
        {trans.__(
          '%1: %2 taken, %3.',
          fullNameOf(nearest, trans),
          takenOf(nearest, trans),
          resetOf(nearest, trans) ?? ''
        )}
      </span>
      {!isTaken && (
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
