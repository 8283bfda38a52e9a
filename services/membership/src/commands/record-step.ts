import { type CommandContext, noteRevocation } from '@jonction/commands';
import {
  ApplicationApproved,
  ApplicationReceived,
  ApplicationRefused,
  EntitlementRevoked,
  MemberAdmitted,
  MemberExcluded,
  MemberReinstated,
  MemberSuspended,
  type RecordStepRequest,
  type RecordStepResponse,
  ServiceSubscribed,
  ServiceUnsubscribed,
  type StepKind,
  WithdrawalCancelled,
  WithdrawalRequested,
} from '@jonction/contracts';
import { type EventType, record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Agent, Entitlement } from '../domain/agent.ts';
import { takeStep } from '../domain/life.ts';
import { Identifier, Member } from '../domain/member.ts';
import { leavingDay, type Rules } from '../domain/operator-rules.ts';
import { serviceOfRole } from '../domain/roles.ts';
import { scheduleLeaving } from '../jobs/end-membership.ts';
import { memberMessage } from '../queries/member-message.ts';
import { stepMessage } from '../queries/step-message.ts';
import { refuse } from '../refusals.ts';
import { rulesOf } from './rules.ts';
import { keepStep } from './steps.ts';

const DECISION = /^[A-Za-z0-9_./-]{1,60}$/;
/** What a board or an assembly decides, and the member that leaves by its council. */
const DECIDED: StepKind[] = [
  'STEP_KIND_APPROVAL',
  'STEP_KIND_ADMISSION',
  'STEP_KIND_SUSPENSION',
  'STEP_KIND_WITHDRAWAL_REQUEST',
  'STEP_KIND_EXCLUSION',
];
const OF_A_SERVICE: StepKind[] = ['STEP_KIND_SUBSCRIPTION', 'STEP_KIND_UNSUBSCRIPTION'];

/** One step that is being taken. */
interface At {
  request: RecordStepRequest;
  rules: Rules;
  identifiers: Identifier[];
  context: CommandContext;
}

/** Takes a membership one step further, and says so. */
export async function recordStep(
  em: EntityManager,
  request: RecordStepRequest,
  context: CommandContext,
): Promise<RecordStepResponse> {
  check(request);
  const { now, caller } = context;
  const today = now.toISOString().slice(0, 10);
  const on = request.effectiveOn || today;
  if (on > today) throw refuse('DAY_TO_COME');
  const { memberId, kind, decisionRef, service } = request;
  const member = await em.findOneOrFail(Member, { memberId });
  const identifiers = await em.find(Identifier, { memberId });
  const rules = await rulesOf(em, caller.operator);
  takeStep(member, { kind, on, leavesOn: leavingDay(rules, on) });
  await tell(em, member, on, { request, rules, identifiers, context });
  const step = keepStep(em, member, { kind, on, decisionRef, service, now, agentId: caller.agentId });
  await em.flush();
  return { step: stepMessage(step), member: memberMessage(member, identifiers) };
}

async function tell(em: EntityManager, member: Member, effectiveOn: string, at: At): Promise<void> {
  const { decisionRef, service, kind } = at.request;
  const what = { ...member.fields(), effectiveOn, decisionRef };
  switch (kind) {
    case 'STEP_KIND_APPROVAL':
      return approve(em, member, what, at);
    case 'STEP_KIND_ADMISSION':
      if (member.services.length === 0) member.services = [...at.rules.services.base];
      return record(em, MemberAdmitted, member.admit(at.identifiers));
    case 'STEP_KIND_WITHDRAWAL_REQUEST':
      scheduleLeaving(em, member);
      return record(em, WithdrawalRequested, { ...what, leavesOn: member.leavesOn ?? '' });
    case 'STEP_KIND_SUBSCRIPTION':
      return subscribe(em, member, effectiveOn, at);
    case 'STEP_KIND_UNSUBSCRIPTION':
      if (!member.services.includes(service)) throw refuse('SERVICE_NOT_SUBSCRIBED', { service: inWords(service) });
      member.services = member.services.filter((one) => one !== service);
      record(em, ServiceUnsubscribed, { ...member.fields(), effectiveOn, service });
      return takeRolesBack(em, member, at);
    default:
      return record(em, SAID[kind] as NonNullable<(typeof SAID)[StepKind]>, what);
  }
}

type Plain = { operator: string; memberId: string; organizationId: string; effectiveOn: string; decisionRef: string };

/** What is said of the steps that need no more than their day and their decision. */
const SAID: Partial<Record<StepKind, EventType<Plain>>> = {
  STEP_KIND_APPLICATION: ApplicationReceived,
  STEP_KIND_REFUSAL: ApplicationRefused,
  STEP_KIND_SUSPENSION: MemberSuspended,
  STEP_KIND_REINSTATEMENT: MemberReinstated,
  STEP_KIND_WITHDRAWAL_CANCELLATION: WithdrawalCancelled,
  STEP_KIND_EXCLUSION: MemberExcluded,
};

function approve(em: EntityManager, member: Member, what: Plain, { rules, identifiers }: At): void {
  const servicesOpen = rules.admission.services_open_on_approval;
  if (servicesOpen) member.services = [...rules.services.base];
  const { services } = member;
  record(em, ApplicationApproved, { ...what, ...member.presented(identifiers), servicesOpen, services });
}

function subscribe(em: EntityManager, member: Member, effectiveOn: string, { request, rules }: At): void {
  const { service } = request;
  const { base, optional } = rules.services;
  if (![...base, ...optional].includes(service)) throw refuse('SERVICE_NOT_OFFERED');
  if (member.services.includes(service)) throw refuse('SERVICE_SUBSCRIBED');
  member.services = [...member.services, service];
  record(em, ServiceSubscribed, { ...member.fields(), effectiveOn, service });
}

/** Whoever works for the member in a service that it leaves, works there no more. */
async function takeRolesBack(em: EntityManager, { memberId }: Member, { request, context }: At): Promise<void> {
  const agents = await em.find(Agent, { memberId });
  const agentId = { $in: agents.map((agent) => agent.agentId) };
  const held = await em.find(Entitlement, { agentId, revokedAt: null });
  for (const { agentId: id, role } of held.filter((one) => serviceOfRole[one.role] === request.service)) {
    const agent = agents.find((one) => one.agentId === id) as Agent;
    const revoked = agent.revoke(
      role,
      held.filter((one) => one.agentId === id),
      context.now,
    );
    record(em, EntitlementRevoked, revoked);
    await noteRevocation(em, revoked);
  }
}

/** `teletransmission`, `dce library`. */
export function inWords(service: string): string {
  return service.replace('SUBSCRIBED_SERVICE_', '').replaceAll('_', ' ').toLowerCase();
}

function check({ requestId, memberId, kind, effectiveOn, decisionRef, service }: RecordStepRequest): void {
  const fields = checkFields();
  fields.requestId(requestId);
  fields.uuid('member_id', memberId);
  fields.known('kind', kind);
  fields.expect(
    kind !== 'STEP_KIND_WITHDRAWAL' && kind !== 'STEP_KIND_SUCCESSION',
    'kind',
    'must not be a withdrawal or a succession: these are recorded by themselves',
  );
  fields.day('effective_on', effectiveOn, { optional: true });
  const decided = DECISION.test(decisionRef) || (decisionRef === '' && !DECIDED.includes(kind));
  fields.expect(
    decided,
    'decision_ref',
    'must have 1 to 60 of A-Z a-z 0-9 _ . / -; a decision is needed for this step',
  );
  if (OF_A_SERVICE.includes(kind)) fields.known('service', service);
  else fields.expect(service === 'SUBSCRIBED_SERVICE_UNSPECIFIED', 'service', 'must be said of a subscription only');
  fields.done();
}
