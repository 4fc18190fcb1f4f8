import type { Allowance } from '../protocol';
import { LimitNote } from './LimitNote';
import { fullNameOf, resetOf, shareOf, takenOf } from './allowanceWords';
import { useChat } from './context';
import { useAllowances } from './useAllowances';

/** Says that what may be asked today or this month is nearly taken, or is. */
export function AllowanceNote() {
  const { trans } = useChat();
  const found = useAllowances();
  const nearest = (found?.allowances ?? [])
    .filter(({ span }) => span === 'day' || span === 'month')
    .reduce<Allowance | null>(
      (most, each) => (most === null || shareOf(each) > shareOf(most) ? each : most),
      null
    );
  if (nearest === null) {
    return null;
  }
  const { whose, measure, most, resets_at: at } = nearest;
  return (
    <LimitNote
      share={shareOf(nearest)}
      memory="allowance-seen"
      name={`${whose} ${measure} ${String(most)} ${String(at)}`}
    >
      {trans.__(
        '%1: %2 taken, %3.',
        fullNameOf(nearest, trans),
        takenOf(nearest, trans),
        resetOf(nearest, trans) ?? ''
      )}
    </LimitNote>
  );
}
