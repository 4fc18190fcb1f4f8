import { useCallback, useMemo } from 'react';
import type { SubpageProps } from '../../chat/Chat';
import { AllowanceRow } from '../../chat/components/AllowanceSection';
import { shareOf } from '../../chat/components/allowanceWords';
import { useChat } from '../../chat/components/context';
import { number, percent } from '../../chat/components/format';
import { dollars, tokens } from '../../chat/components/usageFormat';
import type { Allowance, PersonUsage } from '../../chat/protocol';
import { Subpage } from './Subpage';
import { AdminCalls } from './calls';
import { useLoaded } from './useLoaded';

/** What everybody has asked today and this month, and what of their limits is left. */
export function EverybodyPage({ onDone }: SubpageProps) {
  const { services, trans } = useChat();
  const calls = useMemo(() => new AdminCalls(services.rest), [services]);
  const { found, note } = useLoaded(useCallback(() => calls.usage(), [calls]));
  return (
    <Subpage title={trans.__('What everybody uses')} onDone={onDone}>
      {note}
      {found !== null && (
        <>
          {found.together.length > 0 && (
            <section className="jc-Allowances" aria-labelledby="jc-together">
              <h4 id="jc-together">{trans.__('All together')}</h4>
              <Allowances of={found.together} />
            </section>
          )}
          {found.people.length === 0 && (
            <p className="jc-Settings-note">
              {trans.__('Nobody has asked anything this month.')}
            </p>
          )}
          <ul className="jc-Entries">
            {found.people.map(person => (
              <Person
                key={person.user_id}
                person={person}
                name={found.names?.[person.user_id] ?? person.user_id}
              />
            ))}
          </ul>
          {found.more === true && (
            <p className="jc-Settings-note">
              {trans.__(
                'There are others, who have used less than these %1.',
                number(found.people.length)
              )}
            </p>
          )}
        </>
      )}
    </Subpage>
  );
}

interface PersonProps {
  readonly person: PersonUsage;
  readonly name: string;
}

function Person({ person, name }: PersonProps) {
  const { trans } = useChat();
  const used = (requests: number, sum: number, cost: number) =>
    [
      trans._n('%2 request', '%2 requests', requests, number(requests)),
      trans.__('%1 tokens', tokens(sum)),
      dollars(cost)
    ].join(' · ');
  const { allowances } = person;
  const most = Math.max(0, ...allowances.map(shareOf));
  return (
    <li className="jc-Entry jc-Person">
      <span className="jc-Entry-text">
        <span>
          {name}
          {person.role !== 'user' && <em className="jc-State">{person.role}</em>}
        </span>
        <small>
          {trans.__(
            'This month: %1',
            used(person.requests_month, person.tokens_month, person.cost_month)
          )}
        </small>
        <small>
          {person.requests_today === 0
            ? trans.__('Nothing today')
            : trans.__(
                'Today: %1',
                used(person.requests_today, person.tokens_today, person.cost_today)
              )}
        </small>
      </span>
      {allowances.length > 0 && (
        <details className="jc-Admin-left">
          <summary>{trans.__('Limits: %1 taken', percent(most))}</summary>
          <div className="jc-Allowances">
            <Allowances of={allowances} />
          </div>
        </details>
      )}
    </li>
  );
}

function Allowances({ of }: { readonly of: readonly Allowance[] }) {
  return (
    <ul>
      {of.map(each => (
        <AllowanceRow
          key={`${each.whose} ${each.measure} ${each.span ?? ''}`}
          allowance={each}
        />
      ))}
    </ul>
  );
}
