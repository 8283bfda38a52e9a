import type {
  IdentifierScheme,
  MemberAdmitted,
  MemberStatus,
  OrganizationKind,
  OrganizationRegistered,
  SubscribedService,
} from '@jonction/contracts';
import { refuse } from '../refusals.ts';

/** A code of the State that stands for a member during some time. */
export class Identifier {
  identifierId!: string;
  operator!: string;
  memberId!: string;
  scheme!: IdentifierScheme;
  value!: string;
  /** `YYYY-MM-DD`, or null when it has always been so. */
  validFrom!: string | null;
  /** `YYYY-MM-DD`, or null while it is valid. */
  validUntil!: string | null;

  isValidOn(day: string): boolean {
    return (this.validFrom === null || this.validFrom <= day) && (this.validUntil === null || day <= this.validUntil);
  }
}

/** How a body was described during some time that is over. */
export class PastDescription {
  pastDescriptionId!: string;
  operator!: string;
  memberId!: string;
  kind!: OrganizationKind;
  name!: string;
  epciSiren!: string;
  municipalPopulation!: number;
  /** `YYYY-MM-DD`, or null when it had always been so. */
  validFrom!: string | null;
  /** `YYYY-MM-DD`, the last day. */
  validUntil!: string;

  holdsOn(day: string): boolean {
    return (this.validFrom === null || this.validFrom <= day) && day <= this.validUntil;
  }
}

/** What of a body changes in time, beside its codes. */
export type Description = Pick<Member, 'kind' | 'name' | 'epciSiren' | 'municipalPopulation'>;

/** An organisation and its membership with one operator. Its identity is ours: every code of it can change. */
export class Member {
  memberId!: string;
  operator!: string;
  organizationId!: string;
  kind!: OrganizationKind;
  name!: string;
  nameSearch!: string;
  departementCode!: string;
  /** 0 when not known. */
  municipalPopulation!: number;
  status!: MemberStatus;
  /** `YYYY-MM-DD`, or null when it is no member. */
  admittedOn!: string | null;
  /** Since when the membership stands where it does, `YYYY-MM-DD`, or null when it never began. */
  statusSince!: string | null;
  /** The first day on which it is a member no more, `YYYY-MM-DD`, or null unless it asked to leave. */
  leavesOn!: string | null;
  services!: SubscribedService[];
  /** The SIREN of its grouping, or empty. */
  epciSiren!: string;
  /** Since when it is described so, `YYYY-MM-DD`, or null when it has always been so. */
  describedSince!: string | null;
  /** The first day on which it is no more, or null while it lives. */
  ceasedOn!: string | null;
  /** The member that took its place, or null. */
  successorMemberId!: string | null;
  version!: number;

  /** Says that the operator knows the body, without its being a member. */
  register(identifiers: Identifier[]): OrganizationRegistered {
    this.status = 'MEMBER_STATUS_PROSPECT';
    const { kind, name, departementCode, epciSiren, municipalPopulation } = this;
    const what = { kind, name, departementCode, epciSiren, municipalPopulation };
    return { ...this.fields(), ...what, identifiers: identifiers.map(asMessage) };
  }

  /**
   * Describes the body anew from a day on. Gives the description that ends the day before, or undefined when that had not
   * lasted a day. Throws BODY_CEASED, DATES_CONTRADICT.
   */
  describe(on: string, news: Partial<Description>): Omit<PastDescription, 'pastDescriptionId' | 'holdsOn'> | undefined {
    this.mustLive();
    if (this.describedSince !== null && on < this.describedSince)
      throw refuse('DATES_CONTRADICT', { since: this.describedSince });
    const { operator, memberId, kind, name, epciSiren, municipalPopulation, describedSince } = this;
    Object.assign(this, news);
    if (describedSince === on) return undefined;
    this.describedSince = on;
    const before = { kind, name, epciSiren, municipalPopulation };
    return { operator, memberId, ...before, validFrom: describedSince, validUntil: dayBefore(on) };
  }

  /** Ends the body, from a day on. Throws BODY_CEASED, SAME_BODY, DATES_CONTRADICT. */
  cease(on: string, successor: Member | undefined): void {
    this.mustLive();
    if (successor?.memberId === this.memberId) throw refuse('SAME_BODY');
    successor?.mustLive();
    if (this.describedSince !== null && on < this.describedSince)
      throw refuse('DATES_CONTRADICT', { since: this.describedSince });
    this.ceasedOn = on;
    this.successorMemberId = successor?.memberId ?? null;
  }

  /** Makes the body itself again, from a day on. Gives the member it had gone into, or an empty string. Throws BODY_LIVES. */
  restore(on: string): string {
    if (this.ceasedOn === null) throw refuse('BODY_LIVES');
    if (on < this.ceasedOn) throw refuse('DATES_CONTRADICT', { since: this.ceasedOn });
    const from = this.successorMemberId ?? '';
    this.ceasedOn = null;
    this.successorMemberId = null;
    return from;
  }

  mustLive(): void {
    if (this.ceasedOn !== null) throw refuse('BODY_CEASED');
  }

  /** What every event of the body begins with. */
  fields() {
    return { operator: this.operator, memberId: this.memberId, organizationId: this.organizationId };
  }

  /** Says that the organisation is a member now, with the codes it bears. */
  admit(identifiers: Identifier[]): MemberAdmitted {
    this.status = 'MEMBER_STATUS_ACTIVE';
    return { ...this.presented(identifiers), admittedOn: this.admittedOn ?? '', services: this.services };
  }

  /** What other services know of a body that may work. */
  presented(identifiers: Identifier[]) {
    const { kind, name, departementCode } = this;
    return { ...this.fields(), kind, name, departementCode, identifiers: identifiers.map(asMessage) };
  }
}

/** An identifier as the contract shows it. */
export function asMessage({ scheme, value, validFrom, validUntil }: Identifier) {
  return { scheme, value, validFrom: validFrom ?? '', validUntil: validUntil ?? '' };
}

/** The day before, `YYYY-MM-DD`. */
export function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}
