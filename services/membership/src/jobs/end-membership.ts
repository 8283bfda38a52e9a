import type { Job } from '@jonction/commands';
import { MemberWithdrawn } from '@jonction/contracts';
import { record, schedule } from '@jonction/events';
import type { EntityManager } from '@mikro-orm/postgresql';
import { rulesOf } from '../commands/rules.ts';
import { keepStep } from '../commands/steps.ts';
import { takeStep } from '../domain/life.ts';
import { Member } from '../domain/member.ts';
import { dayAt } from '../domain/operator-rules.ts';

interface Payload {
  operator: string;
  memberId: string;
}

const HOUR = 3_600_000;

/** Ends a membership on the day it leaves, by its operator's clock. Does nothing when it stays after all, or was excluded. */
export const endMembership: Job<Payload> = async (em, { operator, memberId }, { now }) => {
  const member = await em.findOneOrFail(Member, { memberId });
  if (member.leavesOn === null || member.ceasedOn !== null) return;
  if (dayAt(await rulesOf(em, operator), now) < member.leavesOn) return scheduleLeaving(em, member, now);
  // One whose last step is later, a suspension on that very night, ends with it.
  const [effectiveOn = ''] = [member.leavesOn, member.statusSince ?? ''].toSorted().reverse();
  takeStep(member, { kind: 'STEP_KIND_WITHDRAWAL', on: effectiveOn });
  keepStep(em, member, { kind: 'STEP_KIND_WITHDRAWAL', on: effectiveOn, now, agentId: '' });
  record(em, MemberWithdrawn, { ...member.fields(), effectiveOn, decisionRef: '' });
};

/** Has the membership ended on its day: looked at when that day begins in UTC, then each hour, for operators live around the world. */
export function scheduleLeaving(em: EntityManager, { operator, memberId, leavesOn }: Member, now = new Date(0)): void {
  const begins = Date.parse(`${leavesOn}T00:00:00Z`);
  const at = new Date(Math.max(begins, now.getTime() === 0 ? 0 : now.getTime() + HOUR));
  schedule(em, 'end-membership', { operator, memberId } satisfies Payload, { at, key: `leave ${memberId}` });
}
