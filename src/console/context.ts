/** What a verb of the control plane is given: who acts, on which wallet, and with what. */
import type { AccountPlaneDeps } from './deps';
import type { Permission, Role } from './permissions';

type ActorKind = 'user' | 'api_key' | 'operator' | 'system';

export interface Actor {
  kind: ActorKind;
  id: string;
  /** An e-mail address, or a key's name. */
  name: string;
}

/** Where a request came from, for the audit log. */
export interface RequestOrigin {
  ip: string | null;
  userAgent: string | null;
  requestId: string;
}

/** What the operator's pages are given. The operator's own changes are recorded in the gateway's log. */
export interface OperatorContext extends AccountPlaneDeps {
  actor: Actor;
  from: RequestOrigin;
  accountId: string;
  organization: null;
}

export interface OrganizationRef {
  id: string;
  slug: string;
  name: string;
}

export interface VerbContext extends AccountPlaneDeps {
  actor: Actor;
  from: RequestOrigin;
  /** The wallet, personal or an organization's. */
  accountId: string;
  organization: OrganizationRef | null;
  /** The member's role; `owner` in a personal wallet; null for an API key. */
  role: Role | null;
  permissions: ReadonlySet<Permission>;
}
