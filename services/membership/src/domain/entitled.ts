import type { CheckEntitlementResponse, Denial, MemberAccess, MemberStatus, Role } from '@jonction/contracts';

/** What an agent may do: the roles it has, the rights they give, and what may be done for its member. */
export interface Entitled {
  agentId: string;
  /** Empty for an agent of the operator itself. */
  memberId: string;
  subject: string;
  access: MemberAccess;
  roles: ReadonlySet<string>;
  rights: ReadonlySet<string>;
}

/** What is asked of an agent. All that is not empty must hold. */
export interface Wanted {
  subject: string;
  agentId: string;
  right: string;
  role: Role;
  memberId: string;
}

const OPEN: MemberStatus[] = ['MEMBER_STATUS_ACTIVE', 'MEMBER_STATUS_WITHDRAWING'];

/** What may be done for a member that stands there; of one that the board approved, when its services are open. */
export function accessOf(status: MemberStatus | null, services: number): MemberAccess {
  if (status === null || OPEN.includes(status)) return 'MEMBER_ACCESS_OPEN';
  if (status === 'MEMBER_STATUS_APPROVED' && services > 0) return 'MEMBER_ACCESS_OPEN';
  return status === 'MEMBER_STATUS_SUSPENDED' ? 'MEMBER_ACCESS_SUSPENDED' : 'MEMBER_ACCESS_CLOSED';
}

/** Whether an agent may do what is asked, as far as a caller of this member (of the operator, when empty) may know of it. */
export function decide(agent: Entitled | undefined, wanted: Wanted, callerMemberId: string): CheckEntitlementResponse {
  const hidden = callerMemberId !== '' && callerMemberId !== agent?.memberId;
  const another = wanted.subject !== '' && wanted.subject !== agent?.subject;
  if (!agent || hidden || another) return UNKNOWN;
  const { agentId, memberId, access } = agent;
  const denial = denialOf(agent, wanted);
  return { allowed: denial === 'DENIAL_UNSPECIFIED', denial, agentId, memberId, memberAccess: access };
}

const UNKNOWN: CheckEntitlementResponse = {
  allowed: false,
  denial: 'DENIAL_NOT_ENROLLED',
  agentId: '',
  memberId: '',
  memberAccess: 'MEMBER_ACCESS_UNSPECIFIED',
};

function denialOf({ memberId, access, roles, rights }: Entitled, wanted: Wanted): Denial {
  if (wanted.memberId !== '' && memberId !== '' && wanted.memberId !== memberId) return 'DENIAL_OTHER_MEMBER';
  if (wanted.right !== '' && !rights.has(wanted.right)) return 'DENIAL_NOT_GRANTED';
  if (wanted.role !== 'ROLE_UNSPECIFIED' && !roles.has(wanted.role)) return 'DENIAL_NOT_GRANTED';
  return access === 'MEMBER_ACCESS_CLOSED' ? 'DENIAL_MEMBER_CLOSED' : 'DENIAL_UNSPECIFIED';
}
