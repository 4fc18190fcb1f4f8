import type { Rest } from '../../chat/client/rest';
import type {
  AuditPage,
  AuditVerdict,
  FlaggedList,
  FlaggedSeen,
  LimitSettings,
  LimitsChange,
  PeopleUsage,
  SharedSourceInfo,
  SharedSourceOffer
} from '../../chat/protocol';

/** What whoever administers a server does; each rejects with a `ProblemError`. */
export class AdminCalls {
  readonly #rest: Pick<Rest, 'ask'>;

  constructor(rest: Pick<Rest, 'ask'>) {
    this.#rest = rest;
  }

  usage(): Promise<PeopleUsage> {
    return this.#rest.ask('GET', 'admin/usage');
  }

  limits(): Promise<LimitSettings> {
    return this.#rest.ask('GET', 'admin/limits');
  }

  changeLimits(change: LimitsChange): Promise<LimitSettings> {
    return this.#rest.ask('PUT', 'admin/limits', change);
  }

  flagged(unseen: boolean, before: string | null): Promise<FlaggedList> {
    const which = new URLSearchParams({ unseen: String(unseen), before: before ?? '' });
    return this.#rest.ask('GET', `admin/flagged?${which.toString()}`);
  }

  see(flaggedIds: readonly string[]): Promise<FlaggedSeen> {
    return this.#rest.ask('POST', 'admin/flagged/seen', { flagged_ids: flaggedIds });
  }

  audit(person: string, event: string, before: number | null): Promise<AuditPage> {
    const from = before === null ? '' : String(before);
    const which = new URLSearchParams({ person, event, before: from });
    return this.#rest.ask('GET', `admin/audit?${which.toString()}`);
  }

  verify(): Promise<AuditVerdict> {
    return this.#rest.ask('POST', 'admin/audit/verify');
  }

  source(): Promise<SharedSourceInfo> {
    return this.#rest.ask('GET', 'admin/source');
  }

  setSource(offer: SharedSourceOffer): Promise<SharedSourceInfo> {
    return this.#rest.ask('PUT', 'admin/source', offer);
  }

  removeSource(): Promise<SharedSourceInfo> {
    return this.#rest.ask('DELETE', 'admin/source');
  }
}
