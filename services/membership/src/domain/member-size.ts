/** How large a body is since a day, beside its inhabitants. */
export class MemberSize {
  operator!: string;
  memberId!: string;
  /** The first day on which it is so, `YYYY-MM-DD`. */
  effectiveOn!: string;
  /** Null when not known. */
  budgetEuros!: bigint | null;
  /** Null when not known. */
  staff!: number | null;
}
