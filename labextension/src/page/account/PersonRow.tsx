import { useState } from 'react';
import { CopyButton } from '../../chat/components/CopyButton';
import { ConfirmButton } from '../../chat/components/ConfirmButton';
import { InlineEdit } from '../../chat/components/InlineEdit';
import { useChat } from '../../chat/components/context';
import { timeOrDay } from '../../chat/components/format';
import { dollars, tokens } from '../../chat/components/usageFormat';
import type { PersonInfo, PersonPatch } from '../../chat/protocol';

interface Props {
  readonly person: PersonInfo;
  readonly isOneself: boolean;
  /** A hub looks after names, passwords and roles. */
  readonly ofHub?: boolean;
  readonly onChange: (patch: PersonPatch) => void;
  readonly onGivePassword: () => void;
  /** The password that was just made up. */
  readonly given: string | null;
  /** Of somebody who is gone. */
  readonly onExport: () => void;
  readonly onDelete: () => void;
}

/** Somebody, with what they have used this month, and what can be done. */
export function PersonRow(props: Props) {
  const { person, isOneself, ofHub = false, onChange, onGivePassword, given } = props;
  const { onExport, onDelete } = props;
  const { trans } = useChat();
  const { name, display_name: displayName, state, role, made_at: since } = person;
  const groups = person.groups ?? [];
  const [isGrouping, setGrouping] = useState(false);
  const used = person.replies ?? 0;
  const facts = [
    displayName != null && name,
    role === 'admin' && trans.__('administrator'),
    groups.length > 0 &&
      trans._n('group %2', 'groups %2', groups.length, groups.join(', ')),
    trans.__('since %1', timeOrDay(since, new Date())),
    used === 0
      ? trans.__('nothing used this month')
      : [
          trans._n('%2 request this month', '%2 requests this month', used, tokens(used)),
          trans.__('%1 tokens', tokens(person.tokens ?? 0)),
          person.cost != null && dollars(person.cost)
        ]
          .filter(part => part !== false)
          .join(' · ')
  ].filter(part => part !== false);
  return (
    <li className="jc-Entry jc-Person" data-state={state}>
      <span className="jc-Entry-text">
        <span>
          {displayName ?? name}
          {state !== 'active' && <em className="jc-State">{stateName()}</em>}
        </span>
        <small>{facts.join(' · ')}</small>
      </span>
      {isOneself ? (
        <span className="jc-Buttons">
          <small>{trans.__('You')}</small>
          {!ofHub && grouping()}
        </span>
      ) : (
        state !== 'leaving' && (
          <span className="jc-Buttons">
            {state === 'active' ? (
              <>
                {!ofHub &&
                  (role === 'admin'
                    ? change(trans.__('Make a user'), { role: 'user' })
                    : change(trans.__('Make an admin'), { role: 'admin' }))}
                {!ofHub && grouping()}
                {change(trans.__('Disable'), { state: 'disabled' })}
              </>
            ) : state === 'gone' ? (
              <button
                type="button"
                className="jc-Button"
                aria-label={trans.__('Export: %1', name)}
                onClick={onExport}
              >
                {trans.__('Export')}
              </button>
            ) : (
              change(state === 'pending' ? trans.__('Let in') : trans.__('Enable'), {
                state: 'active'
              })
            )}
            {state === 'active' && !ofHub && (
              <ConfirmButton
                label={trans.__('New password…')}
                confirmation={trans.__('Make a new password for “%1”', name)}
                onConfirm={onGivePassword}
              />
            )}
            <ConfirmButton
              label={trans.__('Delete…')}
              confirmation={trans.__('Delete “%1” with all data', name)}
              onConfirm={onDelete}
            />
          </span>
        )
      )}
      {isGrouping && (
        <InlineEdit
          value={groups.join(', ')}
          label={trans.__('Groups of “%1”, with commas between them', name)}
          isOptional
          onDone={text => {
            setGrouping(false);
            const typed = text.split(',').map(group => group.trim());
            onChange({ groups: typed.filter(group => group !== '') });
          }}
          onCancel={() => {
            setGrouping(false);
          }}
        />
      )}
      {given !== null && (
        <div className="jc-Made" role="status">
          <p>{trans.__('Hand this password on. It is shown only now:')}</p>
          <p className="jc-Made-link">
            <code>{given}</code>
            <CopyButton text={given} label={trans.__('Copy the password')} />
          </p>
        </div>
      )}
    </li>
  );

  function grouping() {
    return (
      <button
        type="button"
        className="jc-Button"
        aria-label={trans.__('Groups: %1', name)}
        aria-expanded={isGrouping}
        onClick={() => {
          setGrouping(!isGrouping);
        }}
      >
        {trans.__('Groups…')}
      </button>
    );
  }

  function change(label: string, patch: PersonPatch) {
    return (
      <button
        type="button"
        className="jc-Button"
        aria-label={`${label}: ${name}`}
        onClick={() => {
          onChange(patch);
        }}
      >
        {label}
      </button>
    );
  }

  function stateName(): string {
    switch (state) {
      case 'pending':
        return trans.__('waiting');
      case 'gone':
        return trans.__('gone: the history is kept');
      case 'leaving':
        return trans.__('being deleted');
      default:
        return trans.__('disabled');
    }
  }
}
