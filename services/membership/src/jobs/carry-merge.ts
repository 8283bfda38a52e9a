import type { Job } from '@jonction/commands';
import {
  MergeBegun,
  MergeCancelled,
  MergeCompleted,
  type MergePlan,
  MergeUndone,
  OrganizationsMerged,
  OrganizationsSplit,
} from '@jonction/contracts';
import { record, schedule } from '@jonction/events';
import { DomainError } from '@jonction/service';
import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { type Happened, keepMergeStep } from '../commands/merge-steps.ts';
import { rulesOf } from '../commands/rules.ts';
import { situationOf } from '../commands/situation.ts';
import { Identifier } from '../domain/member.ts';
import { Merge, MergeBody, MergeStep } from '../domain/merge.ts';
import { mustFit } from '../domain/merge-rules.ts';
import { dayAt } from '../domain/operator-rules.ts';
import { mergeBodies } from './merge-bodies.ts';

interface Payload {
  operator: string;
  mergeId: string;
}

const HOUR = 3_600_000;

/**
 * Takes an operation one step further, if it can be taken. It runs when the operation is ordered, on its day, when it is
 * called off, and when a service has answered; run more often, or again after a crash, it finds nothing to do.
 *
 *   ordered ──its day──▶ preparing ──all hold──▶ merged ──all have re-attached──▶ complete
 *      │                     │ one refuses, or it is called off
 *      └─────────────────────┴──▶ undoing ──all have let go──▶ cancelled
 *
 * Each arrow is one transaction: the step, what it changes, and the event that the services hear.
 */
export const carryMerge: Job<Payload> = async (em, { mergeId }, { now }) => {
  // One at a time: two answers that come together each have it carried, and the second is to see what the first did.
  const merge = await em.findOneOrFail(Merge, { mergeId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  const steps = await em.find(MergeStep, { mergeId });
  if (merge.status === 'MERGE_STATUS_ORDERED') return begin(em, merge, now);
  const refused = steps.find((step) => step.kind === 'MERGE_STEP_KIND_REFUSED');
  if (merge.status === 'MERGE_STATUS_PREPARING' && refused) return callOff(em, merge, refused.reason);
  if (merge.waitsFor(steps).length > 0) return;
  if (merge.status === 'MERGE_STATUS_PREPARING') return change(em, merge, now);
  if (merge.status === 'MERGE_STATUS_MERGED') {
    record(em, MergeCompleted, merge.complete(now));
    return end(em, merge, 'MERGE_STEP_KIND_COMPLETED', now);
  }
  if (merge.status === 'MERGE_STATUS_UNDOING') {
    record(em, MergeUndone, merge.undo());
    return end(em, merge, 'MERGE_STEP_KIND_UNDONE', now);
  }
};

/** Has an operation taken further, now or on its day; an earlier plan for the same one is replaced. */
export function scheduleCarrying(em: EntityManager, { operator, mergeId }: Payload, at: Date): void {
  schedule(em, 'carry-merge', { operator, mergeId } satisfies Payload, { at, key: `carry ${mergeId}` });
}

/** Keeps a service's answer, and has the operation taken further. */
export async function noteAnswer(em: EntityManager, mergeId: string, answer: Omit<Happened, 'now'>): Promise<void> {
  const merge = await em.findOneOrFail(Merge, { mergeId });
  // When it is known here, which is what people wait for: an event bears the time of what caused it.
  const now = new Date();
  keepMergeStep(em, merge, { ...answer, now });
  scheduleCarrying(em, merge, now);
}

/** Asks the services to hold, once the day has come by the operator's clock. */
async function begin(em: EntityManager, merge: Merge, now: Date): Promise<void> {
  const { operator, effectiveOn } = merge;
  if (dayAt(await rulesOf(em, operator), now) < effectiveOn) {
    // Looked at when that day begins in UTC, then each hour: operators live around the world.
    const begins = Date.parse(`${effectiveOn}T00:00:00Z`);
    return scheduleCarrying(em, merge, new Date(begins > now.getTime() ? begins : now.getTime() + HOUR));
  }
  const plan = merge.planned();
  if (await objects(em, merge, plan, now)) return;
  record(em, MergeBegun, merge.begin(await sirenOf(em, plan)));
  keepMergeStep(em, merge, { kind: 'MERGE_STEP_KIND_BEGUN', now });
}

/** Changes the bodies and says so: the point of no return. */
async function change(em: EntityManager, merge: Merge, now: Date): Promise<void> {
  const plan = merge.planned();
  if (await objects(em, merge, plan, now)) return;
  const { operator } = merge;
  const { successor, restored, agents } = await mergeBodies(em, plan, { operator, now });
  const { kind, effectiveOn, predecessorMemberIds } = plan;
  const fields = merge.carry();
  if (restored.length > 0) record(em, OrganizationsSplit, { ...fields, effectiveOn, remainder: successor, restored });
  else record(em, OrganizationsMerged, { ...fields, kind, effectiveOn, successor, predecessorMemberIds });
  keepMergeStep(em, merge, { kind: 'MERGE_STEP_KIND_MERGED', now, count: agents });
}

/**
 * Whether the bodies, which may have changed since it was ordered, do not let it take place; then it is called off. What
 * `mustFit` refuses it refuses before anything is touched.
 */
async function objects(em: EntityManager, merge: Merge, plan: MergePlan, now: Date): Promise<boolean> {
  try {
    mustFit(plan, await situationOf(em, plan));
    return false;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { reason, text } = error;
    keepMergeStep(em, merge, { kind: 'MERGE_STEP_KIND_REFUSED', now, refusal: { reason, ...text } });
    await callOff(em, merge, reason);
    return true;
  }
}

async function callOff(em: EntityManager, merge: Merge, reason: string): Promise<void> {
  record(em, MergeCancelled, merge.cancel(reason));
  if (merge.hasEnded()) await letGo(em, merge);
}

async function end(
  em: EntityManager,
  merge: Merge,
  kind: 'MERGE_STEP_KIND_COMPLETED' | 'MERGE_STEP_KIND_UNDONE',
  now: Date,
): Promise<void> {
  keepMergeStep(em, merge, { kind, now });
  await letGo(em, merge);
}

/** The bodies of an operation that has ended are free for another. */
export async function letGo(em: EntityManager, { mergeId }: Merge): Promise<void> {
  for (const body of await em.find(MergeBody, { mergeId })) body.running = false;
}

/** The SIREN that the successor will bear; empty when none is known. */
async function sirenOf(em: EntityManager, { created, changes, successorMemberId, effectiveOn }: MergePlan) {
  const scheme = 'IDENTIFIER_SCHEME_SIREN';
  const change = changes
    .filter((one) => one.memberId === successorMemberId)
    .map((one) => (one.change?.$case === 'identifierChange' ? one.change.value : undefined))
    .find((one) => one?.scheme === scheme);
  const given = change ?? created?.identifiers.find((one) => one.scheme === scheme);
  if (given) return given.value;
  const borne = await em.find(Identifier, { memberId: successorMemberId, scheme });
  return borne.find((one) => one.isValidOn(effectiveOn))?.value ?? '';
}
