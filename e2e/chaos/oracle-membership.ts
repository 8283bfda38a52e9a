import type { Facts, Kept, Right } from './facts.ts';
import type { Entry } from './journal.ts';

/** The administrators that the operators' manifests name are enrolled without a command: one agent, one right each. */
const OPERATORS = 2;

/** Every accepted command on members, agents and rights has its one event and row, and each listener holds the same. */
export function judgeMembership(
  journal: Entry[],
  { membership, procurement, library, teletransmission }: Facts,
): string[] {
  const objections: string[] = [];
  const accepted = (kind: Entry['kind']) => journal.filter((one) => one.kind === kind && one.outcome === 'accepted');
  const object = (what: string) => void objections.push(what);

  const admitted = accepted('admit').map(({ given }) => given.memberId ?? '');
  sameSet('members', membership.members, admitted, object);
  sameSet('members known to procurement', procurement.members, admitted, object);
  sameSet('members known to teletransmission', teletransmission.members, admitted, object);

  const agents = membership.enrolled;
  covers(
    'agents',
    agents,
    accepted('enrol').map(({ given }) => given.agentId ?? ''),
    object,
  );
  if (agents.length !== accepted('enrol').length + OPERATORS)
    object(`${agents.length} agents for ${accepted('enrol').length} enrolments and ${OPERATORS} administrators`);

  const { entitlements } = membership;
  covers(
    'entitlements',
    entitlements.map(keyOf),
    accepted('grant').map(({ given }) => given.entitlementId ?? ''),
    object,
  );
  if (entitlements.length !== accepted('grant').length + OPERATORS)
    object(
      `${entitlements.length} entitlements for ${accepted('grant').length} grants and ${OPERATORS} administrators`,
    );
  const ended = entitlements.filter(({ revokedAt }) => revokedAt > 0);
  const revoked = accepted('revoke').map(
    ({ asked, given }) => `${asked.agentId} ${asked.role} ${Date.parse(given.revokedAt ?? '')}`,
  );
  sameSet(
    'revocations',
    ended.map(({ agent, role, revokedAt }) => `${agent} ${role} ${revokedAt}`),
    revoked,
    object,
  );

  const rights = entitlements.map(rightOf);
  const copies: [string, Kept][] = [
    ['membership', membership],
    ['procurement', procurement],
    ['the library', library],
    ['teletransmission', teletransmission],
  ];
  for (const [name, copy] of copies) {
    sameSet(`agents known to ${name}`, copy.agents, agents, object);
    sameSet(`rights known to ${name}`, copy.rights.map(rightOf), rights, object);
  }
  judgeEvents(membership, { accepted, object });
  return objections;
}

type Tools = { accepted: (kind: Entry['kind']) => Entry[]; object: (what: string) => void };

function judgeEvents({ said }: Kept, { accepted, object }: Tools): void {
  const idsOf = (name: string, field: string) =>
    said
      .filter((one) => one.name === name)
      .map(({ body }) => String((JSON.parse(body) as Record<string, string>)[field]));
  const given = (kind: Entry['kind'], field: string) => accepted(kind).map((one) => one.given[field] ?? '');
  sameSet('MemberAdmitted', idsOf('MemberAdmitted', 'memberId'), given('admit', 'memberId'), object);
  for (const [name, field, kind] of [
    ['AgentEnrolled', 'agentId', 'enrol'],
    ['EntitlementGranted', 'entitlementId', 'grant'],
  ] as const) {
    const ids = idsOf(name, field);
    covers(name, ids, given(kind, field), object);
    if (ids.length !== accepted(kind).length + OPERATORS)
      object(`${ids.length} events ${name} for ${accepted(kind).length} commands`);
  }
  const ends = said
    .filter(({ name }) => name === 'EntitlementRevoked')
    .map(({ aggregate, body }) => {
      const { role, revokedAt } = JSON.parse(body) as Record<string, string>;
      return `${aggregate} ${role} ${Date.parse(revokedAt ?? '')}`;
    });
  const due = accepted('revoke').map(
    ({ asked, given: { revokedAt = '' } }) => `${asked.agentId} ${asked.role} ${Date.parse(revokedAt)}`,
  );
  sameSet('EntitlementRevoked', ends, due, object);
}

const keyOf = ({ entitlement }: Right) => entitlement;
const rightOf = ({ entitlement, agent, revokedAt }: Right) =>
  `${entitlement} of ${agent} until ${revokedAt || 'further'}`;

/** Objects to what is there and not due, what is due and not there, and what is there twice. */
export function sameSet(what: string, there: string[], due: string[], object: (what: string) => void): void {
  covers(what, there, due, object);
  const wanted = new Set(due);
  for (const one of there) if (!wanted.has(one)) object(`${what}: ${one} is there and should not be`);
}

function covers(what: string, there: string[], due: string[], object: (what: string) => void): void {
  const counts = new Map<string, number>();
  for (const one of there) counts.set(one, (counts.get(one) ?? 0) + 1);
  for (const [one, times] of counts) if (times > 1) object(`${what}: ${one} is there ${times} times`);
  const wanted = new Set<string>();
  for (const one of due) {
    if (wanted.has(one)) object(`${what}: ${one} was given to two commands`);
    wanted.add(one);
    if (!counts.has(one)) object(`${what}: ${one} is lost`);
  }
}
