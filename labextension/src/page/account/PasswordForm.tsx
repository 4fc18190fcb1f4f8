import { useState } from 'react';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat } from '../../chat/components/context';
import type { AccountCalls } from './calls';
import { TextField } from './TextField';
import { useForm } from './useForm';

interface Props {
  readonly calls: AccountCalls;
  readonly name: string;
  readonly onChanged: () => void;
}

/** Another password; all other browsers are signed out. */
export function PasswordForm({ calls, name, onChanged }: Props) {
  const { trans, announce } = useChat();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const { form, problem, onSubmit } = useForm(async () => {
    await calls.change({ password: { current, new: next } });
    setCurrent('');
    setNext('');
    announce(trans.__('The password was changed.'));
    onChanged();
  });
  const isKnown = problem?.field?.startsWith('password.') === true;
  return (
    <form ref={form} className="jc-AccountForm" onSubmit={onSubmit}>
      {/* for password managers: whose it is */}
      <input type="text" autoComplete="username" value={name} readOnly hidden />
      <TextField
        name="password.current"
        label={trans.__('Present password')}
        type="password"
        value={current}
        required
        maxLength={1000}
        autoComplete="current-password"
        problem={problem}
        onType={setCurrent}
      />
      <TextField
        name="password.new"
        label={trans.__('New password')}
        type="password"
        value={next}
        hint={trans.__('8 characters at least. All other browsers are signed out.')}
        required
        minLength={8}
        maxLength={1000}
        autoComplete="new-password"
        problem={problem}
        onType={setNext}
      />
      {problem !== null && !isKnown && <ProblemNote problem={problem} />}
      <div className="jc-Buttons">
        <button type="submit" className="jc-Button jc-mod-accent">
          {trans.__('Change the password')}
        </button>
      </div>
    </form>
  );
}
