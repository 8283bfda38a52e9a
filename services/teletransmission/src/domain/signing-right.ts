import type { ActNature } from '@jonction/contracts';

/** The mandate of an executive, who signs everything by right, as teletransmission heard of it from membership. */
export class KnownMandate {
  mandateId!: string;
  operator!: string;
  memberId!: string;
  agentId!: string;
  /** Null when it had started before it was told: then no two clocks need to agree. */
  startsAt!: Date | null;
  /** Null while no end is known. */
  endsAt!: Date | null;
  /** Told to be over: whatever the clocks say, it holds no more. */
  ended!: boolean;

  holdsAt(at: Date): boolean {
    return !this.ended && isWithin(this, at);
  }
}

/** A delegation under such a mandate, as heard. Its mandate may not be known yet. */
export class KnownDelegation {
  delegationId!: string;
  operator!: string;
  memberId!: string;
  mandateId!: string;
  agentId!: string;
  /** Any when empty. */
  natures!: ActNature[];
  /** 0 for any. */
  maxAmountCents!: number;
  /** As of a mandate. */
  startsAt!: Date | null;
  endsAt!: Date | null;
  revoked!: boolean;

  covers({ nature, amountCents, at }: Signing): boolean {
    if (this.revoked || !isWithin(this, at)) return false;
    const ofNature = this.natures.length === 0 || this.natures.includes(nature);
    return ofNature && (this.maxAmountCents === 0 || amountCents <= this.maxAmountCents);
  }
}

export interface Signing {
  agentId: string;
  nature: ActNature;
  /** 0 when the act has none. */
  amountCents: number;
  at: Date;
}

/** By what somebody signs; `delegationId` is empty for who signs by right. */
export interface Title {
  mandateId: string;
  delegationId: string;
}

/**
 * By what an agent may sign, from what is known of one member; undefined when it may not. A delegation counts while its
 * mandate does, so it does not matter which of the two was heard first.
 */
export function titleOf(mandates: KnownMandate[], delegations: KnownDelegation[], signing: Signing): Title | undefined {
  const holding = mandates.filter((mandate) => mandate.holdsAt(signing.at));
  const own = holding.find(({ agentId }) => agentId === signing.agentId);
  if (own) return { mandateId: own.mandateId, delegationId: '' };
  const given = delegations.find(
    (delegation) =>
      delegation.agentId === signing.agentId &&
      delegation.covers(signing) &&
      holding.some(({ mandateId }) => mandateId === delegation.mandateId),
  );
  return given && { mandateId: given.mandateId, delegationId: given.delegationId };
}

function isWithin({ startsAt, endsAt }: { startsAt: Date | null; endsAt: Date | null }, at: Date): boolean {
  return (startsAt === null || startsAt <= at) && (endsAt === null || at < endsAt);
}
