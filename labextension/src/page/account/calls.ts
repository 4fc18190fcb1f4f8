import type { Rest } from '../../chat/client/rest';
import type {
  GivenPassword,
  InvitationInfo,
  InvitationList,
  InvitationOffer,
  PeoplePage,
  PersonInfo,
  PersonPatch,
  PersonState,
  Profile,
  ProfilePatch,
  SessionList
} from '../../chat/protocol';

/** One's own account, and what administrators do; each rejects with a `ProblemError`. */
export class AccountCalls {
  readonly #rest: Pick<Rest, 'ask'>;

  constructor(rest: Pick<Rest, 'ask'>) {
    this.#rest = rest;
  }

  profile(): Promise<Profile> {
    return this.#rest.ask('GET', 'profile');
  }

  change(patch: ProfilePatch): Promise<Profile> {
    return this.#rest.ask('PATCH', 'profile', patch);
  }

  leave(password: string): Promise<SessionList> {
    return this.#rest.ask('DELETE', 'profile', { password });
  }

  sessions(): Promise<SessionList> {
    return this.#rest.ask('GET', 'sessions');
  }

  endSession(id: string): Promise<SessionList> {
    return this.#rest.ask('DELETE', `sessions/${id}`);
  }

  endAllSessions(): Promise<SessionList> {
    return this.#rest.ask('DELETE', 'sessions');
  }

  people(begins: string, state: PersonState | '', after: string): Promise<PeoplePage> {
    const which = new URLSearchParams({ begins, state, after });
    return this.#rest.ask('GET', `people?${which.toString()}`);
  }

  changePerson(id: string, patch: PersonPatch): Promise<PersonInfo> {
    return this.#rest.ask('PATCH', `people/${id}`, patch);
  }

  deletePerson(id: string): Promise<PersonInfo> {
    return this.#rest.ask('DELETE', `people/${id}`);
  }

  givePassword(id: string): Promise<GivenPassword> {
    return this.#rest.ask('POST', `people/${id}/password`);
  }

  invitations(): Promise<InvitationList> {
    return this.#rest.ask('GET', 'invitations');
  }

  invite(offer: InvitationOffer): Promise<InvitationInfo> {
    return this.#rest.ask('POST', 'invitations', offer);
  }

  takeBack(id: string): Promise<InvitationList> {
    return this.#rest.ask('DELETE', `invitations/${id}`);
  }
}
