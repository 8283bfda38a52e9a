import type { CommandContext } from '@jonction/commands';
import { MergeOrdered, MergePlan, type StartMergeRequest, type StartMergeResponse } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Merge, MergeBody, type Part } from '../domain/merge.ts';
import { scheduleCarrying } from '../jobs/carry-merge.ts';
import { mergeMessage } from '../queries/merge-message.ts';
import { keepMergeStep } from './merge-steps.ts';
import { checkPlan } from './plan.ts';
import { mustBeStartable } from './situation.ts';

/** Orders an operation; from here on it runs by itself. */
export async function startMerge(
  em: EntityManager,
  request: StartMergeRequest,
  { now, caller }: CommandContext,
): Promise<StartMergeResponse> {
  const fields = checkFields();
  fields.requestId(request.requestId);
  const asked = checkPlan(fields, request.plan);
  fields.done();
  const plan = { ...asked, successorMemberId: asked.successorMemberId || uuidv7() };
  await mustBeStartable(em, plan, now);
  const merge = em.create(Merge, {
    mergeId: uuidv7(),
    operator: caller.operator,
    kind: plan.kind,
    status: 'MERGE_STATUS_ORDERED',
    effectiveOn: plan.effectiveOn,
    successorMemberId: plan.successorMemberId,
    plan: MergePlan.toJSON(plan),
    version: 1,
  });
  takeBodies(em, merge, plan);
  record(em, MergeOrdered, merge.order());
  const ordered = keepMergeStep(em, merge, { kind: 'MERGE_STEP_KIND_ORDERED', now, agentId: caller.agentId });
  scheduleCarrying(em, merge, now);
  return { merge: mergeMessage(merge, [ordered]) };
}

/** Of two operations that take a body at once, a unique index lets one through. */
function takeBodies(em: EntityManager, { operator, mergeId }: Merge, plan: MergePlan): void {
  const out = plan.comingOut.map(({ memberId }) => memberId);
  const parts: [Part, string[]][] = [
    ['SUCCESSOR', [plan.successorMemberId]],
    ['PREDECESSOR', plan.predecessorMemberIds],
    ['RESTORED', out],
  ];
  for (const [part, ids] of parts)
    for (const memberId of ids) em.create(MergeBody, { operator, mergeId, memberId, part, running: true });
}
