import type { IdentifierScheme, MemberAdmitted, MemberStatus, OrganizationKind } from '@jonction/contracts';

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
  /** `YYYY-MM-DD`. */
  admittedOn!: string;
  version!: number;

  /** Says that the organisation is a member now, with the codes it bears. */
  admit(identifiers: Identifier[]): MemberAdmitted {
    this.status = 'MEMBER_STATUS_ACTIVE';
    return {
      operator: this.operator,
      memberId: this.memberId,
      organizationId: this.organizationId,
      kind: this.kind,
      name: this.name,
      departementCode: this.departementCode,
      identifiers: identifiers.map(asMessage),
      admittedOn: this.admittedOn,
    };
  }
}

/** An identifier as the contract shows it. */
export function asMessage({ scheme, value, validFrom, validUntil }: Identifier) {
  return { scheme, value, validFrom: validFrom ?? '', validUntil: validUntil ?? '' };
}
