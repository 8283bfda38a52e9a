import type { MergePlan } from '@jonction/contracts';
import type { checkFields } from '@jonction/service';
import { refuse } from '../refusals.ts';
import { checkChange, checkRegistration } from './changes.ts';
import { checkIdentifiers } from './identifiers.ts';

const MOST_BODIES = 50;
const MOST_CHANGES = 500;
const MOST_AGENTS = 100;
const MOST_IDENTIFIERS = 5;
const YEARS_AHEAD = 2;
const DECISION = /^[A-Za-z0-9_./-]{0,60}$/;

type Fields = ReturnType<typeof checkFields>;

/** Checks what a plan says, field by field; whether its bodies fit is another question. */
export function checkPlan(fields: Fields, plan: MergePlan | undefined): MergePlan {
  fields.expect(plan !== undefined, 'plan', 'must say what changes');
  if (!plan) return undefined as never;
  const { kind, effectiveOn, decisionRef, successorMemberId, created } = plan;
  fields.known('plan.kind', kind);
  fields.day('plan.effective_on', effectiveOn);
  fields.expect(DECISION.test(decisionRef), 'plan.decision_ref', 'must have 60 at most of A-Z a-z 0-9 _ . / -');
  fields.uuid('plan.successor_member_id', successorMemberId, { optional: created !== undefined });
  if (created) checkRegistration(fields, 'plan.created.', created);
  checkIds(fields, 'plan.predecessor_member_ids', plan.predecessorMemberIds, MOST_BODIES);
  checkComingOut(fields, plan);
  checkChanges(fields, plan);
  return plan;
}

/** Throws DAY_TOO_FAR for a day that is more than two years ahead. */
export function mustBeSoon({ effectiveOn }: MergePlan, now: Date): void {
  const farthest = new Date(now);
  farthest.setUTCFullYear(farthest.getUTCFullYear() + YEARS_AHEAD);
  if (effectiveOn > farthest.toISOString().slice(0, 10)) throw refuse('DAY_TOO_FAR', { years: YEARS_AHEAD });
}

function checkIds(fields: Fields, where: string, ids: string[], most: number): void {
  fields.expect(ids.length <= most, where, `must be ${most} at most`);
  fields.expect(new Set(ids).size === ids.length, where, 'must name each once');
  for (const [at, id] of ids.slice(0, most).entries()) fields.uuid(`${where}[${at}]`, id);
}

function checkComingOut(fields: Fields, { comingOut }: MergePlan): void {
  const most = comingOut.length <= MOST_BODIES;
  fields.expect(most, 'plan.coming_out', `must be ${MOST_BODIES} at most`);
  const once = new Set(comingOut.map(({ memberId }) => memberId)).size === comingOut.length;
  fields.expect(once, 'plan.coming_out', 'must name each body once');
  for (const [at, { memberId, created, identifiers, agentIds }] of comingOut.slice(0, MOST_BODIES).entries()) {
    const where = `plan.coming_out[${at}]`;
    fields.uuid(`${where}.member_id`, memberId);
    if (created) checkRegistration(fields, `${where}.created.`, created);
    checkIdentifiers(fields, `${where}.identifiers`, identifiers, MOST_IDENTIFIERS);
    checkIds(fields, `${where}.agent_ids`, agentIds, MOST_AGENTS);
  }
}

function checkChanges(fields: Fields, { changes }: MergePlan): void {
  fields.expect(changes.length <= MOST_CHANGES, 'plan.changes', `must be ${MOST_CHANGES} at most`);
  for (const [at, { memberId, change }] of changes.slice(0, MOST_CHANGES).entries()) {
    const where = `plan.changes[${at}]`;
    fields.uuid(`${where}.member_id`, memberId);
    fields.expect(change !== undefined, where, 'must say what changes');
    if (change) checkChange(fields, `${where}.`, change);
  }
}
