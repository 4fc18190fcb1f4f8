import type { User } from '../protocol';
import { AnswerIcon } from './icons';

/** Whoever wrote a message; the name stands beside it, so it is hidden from readers. */
export function Avatar({ user }: { readonly user: User | null | 'model' }) {
  if (user === 'model') {
    return (
      <span className="jc-Avatar jc-mod-model" aria-hidden="true">
        <AnswerIcon />
      </span>
    );
  }
  return (
    <span className="jc-Avatar" aria-hidden="true">
      {user?.avatar_url ? (
        <img src={user.avatar_url} alt="" />
      ) : (
        user?.initials.slice(0, 2)
      )}
    </span>
  );
}
