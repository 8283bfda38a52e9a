import { noteTransfer } from '@jonction/commands';
import {
  AgentTransferred,
  MemberAdmitted,
  MemberSuspended,
  type MergedBody,
  type MergePlan,
  type Registration,
  ServiceSubscribed,
  type SubscribedService,
  WithdrawalRequested,
} from '@jonction/contracts';
import { record } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { apply, endCodes, register } from '../commands/changes.ts';
import { endSigning, endSigningOf } from '../commands/end-mandates.ts';
import { keepStep } from '../commands/steps.ts';
import { Agent } from '../domain/agent.ts';
import { isMember, mostOpen, type Standing, succeed } from '../domain/life.ts';
import { Identifier, Member } from '../domain/member.ts';
import { REMAINS } from '../domain/merge-rules.ts';
import { scheduleLeaving } from './end-membership.ts';

/** The bodies after an operation, and how many agents act for another member since. */
export interface Merged {
  successor: MergedBody;
  restored: MergedBody[];
  agents: number;
}

/**
 * Changes all bodies of an operation that fits. Codes are given up before others take them, so what changes is written in
 * between; all of it is one transaction. Nobody signs for a body that is no more: its mandates end,
 * and no right to sign follows an agent to another member.
 */
export async function mergeBodies(
  em: EntityManager,
  plan: MergePlan,
  { operator, now }: { operator: string; now: Date },
): Promise<Merged> {
  const { effectiveOn: on } = plan;
  const predecessors = await em.find(Member, { memberId: { $in: plan.predecessorMemberIds } });
  for (const body of predecessors) await endCodes(em, body, on);
  await em.flush();
  const out = new Set(plan.comingOut.map(({ memberId }) => memberId));
  await change(em, plan, (memberId) => !out.has(memberId));
  const successor = plan.created
    ? begin(em, operator, plan.successorMemberId, { ...plan.created, on })
    : await em.findOneOrFail(Member, { memberId: plan.successorMemberId });
  await em.flush();
  const restored = await comeOut(em, plan, successor, { operator, now });
  await em.flush();
  await change(em, plan, (memberId) => out.has(memberId));
  const remainsAs = REMAINS[plan.kind] ?? 'ORGANIZATION_KIND_UNSPECIFIED';
  const absorption = { $case: 'absorption', value: { successorMemberId: successor.memberId, remainsAs } } as const;
  for (const body of predecessors) {
    await apply(em, body, on, absorption);
    await endSigning(em, body, now);
  }
  if (predecessors.length > 0) await carryMembership(em, successor, predecessors, { on, now });
  const went = await em.find(Agent, { memberId: { $in: plan.predecessorMemberIds } });
  await transfer(em, went, successor, now);
  await em.flush();
  return {
    successor: await presented(em, successor, on),
    restored: await Promise.all(restored.map(({ body }) => presented(em, body, on))),
    agents: went.length + restored.reduce((sum, one) => sum + one.agents, 0),
  };
}

function begin(em: EntityManager, operator: string, memberId: string, body: Registration & { on: string }): Member {
  const identifiers = body.identifiers.map((one) => ({ ...one, validFrom: body.on, validUntil: '' }));
  return register(em, operator, memberId, { ...body, identifiers }).member;
}

async function change(em: EntityManager, plan: MergePlan, concerns: (memberId: string) => boolean): Promise<void> {
  for (const { memberId, change: what } of plan.changes) {
    if (!what || !concerns(memberId)) continue;
    await apply(em, await em.findOneOrFail(Member, { memberId }), plan.effectiveOn, what);
    if (what.$case === 'identifierChange') await em.flush();
  }
}

/** Bodies are themselves, and members as the commune is out of which they come. */
async function comeOut(
  em: EntityManager,
  { comingOut, effectiveOn: on }: MergePlan,
  commune: Member,
  { operator, now }: { operator: string; now: Date },
): Promise<{ body: Member; agents: number }[]> {
  const all: { body: Member; agents: number }[] = [];
  for (const { memberId, created, identifiers, agentIds } of comingOut) {
    const body = created
      ? begin(em, operator, memberId, { ...created, on })
      : await em.findOneOrFail(Member, { memberId });
    if (!created) await apply(em, body, on, { $case: 'restoration', value: { identifiers } });
    await em.flush();
    await takeStanding(em, body, commune, { on, now });
    const agents = agentIds.length > 0 ? await em.find(Agent, { agentId: { $in: agentIds } }) : [];
    await endSigningOf(em, agents, now);
    await transfer(em, agents, body, now);
    all.push({ body, agents: agents.length });
  }
  return all;
}

/** The successor is a member when one of them was, stands where the most open stood, and has all that they subscribed to. */
async function carryMembership(
  em: EntityManager,
  successor: Member,
  predecessors: Member[],
  at: { on: string; now: Date },
): Promise<void> {
  const members = predecessors.filter(isMember);
  const services = [
    ...new Set([...(isMember(successor) ? [successor] : []), ...members].flatMap((one) => one.services)),
  ];
  const standing = mostOpen(members);
  if (isMember(successor)) addServices(em, successor, services, at);
  else if (standing) await takeStanding(em, successor, { ...standing, services }, at);
}

function addServices(
  em: EntityManager,
  member: Member,
  services: SubscribedService[],
  { on, now }: { on: string; now: Date },
): void {
  const effectiveOn = laterOf(on, member);
  for (const service of services.filter((one) => !member.services.includes(one))) {
    member.services = [...member.services, service];
    keepStep(em, member, { kind: 'STEP_KIND_SUBSCRIPTION', on: effectiveOn, service, now, agentId: '' });
    record(em, ServiceSubscribed, { ...member.fields(), effectiveOn, service });
  }
}

/** The day, or that of the body's own last step when that is later: its history is written in order. */
function laterOf(on: string, { statusSince }: Member): string {
  return statusSince !== null && statusSince > on ? statusSince : on;
}

async function takeStanding(
  em: EntityManager,
  member: Member,
  standing: Standing,
  { on, now }: { on: string; now: Date },
): Promise<void> {
  const effectiveOn = laterOf(on, member);
  const was = isMember(member);
  succeed(member, standing, effectiveOn);
  keepStep(em, member, { kind: 'STEP_KIND_SUCCESSION', on: effectiveOn, now, agentId: '' });
  if (!isMember(member)) return;
  const said = { ...member.fields(), effectiveOn, decisionRef: '' };
  const identifiers = await em.find(Identifier, { memberId: member.memberId });
  if (!was) {
    const { services, admittedOn } = member;
    record(em, MemberAdmitted, { ...member.presented(identifiers), admittedOn: admittedOn ?? '', services });
  }
  if (member.status === 'MEMBER_STATUS_SUSPENDED') record(em, MemberSuspended, said);
  if (member.leavesOn === null) return;
  record(em, WithdrawalRequested, { ...said, leavesOn: member.leavesOn });
  scheduleLeaving(em, member);
}

/** Agents act for another member, with the roles they have: the staff goes where the work goes (CGCT L2113-5). */
async function transfer(em: EntityManager, agents: Agent[], { memberId }: Member, now: Date): Promise<void> {
  for (const agent of agents) {
    const transferred = agent.transfer(memberId, now);
    record(em, AgentTransferred, transferred);
    await noteTransfer(em, transferred);
  }
}

async function presented(em: EntityManager, member: Member, on: string): Promise<MergedBody> {
  const identifiers = await em.find(Identifier, { memberId: member.memberId });
  const {
    memberId,
    name,
    kind,
    departementCode,
    identifiers: codes,
  } = member.presented(identifiers.filter((one) => one.isValidOn(on)));
  const open = isMember(member) && member.status !== 'MEMBER_STATUS_SUSPENDED';
  return { memberId, name, kind, departementCode, identifiers: codes, services: member.services, open };
}
