import { type ComponentType, useCallback, useEffect, useMemo, useState } from 'react';
import { problemOf } from '../../chat/client/problem';
import { ProblemNote } from '../../chat/components/ProblemNote';
import { useChat } from '../../chat/components/context';
import type { SubpageProps } from '../../chat/Chat';
import type { Problem, Profile, SessionInfo } from '../../chat/protocol';
import { Circle } from './Circle';
import { DeleteAccount } from './DeleteAccount';
import { PasswordForm } from './PasswordForm';
import { PeoplePage } from './PeoplePage';
import { ProfileForm } from './ProfileForm';
import { SessionsList } from './SessionsList';
import { AccountCalls } from './calls';
import { goToLogin, signOut } from './signOut';

interface Props {
  readonly onOpen: (page: ComponentType<SubpageProps>) => void;
}

/** One's own account: name, password, where one is signed in, deleting it. */
export function AccountSection({ onOpen }: Props) {
  const { services, trans } = useChat();
  const { baseUrl } = services.server;
  const calls = useMemo(() => new AccountCalls(services.rest), [services]);
  const [profile, setProfile] = useState<Profile | null>(null);
  const [sessions, setSessions] = useState<readonly SessionInfo[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const trying = useCallback((work: Promise<void>) => {
    work.then(
      () => {
        setProblem(null);
      },
      (error: unknown) => {
        setProblem(problemOf(error));
      }
    );
  }, []);
  const load = useCallback(async () => {
    const [mine, all] = await Promise.all([calls.profile(), calls.sessions()]);
    setProfile(mine);
    setSessions(all.sessions);
  }, [calls]);
  useEffect(() => {
    trying(load());
  }, [load, trying]);

  return (
    <section className="jc-Account" aria-labelledby="jc-account">
      <h3 id="jc-account">{trans.__('Your account')}</h3>
      {problem !== null && (
        <ProblemNote
          problem={problem}
          actions={[
            {
              label: trans.__('Try again'),
              run: () => {
                trying(load());
              }
            }
          ]}
        />
      )}
      {profile !== null && (
        <>
          <div className="jc-Who">
            <Circle
              name={profile.display_name ?? profile.name}
              color={profile.color ?? null}
            />
            <span className="jc-Entry-text">
              <strong>{profile.display_name ?? profile.name}</strong>
              <small>
                {profile.role === 'admin'
                  ? trans.__('%1 · administrator', profile.name)
                  : profile.name}
              </small>
            </span>
            <button
              type="button"
              className="jc-Button"
              onClick={() => {
                signOut(baseUrl);
              }}
            >
              {trans.__('Sign out')}
            </button>
          </div>
          {profile.role === 'admin' && (
            <div className="jc-Buttons">
              <button
                type="button"
                className="jc-Button"
                onClick={() => {
                  onOpen(PeoplePage);
                }}
              >
                {trans.__('People and invitations')}
              </button>
            </div>
          )}
          <details className="jc-AccountPart">
            <summary>{trans.__('Name and colour')}</summary>
            <ProfileForm calls={calls} profile={profile} onChanged={setProfile} />
          </details>
          <details className="jc-AccountPart">
            <summary>{trans.__('Password')}</summary>
            <PasswordForm
              calls={calls}
              name={profile.name}
              onChanged={() => {
                trying(load());
              }}
            />
          </details>
          <details className="jc-AccountPart">
            <summary id="jc-sessions">
              {trans._n(
                'Signed in in %1 browser',
                'Signed in in %1 browsers',
                sessions.length
              )}
            </summary>
            <SessionsList
              sessions={sessions}
              onEnd={id => {
                trying(
                  calls.endSession(id).then(left => {
                    setSessions(left.sessions);
                  })
                );
              }}
              onEndAll={() => {
                trying(
                  calls.endAllSessions().then(() => {
                    goToLogin(baseUrl);
                  })
                );
              }}
            />
          </details>
          <DeleteAccount
            onDelete={async password => {
              await calls.leave(password);
              goToLogin(baseUrl);
            }}
          />
        </>
      )}
    </section>
  );
}
