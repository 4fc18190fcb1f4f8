import { useState } from 'react';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat } from '../../chat/components/context';
import type { Profile } from '../../chat/protocol';
import type { AccountCalls } from './calls';
import { Circle, COLORS } from './Circle';
import { TextField } from './TextField';
import { useForm } from './useForm';

interface Props {
  readonly calls: AccountCalls;
  readonly profile: Profile;
  readonly onChanged: (profile: Profile) => void;
}

/** What one is called, and the colour of one's circle. */
export function ProfileForm({ calls, profile, onChanged }: Props) {
  const { trans, announce } = useChat();
  const [displayName, setDisplayName] = useState(profile.display_name ?? '');
  const [name, setName] = useState(profile.name);
  const [color, setColor] = useState(profile.color ?? null);
  const { form, problem, onSubmit } = useForm(async () => {
    onChanged(await calls.change({ name, display_name: displayName, color }));
    announce(trans.__('Saved.'));
  });
  const shown = displayName.trim() || name;
  return (
    <form ref={form} className="jc-AccountForm" onSubmit={onSubmit}>
      <TextField
        name="display_name"
        label={trans.__('Name')}
        value={displayName}
        placeholder={name}
        maxLength={80}
        autoComplete="name"
        problem={problem}
        onType={setDisplayName}
      />
      <TextField
        name="name"
        label={trans.__('Name to sign in with')}
        value={name}
        required
        maxLength={64}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        problem={problem}
        onType={setName}
      />
      <fieldset className="jc-Colors">
        <legend>{trans.__('Colour')}</legend>
        {[null, ...COLORS].map(each => (
          <label key={each ?? 'none'} title={nameOf(each)}>
            <input
              type="radio"
              name="color"
              checked={color === each}
              aria-label={nameOf(each)}
              onChange={() => {
                setColor(each);
              }}
            />
            <Circle name={shown} color={each} />
          </label>
        ))}
      </fieldset>
      {problem !== null && problem.field == null && <ProblemNote problem={problem} />}
      <div className="jc-Buttons">
        <button type="submit" className="jc-Button jc-mod-accent">
          {trans.__('Save')}
        </button>
      </div>
    </form>
  );

  function nameOf(each: string | null): string {
    const names: Record<string, string> = {
      '#1d4ed8': trans.__('Blue'),
      '#0f766e': trans.__('Teal'),
      '#15803d': trans.__('Green'),
      '#a16207': trans.__('Ochre'),
      '#b91c1c': trans.__('Red'),
      '#be185d': trans.__('Pink'),
      '#7e22ce': trans.__('Violet')
    };
    return each === null ? trans.__('No colour') : names[each];
  }
}
