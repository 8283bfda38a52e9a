import type { MergeKind, MergePlan, OrganizationKind } from '@jonction/contracts';
import { refuse } from '../refusals.ts';
import type { Identifier, Member } from './member.ts';

/** What is known of the bodies that a plan names. */
export interface Situation {
  /** Undefined when nobody has this id, which is well for a body that is to be created. */
  successor: Member | undefined;
  predecessors: Member[];
  /** In the order of the plan; undefined as above. */
  comingOut: (Member | undefined)[];
  /** The body that stands today where a ceased one stood, by its id. */
  standsAt: Map<string, string>;
  /** Those of whom the plan changes something else. */
  changed: Map<string, Member>;
  /** All codes of all these bodies, and those of others that bear a code which the plan gives. */
  codes: Identifier[];
  /** Which member each named agent acts for. */
  agents: Map<string, string>;
}

const COMMUNAL: readonly OrganizationKind[] = ['ORGANIZATION_KIND_COMMUNE', 'ORGANIZATION_KIND_NEW_COMMUNE'];

/** What is left of a predecessor. */
export const REMAINS: Partial<Record<MergeKind, OrganizationKind>> = {
  MERGE_KIND_NEW_COMMUNE: 'ORGANIZATION_KIND_DELEGATED_COMMUNE',
  MERGE_KIND_ASSOCIATION: 'ORGANIZATION_KIND_ASSOCIATED_COMMUNE',
};

/**
 * Refuses an operation that could not be carried out; asked when it is ordered, when it begins, and once more in the
 * transaction that carries it out. What passes is carried out without a refusal.
 */
export function mustFit(plan: MergePlan, at: Situation): void {
  const restores = plan.kind === 'MERGE_KIND_RESTORATION';
  const parts = restores
    ? plan.comingOut.length > 0 && plan.predecessorMemberIds.length === 0 && plan.created === undefined
    : plan.predecessorMemberIds.length > 0 && plan.comingOut.length === 0;
  if (!parts) throw refuse('MERGE_UNFIT');
  if (plan.predecessorMemberIds.includes(plan.successorMemberId)) throw refuse('SAME_BODY');
  if (plan.comingOut.some(({ memberId }) => memberId === plan.successorMemberId)) throw refuse('SAME_BODY');
  if (plan.created && at.successor) throw refuse('BODY_KNOWN');
  at.successor?.mustLive();
  for (const body of at.predecessors) body.mustLive();
  kindsFit(plan, at);
  for (const body of at.predecessors) daysFit(body, plan.effectiveOn, at.codes);
  if (restores) restorationsFit(plan, at);
  changesFit(plan, at);
  codesFit(plan, at);
}

function kindsFit({ kind, created, comingOut }: MergePlan, { successor, predecessors }: Situation): void {
  const into = created?.kind ?? successor?.kind ?? 'ORGANIZATION_KIND_UNSPECIFIED';
  const out = comingOut.flatMap((one) => (one.created ? [one.created.kind] : []));
  const all = [into, ...predecessors.map((body) => body.kind), ...out];
  const fit =
    kind === 'MERGE_KIND_GROUPINGS'
      ? all.every((one) => one === into && !COMMUNAL.includes(one))
      : all.every((one) => COMMUNAL.includes(one));
  if (!fit) throw refuse('KINDS_DIFFER');
}

/** Nothing is known of the body since that day or later. */
function daysFit({ memberId, describedSince }: Member, on: string, codes: Identifier[]): void {
  mustBeSince(describedSince, on);
  for (const code of codes) if (code.memberId === memberId) mustBeOlder(code, on);
}

function mustBeSince(since: string | null, on: string): void {
  if (since !== null && on < since) throw refuse('DATES_CONTRADICT', { since });
}

/** A code that is to end the day before must have been valid then. */
function mustBeOlder({ validFrom, validUntil }: Identifier, on: string): void {
  const over = validUntil !== null && validUntil < on;
  if (!over && validFrom !== null && validFrom >= on) throw refuse('DATES_CONTRADICT', { since: validFrom });
}

function restorationsFit({ comingOut, successorMemberId, effectiveOn }: MergePlan, at: Situation): void {
  for (const [nth, { created, agentIds }] of comingOut.entries()) {
    const body = at.comingOut[nth];
    if (created && body) throw refuse('BODY_KNOWN');
    if (body) {
      if (body.ceasedOn === null) throw refuse('BODY_LIVES');
      if (at.standsAt.get(body.memberId) !== successorMemberId) throw refuse('BODY_ELSEWHERE');
      mustBeSince(body.ceasedOn, effectiveOn);
      mustBeSince(body.describedSince, effectiveOn);
    }
    if (agentIds.some((agentId) => at.agents.get(agentId) !== successorMemberId)) throw refuse('AGENT_ELSEWHERE');
  }
}

function changesFit(plan: MergePlan, at: Situation): void {
  const seen = new Set<string>();
  for (const one of plan.changes) {
    const code = one.change?.$case === 'identifierChange' ? one.change.value.scheme : undefined;
    const what = `${one.memberId} ${one.change?.$case} ${code ?? ''}`;
    // Nothing changes twice in a day: which of the two would hold?
    if (!mayChange(plan, one.memberId, code !== undefined) || seen.has(what)) throw refuse('MERGE_UNFIT');
    seen.add(what);
    const body = at.changed.get(one.memberId);
    if (!plan.comingOut.some(({ memberId }) => memberId === one.memberId)) body?.mustLive();
    if (!code) mustBeSince(body?.describedSince ?? null, plan.effectiveOn);
    const ending = at.codes.filter(({ memberId, scheme }) => memberId === one.memberId && scheme === code);
    for (const ends of ending) mustBeOlder(ends, plan.effectiveOn);
  }
}

/** What goes into another changes no more; what is created is said to be right at once, and what comes out with its codes. */
function mayChange(plan: MergePlan, memberId: string, code: boolean): boolean {
  const out = plan.comingOut.find((one) => one.memberId === memberId);
  const created = out?.created ?? (memberId === plan.successorMemberId ? plan.created : undefined);
  return !plan.predecessorMemberIds.includes(memberId) && !created && !(out && code);
}

/** A code that the plan gives is borne by nobody from that day on, unless by one who has given it up before, in its order. */
function codesFit(plan: MergePlan, { codes }: Situation): void {
  const given = givenCodes(plan);
  if (new Set(given.map(({ scheme, value }) => `${scheme} ${value}`)).size < given.length)
    throw refuse('IDENTIFIER_TAKEN');
  const givenUpAt = ({ memberId, scheme }: Identifier) => {
    if (plan.predecessorMemberIds.includes(memberId)) return -1;
    const nth = plan.changes.findIndex(
      ({ memberId: id, change }) =>
        id === memberId && change?.$case === 'identifierChange' && change.value.scheme === scheme,
    );
    return nth === -1 ? Number.POSITIVE_INFINITY : nth;
  };
  for (const { scheme, value, nth } of given) {
    const bearers = codes.filter((code) => code.scheme === scheme && code.value === value);
    const still = bearers.filter(({ validUntil }) => validUntil === null || validUntil >= plan.effectiveOn);
    if (still.some((code) => givenUpAt(code) >= nth)) throw refuse('IDENTIFIER_TAKEN');
  }
}

/** The codes that a plan gives, with the place of the change that gives them; bodies begin after all changes of others. */
export function givenCodes(
  plan: Pick<MergePlan, 'created' | 'comingOut' | 'changes'>,
): (Pick<Identifier, 'scheme' | 'value'> & { nth: number })[] {
  const out = plan.comingOut.flatMap((one) => [...one.identifiers, ...(one.created?.identifiers ?? [])]);
  const begins = [...(plan.created?.identifiers ?? []), ...out];
  return [
    ...plan.changes.flatMap(({ change }, nth) =>
      change?.$case === 'identifierChange' ? [{ ...change.value, nth }] : [],
    ),
    ...begins.map(({ scheme, value }) => ({ scheme, value, nth: plan.changes.length })),
  ];
}
