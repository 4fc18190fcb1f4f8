import { useState } from 'react';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat } from '../../chat/components/context';
import { TextField } from './TextField';
import { useForm } from './useForm';

interface Props {
  readonly onDelete: (password: string) => Promise<void>;
}

/** Deletes the account, with all there is of it; the password confirms that. */
export function DeleteAccount({ onDelete }: Props) {
  const { trans } = useChat();
  const [password, setPassword] = useState('');
  const { form, problem, onSubmit } = useForm(() => onDelete(password));
  return (
    <details className="jc-AccountPart">
      <summary>{trans.__('Delete the account…')}</summary>
      <form ref={form} className="jc-AccountForm" onSubmit={onSubmit}>
        <p>
          {trans.__(
            'Your conversations, settings, keys and what was recorded of your usage are deleted, and nobody can bring them back. Take your history along before: see “Your history” below.'
          )}
        </p>
        <TextField
          name="password"
          label={trans.__('Password')}
          type="password"
          value={password}
          required
          maxLength={1000}
          autoComplete="current-password"
          problem={problem}
          onType={setPassword}
        />
        {problem !== null && problem.field !== 'password' && (
          <ProblemNote problem={problem} />
        )}
        <div className="jc-Buttons">
          <button type="submit" className="jc-Button jc-mod-danger">
            {trans.__('Delete my account and all its data')}
          </button>
        </div>
      </form>
    </details>
  );
}
