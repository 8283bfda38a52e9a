import type { MemberStatus, StepKind, SubscribedService } from '@jonction/contracts';
import { refuse } from '../refusals.ts';
import type { Member } from './member.ts';

/** One step of a membership, as it is kept. */
export class MembershipStep {
  stepId!: string;
  operator!: string;
  memberId!: string;
  kind!: StepKind;
  /** Where the membership stands since. */
  status!: MemberStatus;
  /** `YYYY-MM-DD`. */
  effectiveOn!: string;
  decisionRef!: string;
  service!: SubscribedService;
  recordedAt!: Date;
  /** Empty when it happened by itself. */
  recordedByAgentId!: string;
}

type Short<T extends string, P extends string> = T extends `${P}${infer S}` ? S : never;
type Status = Short<MemberStatus, 'MEMBER_STATUS_'>;

const MEMBERS: Status[] = ['ACTIVE', 'SUSPENDED', 'WITHDRAWING'];

/** Where a membership must stand for a step to follow. */
const FROM: Partial<Record<StepKind, Status[]>> = {
  STEP_KIND_APPLICATION: ['PROSPECT', 'REFUSED', 'WITHDRAWN', 'EXCLUDED'],
  STEP_KIND_APPROVAL: ['APPLICANT'],
  STEP_KIND_REFUSAL: ['APPLICANT'],
  STEP_KIND_ADMISSION: ['PROSPECT', 'APPROVED'],
  STEP_KIND_SUSPENSION: ['ACTIVE', 'WITHDRAWING'],
  STEP_KIND_REINSTATEMENT: ['SUSPENDED'],
  STEP_KIND_WITHDRAWAL_REQUEST: ['ACTIVE', 'SUSPENDED'],
  STEP_KIND_WITHDRAWAL_CANCELLATION: ['WITHDRAWING', 'SUSPENDED'],
  STEP_KIND_WITHDRAWAL: ['WITHDRAWING', 'SUSPENDED'],
  STEP_KIND_EXCLUSION: MEMBERS,
  STEP_KIND_SUBSCRIPTION: [...MEMBERS, 'APPROVED'],
  STEP_KIND_UNSUBSCRIPTION: [...MEMBERS, 'APPROVED'],
};

const LEADS_TO: Partial<Record<StepKind, Status>> = {
  STEP_KIND_APPLICATION: 'APPLICANT',
  STEP_KIND_APPROVAL: 'APPROVED',
  STEP_KIND_REFUSAL: 'REFUSED',
  STEP_KIND_ADMISSION: 'ACTIVE',
  STEP_KIND_SUSPENSION: 'SUSPENDED',
  STEP_KIND_WITHDRAWAL: 'WITHDRAWN',
  STEP_KIND_EXCLUSION: 'EXCLUDED',
};

/** Where a membership stands, with what it has. */
export type Standing = Pick<Member, 'status' | 'leavesOn' | 'services'>;

/** The most open of several standings of members; undefined when none of them is a member. */
export function mostOpen(standings: Standing[]): Standing | undefined {
  const order: readonly Status[] = ['ACTIVE', 'WITHDRAWING', 'SUSPENDED'];
  const ranked = standings.filter(isMember).toSorted((a, b) => rank(a) - rank(b));
  return ranked[0];

  function rank({ status }: Standing): number {
    return order.indexOf(status.replace('MEMBER_STATUS_', '') as Status);
  }
}

/** Whether it is a member, also one that is suspended or about to leave. */
export function isMember({ status }: Pick<Member, 'status'>): boolean {
  return MEMBERS.includes(status.replace('MEMBER_STATUS_', '') as Status);
}

/**
 * Has a body stand where another stood, whose place it took or out of which it came. Its own membership begins anew that
 * day; what the other had decided, to leave or to be suspended, goes with it.
 */
export function succeed(member: Member, standing: Standing, on: string): void {
  member.mustLive();
  if (isMember(standing) && !isMember(member)) member.admittedOn = on;
  const { status, leavesOn, services } = standing;
  Object.assign(member, { status, leavesOn, services: [...services], statusSince: on });
}

/** A step as it is asked for. */
export interface Step {
  kind: StepKind;
  /** `YYYY-MM-DD`. */
  on: string;
  /** The day it leaves, for a withdrawal request. */
  leavesOn?: string;
}

/**
 * Takes a membership one step further. A suspended member may ask to leave, and one that leaves may be suspended: it stays
 * suspended until the day. Throws BODY_CEASED, STEP_UNFIT, DATES_CONTRADICT.
 */
export function takeStep(member: Member, { kind, on, leavesOn }: Step): void {
  member.mustLive();
  const status = member.status.replace('MEMBER_STATUS_', '') as Status;
  const leaving = member.leavesOn !== null;
  const fits = FROM[kind]?.includes(status) && !unfitForLeaving(kind, leaving);
  if (!fits) throw refuse('STEP_UNFIT', { status: status.toLowerCase() });
  if (member.statusSince !== null && on < member.statusSince)
    throw refuse('DATES_CONTRADICT', { since: member.statusSince });
  member.statusSince = on;
  if (kind === 'STEP_KIND_WITHDRAWAL_REQUEST') member.leavesOn = leavesOn ?? on;
  if (kind === 'STEP_KIND_WITHDRAWAL_CANCELLATION') member.leavesOn = null;
  if (kind === 'STEP_KIND_ADMISSION') member.admittedOn = on;
  if (kind === 'STEP_KIND_EXCLUSION' || kind === 'STEP_KIND_WITHDRAWAL') endsWith(member);
  member.status = `MEMBER_STATUS_${LEADS_TO[kind] ?? afterwards(kind, status, member)}`;
}

function unfitForLeaving(kind: StepKind, leaving: boolean): boolean {
  if (kind === 'STEP_KIND_WITHDRAWAL_REQUEST') return leaving;
  return (kind === 'STEP_KIND_WITHDRAWAL_CANCELLATION' || kind === 'STEP_KIND_WITHDRAWAL') && !leaving;
}

function endsWith(member: Member): void {
  member.leavesOn = null;
  member.services = [];
}

function afterwards(kind: StepKind, status: Status, { leavesOn }: Member): Status {
  if (kind !== 'STEP_KIND_REINSTATEMENT' && (status === 'SUSPENDED' || status === 'APPROVED')) return status;
  return leavesOn === null ? 'ACTIVE' : 'WITHDRAWING';
}
