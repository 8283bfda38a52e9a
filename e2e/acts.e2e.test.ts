import { setTimeout as pause } from 'node:timers/promises';
import { ActServiceDefinition, MembershipServiceDefinition } from '@jonction/contracts';
import { connectTo } from '@jonction/contracts/client';
import { actHeader, eventually, type LedgerEntry, messagesOf, pdf, requestId } from '@jonction/testing';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { performKills } from './chaos/killer.ts';
import { randomOf } from './chaos/random.ts';
import { type Servers, startServers, type Target } from './chaos/servers.ts';

const AT_ONCE = 3;
/** Between two deposits of one client: the kills are to fall among them, not behind. */
const PACE_MS = 60;
const SEED = 20_261_124;
const KILLED: Target[] = ['teletransmission', 'prefecture', 'postgres', 'nats'];

test('acts: one sending, one acknowledgement recorded, whatever is killed', async () => {
  await using servers = await startServers(() => {});
  const memberId = await enrolTransmitter(servers);
  const progress = { accepted: 0, inFlight: 0, enough: false };
  const depositing = depositAll(servers, memberId, progress);
  const random = randomOf(SEED, 'acts');
  // Each twice, in any order, some while others are away.
  const plan = random.shuffle([...KILLED, ...KILLED]).map((target) => ({
    target,
    afterCommands: random.between(0, 5),
    afterMs: random.between(0, 600),
    awayMs: random.between(0, 800),
  }));
  const killed: Target[] = [];
  const load = {
    inFlight: () => progress.inFlight,
    accepted: () => progress.accepted,
    deaths: () => servers.deaths(),
  };
  await performKills(plan, servers.targets, load, ({ target }) => void killed.push(target));
  progress.enough = true;
  const numbers = await depositing;
  expect(new Set(killed)).toEqual(new Set(KILLED));
  expect(numbers.length).toBeGreaterThan(20);

  const acts = await eventually(() => settled(servers, numbers.length), { withinMs: 60_000, everyMs: 90 });
  expect(acts.map(({ number }) => number).sort()).toEqual([...numbers].sort());
  const ledger = servers.prefecture.ledger();
  expect(sendings(ledger)).toEqual(Object.fromEntries(numbers.map((number) => [number, 1])));
  for (const { number, prefecture_act_id, said, applied } of acts) {
    expect(said, number).toEqual(['ActDeposited', 'ActTransmitted', 'ActAcknowledged']);
    expect(prefecture_act_id, number).toBe(`021-000000000-20260105-${number}-DE`);
    expect(applied, number).toBe(1);
  }
}, 180_000);

/** A member of bfc with somebody who may deposit, whom teletransmission has heard of. */
async function enrolTransmitter({ addresses, issuer }: Servers): Promise<string> {
  const options = { token: await issuer.sign({ subject: 'bfc-admin' }), operator: 'bfc' };
  using membership = connectTo(MembershipServiceDefinition, addresses.membership ?? '', options);
  const kind = 'ORGANIZATION_KIND_COMMUNE';
  const { member } = await membership.admitMember({
    requestId: requestId(),
    kind,
    name: 'Dijon',
    departementCode: '21',
  });
  const memberId = member?.memberId ?? '';
  const person = { requestId: requestId(), memberId, subject: 'transmitter', displayName: 'Transmitter' };
  const { agent } = await membership.enrolAgent(person);
  const role = 'ROLE_TRANSMITTER';
  await membership.grantEntitlement({ requestId: requestId(), agentId: agent?.agentId ?? '', role });
  const token = await issuer.sign({ subject: 'transmitter' });
  using acts = connectTo(ActServiceDefinition, addresses.teletransmission ?? '', { token, operator: 'bfc' });
  await eventually(() => acts.listActs({}));
  return memberId;
}

interface Progress {
  accepted: number;
  inFlight: number;
  /** Said when no more acts are wanted. */
  enough: boolean;
}

/** Deposits acts, a few at once, each until it is accepted; every third is answered twice. Gives their numbers. */
async function depositAll({ addresses, issuer }: Servers, memberId: string, progress: Progress): Promise<string[]> {
  const token = await issuer.sign({ subject: 'transmitter' });
  const how = { token, operator: 'bfc', deadlineMs: 5_000 };
  using acts = connectTo(ActServiceDefinition, addresses.teletransmission ?? '', how);
  const numbers: string[] = [];
  const worker = async () => {
    while (!progress.enough) {
      const nth = numbers.length + 1;
      const number = nth % 3 === 0 ? `K${nth}_BIS` : `K${nth}`;
      numbers.push(number);
      const document = pdf(100_000);
      const header = actHeader(memberId, document, { number });
      progress.inFlight++;
      // The same document under the same request_id, as often as it takes.
      await eventually(() => acts.depositAct(messagesOf(header, document)), { withinMs: 60_000, everyMs: 50 });
      progress.inFlight--;
      progress.accepted++;
      await pause(PACE_MS);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return numbers;
}

interface Settled {
  number: string;
  prefecture_act_id: string;
  said: string[];
  /** How many messages changed it. */
  applied: number;
}

/** Every act with what was said of it, once all are answered, all is published and every message is out of its box. */
async function settled(servers: Servers, count: number): Promise<Settled[]> {
  const url = new URL(servers.adminUrl);
  url.pathname = '/teletransmission';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    const { rows } = await client.query<Settled & { status: string; unsent: number }>(
      `select number, prefecture_act_id, status,
         (select array_agg(split_part(type, '.', 4) order by seq) from outbox where aggregate_id = act_id::text) as said,
         (select count(*)::int from outbox where stream_seq is null) as unsent,
         (select count(*)::int from incoming_message m where m.act_id = act.act_id and outcome = 'APPLIED') as applied
       from act`,
    );
    expect(rows).toHaveLength(count);
    expect(new Set(rows.map(({ status, unsent }) => `${status} ${unsent}`))).toEqual(
      new Set(['ACT_STATUS_ACKNOWLEDGED 0']),
    );
    const ledger = servers.prefecture.ledger();
    const of = (kind: LedgerEntry['kind']) => ledger.filter((entry) => entry.kind === kind).length;
    expect(of('removed')).toBe(of('answered') + rows.filter(({ number }) => number.endsWith('_BIS')).length);
    return rows;
  } finally {
    await client.end();
  }
}

/** How often each act was received, by the prefecture's own book; an envelope that came again is not received again. */
function sendings(ledger: LedgerEntry[]): Record<string, number> {
  const times: Record<string, number> = {};
  for (const { kind, envelope } of ledger) {
    if (kind === 'received' && envelope) times[envelope.number] = (times[envelope.number] ?? 0) + 1;
  }
  return times;
}
