import type { CommandContext } from '@jonction/commands';
import {
  ContributionSettled,
  type SettleContributionRequest,
  type SettleContributionResponse,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AssessedContribution } from '../domain/assessed-contribution.ts';
import { dayAt } from '../domain/operator-rules.ts';
import { assessedMessage } from '../queries/contribution-message.ts';
import { refuse } from '../refusals.ts';
import { rulesOf } from './rules.ts';
import { checkYear } from './schedule-fields.ts';

const PAYER = /^([a-z][a-z0-9-]{0,31})?$/;

/** Records that a payer has paid its part. */
export async function settleContribution(
  em: EntityManager,
  request: SettleContributionRequest,
  { now, caller }: CommandContext,
): Promise<SettleContributionResponse> {
  const fields = checkFields();
  fields.requestId(request.requestId);
  fields.uuid('member_id', request.memberId);
  checkYear(fields, 'year', request.year);
  fields.expect(PAYER.test(request.payerId), 'payer_id', 'must be empty, or 1 to 32 of a-z 0-9 -, a letter first');
  fields.day('settled_on', request.settledOn, { optional: true });
  fields.done();
  const { memberId, year, payerId } = request;
  const today = dayAt(await rulesOf(em, caller.operator), now);
  const settledOn = request.settledOn || today;
  if (settledOn > today) throw refuse('DAY_TO_COME');
  const contribution = await em.findOneOrFail(AssessedContribution, { memberId, year });
  record(em, ContributionSettled, contribution.settle(payerId, settledOn));
  await em.flush();
  return { contribution: assessedMessage(contribution) };
}
