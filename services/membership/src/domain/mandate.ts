import type {
  ActNature,
  MandateEndCause,
  MandateEnded,
  MandateFunction,
  MandateStarted,
  OrganizationKind,
  SigningDelegationExpiring,
  SigningDelegationGranted,
  SigningDelegationRevoked,
} from '@jonction/contracts';
import { refuse } from '../refusals.ts';
import type { Agent } from './agent.ts';

type Kinds = readonly OrganizationKind[];

const COMMUNES: Kinds = ['ORGANIZATION_KIND_COMMUNE', 'ORGANIZATION_KIND_NEW_COMMUNE'];
/** No legal persons: nobody signs for them. */
const REMAINS: Kinds = ['ORGANIZATION_KIND_DELEGATED_COMMUNE', 'ORGANIZATION_KIND_ASSOCIATED_COMMUNE'];
/** Whose executive may be neither mayor nor president. */
const DIRECTED: Kinds = ['ORGANIZATION_KIND_PUBLIC_ESTABLISHMENT', 'ORGANIZATION_KIND_SEML', 'ORGANIZATION_KIND_OTHER'];

/** Which bodies have a function. */
const FITS: Partial<Record<MandateFunction, (kind: OrganizationKind) => boolean>> = {
  MANDATE_FUNCTION_MAYOR: (kind) => COMMUNES.includes(kind),
  MANDATE_FUNCTION_DEPUTY_MAYOR: (kind) => COMMUNES.includes(kind),
  MANDATE_FUNCTION_PRESIDENT: (kind) => !COMMUNES.includes(kind),
  MANDATE_FUNCTION_VICE_PRESIDENT: (kind) => !COMMUNES.includes(kind),
  MANDATE_FUNCTION_COUNCILLOR: () => true,
  MANDATE_FUNCTION_AUTHORIZING_OFFICER: (kind) => DIRECTED.includes(kind),
};

/** The functions of an executive: CGCT L2122-18, L5211-9, L3221-3, L4231-3; of a public establishment, what its statutes say. */
const EXECUTIVE: readonly MandateFunction[] = [
  'MANDATE_FUNCTION_MAYOR',
  'MANDATE_FUNCTION_PRESIDENT',
  'MANDATE_FUNCTION_AUTHORIZING_OFFICER',
];

/** Whether who has this function signs everything by right, and alone may let others sign. */
export function isExecutive(name: MandateFunction): boolean {
  return EXECUTIVE.includes(name);
}

/** Throws OTHER_MEMBER unless the caller acts for this member, or for the operator (no member). */
export function mustActFor(memberId: string, callerMemberId: string): void {
  if (callerMemberId !== '' && callerMemberId !== memberId) throw refuse('OTHER_MEMBER');
}

/** Throws AGENT_OF_ANOTHER_MEMBER unless the agent is of this member. */
export function mustBeOf(memberId: string, agent: Pick<Agent, 'memberId'>): void {
  if (agent.memberId !== memberId) throw refuse('AGENT_OF_ANOTHER_MEMBER');
}

/** What an agent is elected or appointed to for its member. It holds from `startsAt` on, and no more at `endsAt`. */
export class Mandate {
  mandateId!: string;
  operator!: string;
  memberId!: string;
  agentId!: string;
  function!: MandateFunction;
  executive!: boolean;
  startsAt!: Date;
  /** Null while no end is known. */
  endsAt!: Date | null;
  /** Unspecified while nobody ended it. */
  endCause!: MandateEndCause;
  version!: number;

  /** Throws AGENT_OF_ANOTHER_MEMBER, FUNCTION_UNFIT, ENDS_BEFORE_START. */
  start(kind: OrganizationKind, agent: Pick<Agent, 'memberId'>): MandateStarted {
    mustBeOf(this.memberId, agent);
    if (REMAINS.includes(kind) || !FITS[this.function]?.(kind)) throw refuse('FUNCTION_UNFIT');
    mustEndAfterStart(this);
    const { executive, startsAt, endsAt } = this;
    return { ...this.fields(), executive, startsAt, endsAt: endsAt ?? undefined };
  }

  /** Ends it at an instant that is past, or now. Throws MANDATE_OVER, DAY_TO_COME, ENDS_BEFORE_START. */
  end(cause: MandateEndCause, at: Date, now: Date): MandateEnded {
    this.mustNotBeOver(now);
    if (at > now) throw refuse('DAY_TO_COME');
    // One that is to start later is dropped: it never holds.
    const never = this.startsAt > now;
    if (!never && at < this.startsAt) throw refuse('ENDS_BEFORE_START', { since: this.startsAt.toISOString() });
    this.endsAt = never ? this.startsAt : at;
    this.endCause = cause;
    return { ...this.fields(), endedAt: this.endsAt, cause };
  }

  holdsAt(at: Date): boolean {
    return this.startsAt <= at && !this.isOverAt(at);
  }

  isOverAt(at: Date): boolean {
    return this.endsAt !== null && this.endsAt <= at;
  }

  /** Throws MANDATE_OVER. */
  mustNotBeOver(now: Date): void {
    const dropped = this.endCause !== 'MANDATE_END_CAUSE_UNSPECIFIED';
    if (dropped || this.isOverAt(now)) throw refuse('MANDATE_OVER', { since: this.endsAt?.toISOString() ?? '' });
  }

  private fields() {
    const { operator, memberId, mandateId, agentId } = this;
    return { operator, memberId, mandateId, agentId, function: this.function };
  }
}

/** A permission to sign in the place of who has a mandate. It holds while both do. */
export class SigningDelegation {
  delegationId!: string;
  operator!: string;
  memberId!: string;
  mandateId!: string;
  agentId!: string;
  /** Any when empty. */
  natures!: ActNature[];
  /** 0 for any. */
  maxAmountCents!: number;
  startsAt!: Date;
  /** Null when it has no end of its own. */
  endsAt!: Date | null;
  orderRef!: string;
  revokedAt!: Date | null;
  /** The last warning of its end: 30, 7 or 1 days before; 0 for none. */
  warnedDays!: number;
  version!: number;

  /** Throws MANDATE_OVER, DELEGATOR_UNFIT, AGENT_OF_ANOTHER_MEMBER, DELEGATE_IS_DELEGATOR, ENDS_BEFORE_START, DELEGATION_BEYOND_MANDATE. */
  grant(mandate: Mandate, agent: Pick<Agent, 'agentId' | 'memberId'>, now: Date): SigningDelegationGranted {
    mandate.mustNotBeOver(now);
    if (!mandate.executive) throw refuse('DELEGATOR_UNFIT');
    mustBeOf(mandate.memberId, agent);
    if (agent.agentId === mandate.agentId) throw refuse('DELEGATE_IS_DELEGATOR');
    mustEndAfterStart(this);
    const { startsAt, endsAt, natures, maxAmountCents, orderRef } = this;
    const last = mandate.endsAt;
    if (startsAt < mandate.startsAt || (last !== null && (startsAt >= last || (endsAt !== null && endsAt > last)))) {
      const until = last?.toISOString() ?? '-';
      throw refuse('DELEGATION_BEYOND_MANDATE', { since: mandate.startsAt.toISOString(), until });
    }
    const scope = { natures: [...natures], maxAmountCents: BigInt(maxAmountCents) };
    return { ...this.fields(), ...scope, startsAt, endsAt: endsAt ?? undefined, orderRef };
  }

  /** Takes it back from now on. Throws DELEGATION_OVER. */
  revoke(mandate: Mandate, now: Date): SigningDelegationRevoked {
    const end = this.endWith(mandate);
    if (this.revokedAt !== null || (end !== null && end <= now))
      throw refuse('DELEGATION_OVER', { since: (this.revokedAt ?? end)?.toISOString() ?? '' });
    this.revokedAt = now;
    return { ...this.fields(), revokedAt: now };
  }

  /** Notes that its end was warned of. */
  warn(days: number, endsAt: Date): SigningDelegationExpiring {
    this.warnedDays = days;
    return { ...this.fields(), endsAt, daysLeft: days };
  }

  /** The first instant at which it holds no more, whatever ends it; null while no end is known. */
  endWith(mandate: Mandate): Date | null {
    const ends = [this.endsAt, this.revokedAt, mandate.endsAt].filter((end) => end !== null);
    return ends.length === 0 ? null : new Date(Math.min(...ends.map(Number)));
  }

  holdsAt(mandate: Mandate, at: Date): boolean {
    const end = this.endWith(mandate);
    return this.startsAt <= at && mandate.startsAt <= at && (end === null || at < end);
  }

  private fields() {
    const { operator, memberId, delegationId, mandateId, agentId } = this;
    return { operator, memberId, delegationId, mandateId, agentId };
  }
}

function mustEndAfterStart({ startsAt, endsAt }: { startsAt: Date; endsAt: Date | null }): void {
  if (endsAt !== null && endsAt <= startsAt) throw refuse('ENDS_BEFORE_START', { since: startsAt.toISOString() });
}
