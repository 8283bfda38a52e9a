import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { MembershipServiceDefinition, PeopleServiceDefinition } from '@jonction/contracts';
import { type Client, connectTo } from '@jonction/contracts/client';
import { rows } from './people.ts';
import { type Figure, quantile, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

/** The members of the two operators of the article, and a council of a small commune. */
const MEMBERS = 2_100;
const COUNCIL = 11;
const PER_SECOND = 200;
const PROMISE_MS = 1_000;

type People = Client<typeof PeopleServiceDefinition>;

/** Agents as EnrolAgent would write them: their enrolment is not what is measured. */
const FILL = `
  insert into agent (operator, agent_id, member_id, subject, display_name)
  select operator, gen_random_uuid(), member_id, member_id || '-' || n, 'Councillor of a bench'
  from member, generate_series(1, $1::int) as n`;

/**
 * The evening of an election: how long do 2,100 councils of eleven take to be renewed in one stream? And the morning after: 200
 * mandates of mayors end each second, whether or not the answers keep up; how long from the commit of each to the commit in
 * teletransmission after which nobody signs by it? Both are commits of one PostgreSQL server, as in the latency bench.
 */
export async function mandates(stage: Stage, rounds: number): Promise<Figure[]> {
  await stage.start('membership');
  await stage.start('teletransmission');
  const address = stage.addressOf('membership');
  const caller = async () => ({ token: await stage.tokenOf('bfc-admin'), operator: 'bfc', deadlineMs: 600_000 });
  const members = await admit(stage, address, await caller());
  const councils = await fill(stage, members);
  const seconds: number[] = [];
  const medians: number[] = [];
  const p99: number[] = [];
  for (let done = 0; done <= rounds; done++) {
    using people = connectTo(PeopleServiceDefinition, address, await caller());
    const startedAt = performance.now();
    const mayors = await renew(people, councils);
    seconds.push((performance.now() - startedAt) / 1_000);
    await heardOf(stage, mayors, 'not ended');
    await endAll(people, mayors);
    const times = await delays(stage, mayors);
    medians.push(quantile(times, 0.5));
    p99.push(quantile(times, 0.99));
  }
  // The first round only warms up.
  const of = (all: number[]) => spread(all.slice(1));
  const what = 'end of a mandate to its effect in teletransmission';
  return [
    { name: `${MEMBERS} councils of ${COUNCIL} renewed in one stream`, unit: 's', ours: of(seconds) },
    { name: `${what}, p50 at ${PER_SECOND}/s`, unit: 'ms', ours: of(medians) },
    { name: `${what}, p99 at ${PER_SECOND}/s`, unit: 'ms', ours: of(p99), bar: { kind: 'at most', value: PROMISE_MS } },
  ];
}

async function admit(stage: Stage, address: string, caller: object): Promise<string[]> {
  using membership = connectTo(MembershipServiceDefinition, address, caller);
  async function* communes() {
    for (let at = 0; at < MEMBERS; at++)
      yield {
        member: { requestId: randomUUID(), kind: 'ORGANIZATION_KIND_COMMUNE' as const, name: `Saint-Exemple ${at}` },
      };
  }
  const ids: string[] = [];
  for await (const { outcome } of membership.admitMembers(communes())) {
    if (outcome?.$case !== 'admitted') throw new Error(outcome?.value.messageEn);
    ids.push(outcome.value.member?.memberId ?? '');
  }
  await rows(stage, 'teletransmission', 'select from known_member having count(*) = $1', [MEMBERS]);
  return ids;
}

interface Council {
  memberId: string;
  agents: string[];
}

async function fill(stage: Stage, members: string[]): Promise<Council[]> {
  await stage.query('membership', FILL, [COUNCIL]);
  const agents = await stage.query<{ member_id: string; agents: string[] }>(
    'membership',
    'select member_id, array_agg(agent_id::text) as agents from agent where member_id = any ($1) group by member_id',
    [members],
  );
  await stage.query('membership', 'vacuum analyze agent');
  return agents.map((one) => ({ memberId: one.member_id, agents: one.agents }));
}

/** Gives the mandates of the mayors. */
async function renew(people: People, councils: Council[]): Promise<string[]> {
  async function* all() {
    for (const { memberId, agents } of councils) {
      const mandates = agents.map((agentId, nth) => ({
        agentId,
        function: nth === 0 ? ('MANDATE_FUNCTION_MAYOR' as const) : ('MANDATE_FUNCTION_COUNCILLOR' as const),
      }));
      yield { council: { requestId: randomUUID(), memberId, mandates } };
    }
  }
  const mayors: string[] = [];
  for await (const { outcome } of people.renewCouncils(all())) {
    if (outcome?.$case !== 'renewed') throw new Error(outcome?.value.messageEn);
    mayors.push(outcome.value.mandates.find(({ executive }) => executive)?.mandateId ?? '');
  }
  return mayors;
}

/** Waits until teletransmission knows all these mandates, in this state. */
async function heardOf(stage: Stage, ids: string[], state: 'ended' | 'not ended'): Promise<void> {
  const all = `select from known_mandate where mandate_id = any ($1) and ${state} having count(*) = $2`;
  await rows(stage, 'teletransmission', all, [ids, ids.length]);
}

/** Ends mandates at a steady rate. Throws when this machine does not keep up with the sending. */
async function endAll(people: People, ids: string[]): Promise<void> {
  const startedAt = performance.now();
  const sent: Promise<unknown>[] = [];
  while (sent.length < ids.length) {
    const due = Math.min(ids.length, Math.floor(((performance.now() - startedAt) / 1_000) * PER_SECOND));
    for (const mandateId of ids.slice(sent.length, due))
      sent.push(people.endMandate({ requestId: randomUUID(), mandateId, cause: 'MANDATE_END_CAUSE_RESIGNATION' }));
    await pause(1);
  }
  const late = performance.now() - startedAt - (ids.length / PER_SECOND) * 1_000;
  await Promise.all(sent);
  if (late > 1_000) throw new Error(`the load was ${Math.round(late)} ms late: this machine does not keep up with it`);
}

/** From commit to commit, in ms, in rising order. */
async function delays(stage: Stage, ids: string[]): Promise<number[]> {
  await heardOf(stage, ids, 'ended');
  const committed = async (database: string, table: string) => {
    const found = await stage.query<{ id: string; at: number }>(
      database,
      `select mandate_id as id, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as at
       from ${table} where mandate_id = any ($1)`,
      [ids],
    );
    return new Map(found.map(({ id, at }) => [id, at]));
  };
  const causes = await committed('membership', 'mandate');
  const effects = await committed('teletransmission', 'known_mandate');
  return ids.map((id) => (effects.get(id) ?? Number.NaN) - (causes.get(id) ?? Number.NaN)).toSorted((a, b) => a - b);
}
