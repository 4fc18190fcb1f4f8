import { fullNameOf, leftOf, resetOf } from './allowanceWords';
import { useChat } from './context';
import { useAllowances } from './useAllowances';

/** What one may still ask, for the panel that says what a question takes. */
export function AllowancesLeft() {
  const { trans } = useChat();
  const allowances = useAllowances()?.allowances ?? [];
  if (allowances.length === 0) {
    return null;
  }
  return (
    <section className="jc-AllowancesLeft">
      <h4>{trans.__('Left of your limits')}</h4>
      <ul>
        {allowances.map(allowance => (
          <li key={`${allowance.whose} ${allowance.measure} ${allowance.span ?? ''}`}>
            <span>{fullNameOf(allowance, trans)}</span>
            <span title={resetOf(allowance, trans) ?? undefined}>
              {leftOf(allowance)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
