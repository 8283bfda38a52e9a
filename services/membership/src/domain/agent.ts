import type {
  AgentEnrolled,
  AgentTransferred,
  EntitlementGranted,
  EntitlementRevoked,
  Role,
} from '@jonction/contracts';
import { refuse } from '../refusals.ts';
import { rightsOfRole, roleIsOfOperator } from './roles.ts';

/** A role that an agent has, or had. */
export class Entitlement {
  entitlementId!: string;
  operator!: string;
  agentId!: string;
  role!: Role;
  grantedAt!: Date;
  revokedAt!: Date | null;
}

/** A person who acts for a member, or for the operator when `memberId` is empty. */
export class Agent {
  agentId!: string;
  operator!: string;
  memberId!: string;
  /** The `sub` of its tokens. */
  subject!: string;
  displayName!: string;
  enrolledAt!: Date;
  version!: number;

  enrol(): AgentEnrolled {
    return { operator: this.operator, memberId: this.memberId, agentId: this.agentId, subject: this.subject };
  }

  /** Has it act for another member; the roles it has stay. */
  transfer(memberId: string, transferredAt: Date): AgentTransferred {
    const fromMemberId = this.memberId;
    this.memberId = memberId;
    return { ...this.fields(), fromMemberId, transferredAt };
  }

  /** Throws OTHER_MEMBER unless the caller manages this agent: the operator's manages all, a member's its own. */
  mustBeManagedBy(callerMemberId: string): void {
    if (callerMemberId !== '' && callerMemberId !== this.memberId) throw refuse('OTHER_MEMBER');
  }

  /** Gives a role, as a new entitlement. `held` are the entitlements it has now. */
  grant(entitlement: Entitlement, held: Entitlement[], now: Date): EntitlementGranted {
    const ofOperator = roleIsOfOperator[entitlement.role];
    if (ofOperator !== undefined && ofOperator !== (this.memberId === '')) throw refuse('ROLE_UNFIT');
    if (held.some(({ role }) => role === entitlement.role)) throw refuse('ROLE_GRANTED');
    entitlement.grantedAt = now;
    const { entitlementId, role } = entitlement;
    return { ...this.fields(), entitlementId, role, rights: [...(rightsOfRole[role] ?? [])], grantedAt: now };
  }

  /** Takes a role back. `held` are the entitlements it has now. */
  revoke(role: Role, held: Entitlement[], now: Date): EntitlementRevoked {
    const entitlement = held.find((one) => one.role === role);
    if (!entitlement) throw refuse('ROLE_NOT_GRANTED');
    entitlement.revokedAt = now;
    return { ...this.fields(), entitlementId: entitlement.entitlementId, role, revokedAt: now };
  }

  private fields() {
    return { operator: this.operator, memberId: this.memberId, agentId: this.agentId };
  }
}
