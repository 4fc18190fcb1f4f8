import { useCallback, useMemo, useState } from 'react';
import type { SubpageProps } from '../../chat/Chat';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat } from '../../chat/components/context';
import type { Translator } from '../../chat/i18n';
import type { LimitScope, LimitSettings } from '../../chat/protocol';
import { TextField } from '../account/TextField';
import { useForm } from '../account/useForm';
import { Subpage } from './Subpage';
import { AdminCalls } from './calls';
import {
  COUNTED,
  OWN,
  type RuleField,
  type Whose,
  nameOfField,
  readRule,
  ruleOf,
  shown,
  typed
} from './ruleFields';
import { useLoaded } from './useLoaded';

/** In the list of whose limits there are: somebody of whom nothing is said yet. */
const SOMEBODY: Whose = { scope: 'person', name: '' };
const NEW_ROLE: Whose = { scope: 'role', name: '' };

/** What limits people: everyone, those with a role, one person, all together. */
export function LimitsPage({ onDone }: SubpageProps) {
  const { services, trans, announce } = useChat();
  const calls = useMemo(() => new AdminCalls(services.rest), [services]);
  const { found, note, take } = useLoaded<LimitSettings>(
    useCallback(() => calls.limits(), [calls])
  );
  const [whose, setWhose] = useState<Whose>({ scope: 'everyone', name: '' });
  return (
    <Subpage title={trans.__('Limits')} onDone={onDone}>
      <p className="jc-Settings-note">
        {trans.__(
          'What is said of a person goes before what is said of a role, and that before what is said of everyone. What all may take together holds beside that.'
        )}
      </p>
      {note}
      {found?.ignored != null && <ProblemNote problem={found.ignored} />}
      {found !== null && (
        <>
          <WhoseField settings={found} whose={whose} onChoose={setWhose} />
          <RuleForm
            key={JSON.stringify(whose)}
            settings={found}
            whose={whose}
            onSend={async (name, rule) => {
              const after = await calls.changeLimits({ scope: whose.scope, name, rule });
              take(after);
              announce(trans.__('Saved.'));
              setWhose({ scope: whose.scope, name: nameIn(after, whose, name) });
            }}
          />
        </>
      )}
    </Subpage>
  );
}

/** As what somebody is in the list whose name was typed; nothing where nothing is said of them. */
function nameIn(settings: LimitSettings, { scope, name }: Whose, typed: string): string {
  const { stored, names } = settings;
  if (name !== '' || (scope !== 'person' && scope !== 'role')) {
    return name;
  }
  if (scope === 'role') {
    return stored.roles !== undefined && typed in stored.roles ? typed : '';
  }
  const isMeant = (id: string) =>
    id === typed || names[id]?.toLowerCase() === typed.toLowerCase();
  return Object.keys(stored.users ?? {}).find(isMeant) ?? '';
}

interface WhoseFieldProps {
  readonly settings: LimitSettings;
  readonly whose: Whose;
  readonly onChoose: (whose: Whose) => void;
}

function WhoseField({ settings, whose, onChoose }: WhoseFieldProps) {
  const { trans } = useChat();
  const { stored, fixed, roles } = settings;
  const people = Object.keys({ ...stored.users, ...fixed.users });
  const choices: Whose[] = [
    { scope: 'everyone', name: '' },
    { scope: 'together', name: '' },
    ...roles.flatMap((name): Whose[] => [
      { scope: 'role', name },
      { scope: 'role_together', name }
    ]),
    NEW_ROLE,
    ...people.map((name): Whose => ({ scope: 'person', name })),
    SOMEBODY
  ];
  return (
    <div className="jc-Field jc-Admin-whose">
      <label htmlFor="jc-whose">{trans.__('Whose limits')}</label>
      <select
        id="jc-whose"
        value={JSON.stringify(whose)}
        onChange={event => {
          onChoose(JSON.parse(event.target.value) as Whose);
        }}
      >
        {choices.map(each => (
          <option key={JSON.stringify(each)} value={JSON.stringify(each)}>
            {nameOf(each, settings, trans)}
          </option>
        ))}
      </select>
    </div>
  );
}

function nameOf({ scope, name }: Whose, settings: LimitSettings, trans: Translator) {
  const names: Record<LimitScope, string> = {
    everyone: trans.__('Everyone, each'),
    together: trans.__('All people together'),
    role:
      name === ''
        ? trans.__('Another role or group…')
        : trans.__('Role “%1”, each', name),
    role_together: trans.__('Role “%1”, together', name),
    person: name === '' ? trans.__('Another person…') : (settings.names[name] ?? name)
  };
  return names[scope];
}

interface RuleFormProps {
  readonly settings: LimitSettings;
  readonly whose: Whose;
  readonly onSend: (name: string, rule: ReturnType<typeof readRule>) => Promise<void>;
}

function RuleForm({ settings, whose, onSend }: RuleFormProps) {
  const { trans } = useChat();
  const stored = ruleOf(settings.stored, whose);
  const fixed = ruleOf(settings.fixed, whose);
  const isTogether = whose.scope === 'together' || whose.scope === 'role_together';
  const fields: readonly RuleField[] = isTogether ? COUNTED : [...COUNTED, ...OWN];
  const [entered, setEntered] = useState<Partial<Record<RuleField, string>>>(() =>
    Object.fromEntries(fields.map(field => [field, typed(stored[field], trans)]))
  );
  const [name, setName] = useState('');
  const asksName = whose.name === '' && ['person', 'role'].includes(whose.scope);
  const { form, problem, onSubmit } = useForm(async () => {
    await onSend(asksName ? name.trim() : whose.name, readRule(entered, trans));
  });
  const isOfField =
    problem?.field === 'name' || fields.some(field => problem?.field === `rule.${field}`);
  return (
    <form ref={form} className="jc-AccountForm jc-Admin-rule" onSubmit={onSubmit}>
      {asksName && (
        <TextField
          name="name"
          required
          label={
            whose.scope === 'role'
              ? trans.__('Name of the role or group')
              : trans.__('Name')
          }
          value={name}
          problem={problem}
          onType={setName}
        />
      )}
      <div className="jc-Admin-fields">
        {fields.map(field => {
          const isFixed = fixed[field] !== undefined;
          return (
            <TextField
              key={field}
              name={`rule.${field}`}
              label={nameOfField(field, trans)}
              inputMode={
                field === 'models'
                  ? undefined
                  : field.startsWith('dollars')
                    ? 'decimal'
                    : 'numeric'
              }
              disabled={isFixed}
              hint={
                isFixed
                  ? trans.__('Set in the server’s configuration, which goes before this.')
                  : field === 'models'
                    ? trans.__('Patterns such as gpt-6-*, with commas between them.')
                    : undefined
              }
              placeholder={
                whose.scope === 'everyone' || isTogether
                  ? trans.__('no limit')
                  : trans.__('nothing of its own')
              }
              value={isFixed ? shown(fixed[field], trans) : (entered[field] ?? '')}
              problem={problem}
              onType={text => {
                setEntered({ ...entered, [field]: text });
              }}
            />
          );
        })}
      </div>
      <p className="jc-Settings-note">
        {whose.scope === 'role' || whose.scope === 'person'
          ? trans.__(
              'A field that is empty says nothing: what is said more generally holds. “none” takes that limit away.'
            )
          : trans.__('A field that is empty is no limit.')}
      </p>
      {problem !== null && !isOfField && <ProblemNote problem={problem} />}
      <button type="submit" className="jc-Button jc-mod-accent">
        {trans.__('Save')}
      </button>
    </form>
  );
}
