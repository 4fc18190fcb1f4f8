import { useEffect, useState } from 'react';
import { problemOf } from '../../chat/client/problem';
import { CopyButton } from '../../chat/components/CopyButton';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat } from '../../chat/components/context';
import { timeAndDay } from '../../chat/components/format';
import { LinkIcon } from '../../chat/components/icons';
import type { InvitationInfo, PersonRole, Problem } from '../../chat/protocol';
import type { AccountCalls } from './calls';
import { TextField } from './TextField';
import { useForm } from './useForm';

/** Invitations: to make, to hand on, to take back. */
export function InvitationsSection({ calls }: { readonly calls: AccountCalls }) {
  const { services, trans } = useChat();
  const [invitations, setInvitations] = useState<readonly InvitationInfo[]>([]);
  const [made, setMade] = useState<InvitationInfo | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [uses, setUses] = useState('1');
  const [days, setDays] = useState('7');
  const [role, setRole] = useState<PersonRole>('user');
  const failed = (error: unknown) => {
    setProblem(problemOf(error));
  };
  useEffect(() => {
    calls.invitations().then(all => {
      setInvitations(all.invitations);
    }, failed);
  }, [calls]);
  const {
    form,
    problem: refused,
    onSubmit
  } = useForm(async () => {
    const invitation = await calls.invite({
      uses: Number(uses),
      days: Number(days),
      role
    });
    setMade(invitation);
    setInvitations(before => [invitation, ...before]);
  });
  const link = (code: string) =>
    new URL(
      `${services.server.baseUrl}jupyter-chat/register?code=${encodeURIComponent(code)}`,
      window.location.href
    ).href;
  const now = new Date();
  return (
    <section className="jc-Account" aria-labelledby="jc-invitations">
      <h3 id="jc-invitations">{trans.__('Invitations')}</h3>
      <form ref={form} className="jc-AccountForm jc-Invite" onSubmit={onSubmit}>
        <TextField
          name="uses"
          label={trans.__('For how many people')}
          type="number"
          min={1}
          max={1000}
          required
          value={uses}
          problem={refused}
          onType={setUses}
        />
        <TextField
          name="days"
          label={trans.__('Good for how many days')}
          type="number"
          min={1}
          max={365}
          required
          value={days}
          problem={refused}
          onType={setDays}
        />
        <div className="jc-Field">
          <label htmlFor="jc-invite-role">{trans.__('They will be')}</label>
          <select
            id="jc-invite-role"
            value={role}
            onChange={event => {
              setRole(event.target.value as PersonRole);
            }}
          >
            <option value="user">{trans.__('Users')}</option>
            <option value="admin">{trans.__('Administrators')}</option>
          </select>
        </div>
        {refused !== null && refused.field == null && <ProblemNote problem={refused} />}
        <button type="submit" className="jc-Button jc-mod-accent">
          {trans.__('Make an invitation')}
        </button>
      </form>
      {made?.code != null && (
        <div className="jc-Made" role="status">
          <p>{trans.__('Hand this address on. It is shown only now:')}</p>
          <p className="jc-Made-link">
            <code>{link(made.code)}</code>
            <CopyButton
              text={link(made.code)}
              icon={LinkIcon}
              label={trans.__('Copy the address')}
            />
          </p>
        </div>
      )}
      {problem !== null && <ProblemNote problem={problem} />}
      <ul className="jc-Entries" aria-labelledby="jc-invitations">
        {invitations.map(each => (
          <li key={each.id} className="jc-Entry">
            <span className="jc-Entry-text">
              <span>
                {trans.__('%1 of %2 used', each.used, each.uses)}
                {each.role === 'admin' && (
                  <em className="jc-State">{trans.__('administrators')}</em>
                )}
              </span>
              <small>{trans.__('until %1', timeAndDay(each.expires_at, now))}</small>
              {each.made_by != null && (
                <small>{trans.__('made by %1', each.made_by)}</small>
              )}
            </span>
            <button
              type="button"
              className="jc-Button"
              onClick={() => {
                calls.takeBack(each.id).then(left => {
                  setInvitations(left.invitations);
                  setMade(shown => (shown?.id === each.id ? null : shown));
                }, failed);
              }}
            >
              {trans.__('Take back')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
