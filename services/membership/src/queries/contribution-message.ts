import { Contribution } from '@jonction/contracts';
import type { AssessedContribution } from '../domain/assessed-contribution.ts';
import type { Calculation } from '../domain/contribution.ts';

/** A contribution as the contract shows it: as it was fixed, with who has paid since. */
export function assessedMessage(assessed: AssessedContribution): Contribution {
  const { contributionId, scheduleId, dueOn, settledOn, overdueOn, payers } = assessed;
  return {
    ...Contribution.fromJSON(assessed.calculation),
    ...{ contributionId, scheduleId, dueOn, settledOn: settledOn ?? '', overdueOn: overdueOn ?? '' },
    payers: payers.map((payer) => ({ ...payer, cents: BigInt(payer.cents) })),
  };
}

/** The same of one that was not fixed. */
export function calculatedMessage(calculation: Calculation, scheduleId: string): Contribution {
  return Contribution.fromPartial({ ...calculation, scheduleId });
}
