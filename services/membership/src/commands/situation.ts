import type { MergePlan } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Agent } from '../domain/agent.ts';
import { Identifier, Member } from '../domain/member.ts';
import { MergeBody } from '../domain/merge.ts';
import { givenCodes, mustFit, type Situation } from '../domain/merge-rules.ts';
import { refuse } from '../refusals.ts';
import { mustBeSoon } from './plan.ts';

/** Throws whatever forbids that an operation be ordered now; gives what is known of its bodies. */
export async function mustBeStartable(em: EntityManager, plan: MergePlan, now: Date): Promise<Situation> {
  mustBeSoon(plan, now);
  const situation = await situationOf(em, plan);
  mustFit(plan, situation);
  const out = plan.comingOut.map(({ memberId }) => memberId);
  const memberId = { $in: [plan.successorMemberId, ...plan.predecessorMemberIds, ...out] };
  if ((await em.count(MergeBody, { memberId, running: true })) > 0) throw refuse('MERGE_RUNNING');
  return situation;
}

/** What is known of the bodies that a plan names. Throws NOT_FOUND for one that nobody knows and the plan does not create. */
export async function situationOf(em: EntityManager, plan: MergePlan): Promise<Situation> {
  const created = new Set(plan.comingOut.flatMap((one) => (one.created ? [one.memberId] : [])));
  if (plan.created) created.add(plan.successorMemberId);
  const known = (memberId: string): Promise<Member | null> =>
    created.has(memberId) ? em.findOne(Member, { memberId }) : em.findOneOrFail(Member, { memberId });
  await mustBeNewBodies(em, plan);
  const successor = (await known(plan.successorMemberId)) ?? undefined;
  const predecessors: Member[] = [];
  for (const memberId of plan.predecessorMemberIds) predecessors.push(await em.findOneOrFail(Member, { memberId }));
  const comingOut: (Member | undefined)[] = [];
  for (const { memberId } of plan.comingOut) comingOut.push((await known(memberId)) ?? undefined);
  const changed = new Map<string, Member>();
  for (const { memberId } of plan.changes)
    if (!created.has(memberId)) changed.set(memberId, await em.findOneOrFail(Member, { memberId }));
  const bodies = [successor, ...predecessors, ...comingOut, ...changed.values()].filter((one) => one !== undefined);
  return {
    ...{ successor, predecessors, comingOut, changed },
    standsAt: await standsAt(em, comingOut),
    codes: await codesOf(em, plan, bodies),
    agents: await agentsOf(em, plan),
  };
}

/** Throws BODY_KNOWN when a body that is to be created is an organisation that is known under another id. */
async function mustBeNewBodies(em: EntityManager, { created, comingOut }: MergePlan): Promise<void> {
  const ids = [created, ...comingOut.map((one) => one.created)].flatMap((one) => one?.organizationId || []);
  if (ids.length === 0) return;
  const known = await em.count(Member, { organizationId: { $in: ids } });
  if (known > 0 || new Set(ids).size < ids.length) throw refuse('BODY_KNOWN');
}

async function codesOf(em: EntityManager, plan: MergePlan, bodies: Member[]): Promise<Identifier[]> {
  const memberId = { $in: bodies.map((body) => body.memberId) };
  const given = givenCodes(plan).map(({ scheme, value }) => ({ scheme, value }));
  return em.find(Identifier, { $or: [{ memberId }, ...given] });
}

async function agentsOf(em: EntityManager, { comingOut }: MergePlan): Promise<Map<string, string>> {
  const agentId = { $in: comingOut.flatMap((one) => one.agentIds) };
  const agents = agentId.$in.length > 0 ? await em.find(Agent, { agentId }) : [];
  return new Map(agents.map((agent) => [agent.agentId, agent.memberId]));
}

/** The body that stands today where each stood. Each takes another's place once, so this ends. */
async function standsAt(em: EntityManager, bodies: (Member | undefined)[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const body of bodies) {
    let now = body ?? null;
    const passed = new Set<string>();
    while (now?.ceasedOn && now.successorMemberId && !passed.has(now.memberId)) {
      passed.add(now.memberId);
      now = await em.findOne(Member, { memberId: now.successorMemberId });
    }
    if (body && now) found.set(body.memberId, now.memberId);
  }
  return found;
}
