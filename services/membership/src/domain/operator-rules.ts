import type { MemberStatus, OrganizationKind, SubscribedService } from '@jonction/contracts';

/** When a withdrawal takes effect: when the notice has run, or at the first end of a budget year after that. */
export type WithdrawalEffect = 'END_OF_NOTICE' | 'END_OF_BUDGET_YEAR';

/** Votes by inhabitants: the first band that a body does not exceed counts; the last one has no end. */
export type VoteBand = { up_to?: number | undefined; votes: number };

export interface CollegeRule {
  id: string;
  name: string;
  kinds: OrganizationKind[];
  voice: 'DELIBERATIVE' | 'CONSULTATIVE';
  votes: VoteBand[];
}

/** What an operator's manifest says of its members' life. */
export interface Rules {
  /** The operator's clock, such as `Europe/Paris`. */
  time_zone: string;
  withdrawal: { notice_months: number; effect: WithdrawalEffect };
  admission: { services_open_on_approval: boolean };
  services: { base: SubscribedService[]; optional: SubscribedService[] };
  colleges: CollegeRule[];
}

/** The rules of one operator, as its manifest said when the service started. */
export class OperatorRules {
  operator!: string;
  rules!: Rules;
}

/** The first day on which a member that asks on a day is a member no more. Both `YYYY-MM-DD`. */
export function leavingDay({ withdrawal }: Pick<Rules, 'withdrawal'>, requestedOn: string): string {
  const end = addMonths(requestedOn, withdrawal.notice_months);
  if (withdrawal.effect === 'END_OF_NOTICE' || end.endsWith('-01-01')) return end;
  return `${Number(end.slice(0, 4)) + 1}-01-01`;
}

/** A stretch of months ends on the day of the same number, or on the last of a month that has none (CPC art. 641). */
function addMonths(day: string, months: number): string {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last))).toISOString().slice(0, 10);
}

/** The day it is at an instant by the operator's clock, `YYYY-MM-DD`. */
export function dayAt({ time_zone: timeZone }: Pick<Rules, 'time_zone'>, at: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}

/** The instant at which a day begins by the operator's clock; that of the next day for `after` 1. */
export function midnightOf({ time_zone: timeZone }: Pick<Rules, 'time_zone'>, day: string, after = 0): Date {
  const wanted = Date.parse(`${day}T00:00:00Z`) + after * 86_400_000;
  // What the clock shows there, taken for UTC. The second look is for a night in which the clock is put forward or back.
  const shown = (at: number) =>
    Date.parse(`${new Date(at).toLocaleString('sv-SE', { timeZone, hourCycle: 'h23' }).replace(' ', 'T')}Z`);
  const near = wanted - (shown(wanted) - wanted);
  return new Date(near - (shown(near) - wanted));
}

/** Whether a membership votes where it stands. */
export const VOTING: readonly MemberStatus[] = ['MEMBER_STATUS_ACTIVE', 'MEMBER_STATUS_WITHDRAWING'];

/** The college a body votes in and its votes there, or undefined when no college is for its kind. */
export function voteOf(
  { colleges }: Pick<Rules, 'colleges'>,
  { kind, municipalPopulation }: { kind: OrganizationKind; municipalPopulation: number },
): { college: CollegeRule; votes: number } | undefined {
  const college = colleges.find(({ kinds }) => kinds.includes(kind));
  const band = college?.votes.find(({ up_to: most }) => most === undefined || municipalPopulation <= most);
  return college && { college, votes: band?.votes ?? 0 };
}
