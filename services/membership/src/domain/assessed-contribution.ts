import type { ContributionOverdue, ContributionPayer, ContributionSettled } from '@jonction/contracts';
import { refuse } from '../refusals.ts';
import { sum } from './contribution.ts';

/** A part as it is kept: cents as text, for JSON has no whole numbers of that size. */
type KeptPayer = Omit<ContributionPayer, 'cents'> & { cents: string };

/** What a member pays in a year, as it was fixed. Only who has paid changes. */
export class AssessedContribution {
  contributionId!: string;
  operator!: string;
  memberId!: string;
  year!: number;
  scheduleId!: string;
  totalCents!: bigint;
  /** The calculation: a Contribution in proto3 JSON, without its payers. */
  calculation!: object;
  payers!: KeptPayer[];
  assessedAt!: Date;
  /** The last day to pay, `YYYY-MM-DD`. */
  dueOn!: string;
  /** Since when all of it is paid, or null. */
  settledOn!: string | null;
  /** The first day on which it was late, or null. */
  overdueOn!: string | null;
  version!: number;

  /** Says that a payer has paid its part. Throws NO_SUCH_PAYER, PART_SETTLED. */
  settle(payerId: string, on: string): ContributionSettled {
    const payer = this.payers.find((one) => one.payerId === payerId);
    if (!payer) throw refuse('NO_SUCH_PAYER');
    if (payer.settledOn) throw refuse('PART_SETTLED', { day: payer.settledOn });
    // Another list: the one that was read is what a change is told from.
    this.payers = this.payers.map((one) => (one === payer ? { ...one, settledOn: on } : one));
    const remainingCents = this.remainingCents();
    const days = this.payers.map((one) => one.settledOn).toSorted();
    if (remainingCents === 0n) this.settledOn = days.at(-1) ?? on;
    return { ...this.fields(), payerId, cents: BigInt(payer.cents), remainingCents, settledOn: on };
  }

  /** Says that it is late, once; undefined when it is paid, said already, or not late. */
  fallOverdue(today: string): ContributionOverdue | undefined {
    if (this.settledOn !== null || this.overdueOn !== null || today <= this.dueOn) return undefined;
    this.overdueOn = today;
    return { ...this.fields(), remainingCents: this.remainingCents(), dueOn: this.dueOn };
  }

  remainingCents(): bigint {
    return sum(this.payers.filter((one) => !one.settledOn).map((one) => BigInt(one.cents)));
  }

  /** What every event of it begins with. */
  fields() {
    const { operator, memberId, contributionId, year } = this;
    return { operator, memberId, contributionId, year };
  }
}
