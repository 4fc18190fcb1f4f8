import type { Allowance } from '../protocol';
import { fullNameOf, resetOf, shareOf, takenOf } from './allowanceWords';
import { useChat } from './context';
import { number } from './format';
import { useAllowances } from './useAllowances';

/** What may be asked on this server, and what of it is taken; nothing where nothing is
 * limited. */
export function AllowanceSection() {
  const { trans } = useChat();
  const found = useAllowances();
  if (found === null) {
    return null;
  }
  const { allowances, models, max_output_tokens: longest } = found;
  if (allowances.length === 0 && models == null && longest == null) {
    return null;
  }
  return (
    <section className="jc-Allowances" aria-labelledby="jc-allowances">
      <h4 id="jc-allowances">{trans.__('Limits on this server')}</h4>
      {allowances.length > 0 && (
        <ul>
          {allowances.map(allowance => (
            <AllowanceRow
              key={`${allowance.whose} ${allowance.measure} ${allowance.span ?? ''}`}
              allowance={allowance}
            />
          ))}
        </ul>
      )}
      {longest != null && (
        <p className="jc-Settings-note">
          {trans.__('An answer may have %1 tokens.', number(longest))}
        </p>
      )}
      {models != null && (
        <p className="jc-Settings-note">
          {models.length === 0
            ? trans.__('No model may be used.')
            : trans.__('These models may be used: %1', models.join(', '))}
        </p>
      )}
    </section>
  );
}

/** One limit, and what of it is taken. */
export function AllowanceRow({ allowance }: { readonly allowance: Allowance }) {
  const { trans } = useChat();
  const name = fullNameOf(allowance, trans);
  const taken = takenOf(allowance, trans);
  const reset = resetOf(allowance, trans);
  const share = shareOf(allowance);
  return (
    <li data-full={share >= 1 || undefined}>
      <span>{name}</span>
      <span>
        {taken}
        {reset !== null && <small>{reset}</small>}
      </span>
      <span
        className="jc-Allowances-bar"
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={taken}
      >
        <span style={{ width: `${String(share * 100)}%` }} />
      </span>
    </li>
  );
}
