import type { Runner } from '@jonction/commands';
import {
  type ActNature,
  ActServiceDefinition,
  MandateEnded,
  MandateStarted,
  SigningDelegationGranted,
  SigningDelegationRevoked,
} from '@jonction/contracts';
import type { Documents } from '@jonction/documents';
import type { Heard } from '@jonction/events';
import { type Database, inOperator, transact } from '@jonction/service';
import { heard, testService } from '@jonction/testing';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { KnownDelegation, KnownMandate, titleOf } from '../domain/signing-right.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const around = { documents: {} as Documents, catchUp: async () => performance.now() };
const parts = {
  name: 'teletransmission',
  definition: ActServiceDefinition,
  tables,
  subscriptions,
  rpc: (database: Database, runner: Runner) => rpc(database, runner, around),
};

const DAY = 86_400_000;
const base = Date.now();
const at = (days: number) => new Date(base + days * DAY);
const CONTRACT: ActNature = 'ACT_NATURE_CONTRACT';

async function maySign(
  database: Database,
  memberId: string,
  { agentId, amountCents = 0, day = 0 }: { agentId: string; amountCents?: number; day?: number },
) {
  const em = inOperator(database, 'bfc');
  return transact(em, async () => {
    const mandates = await em.find(KnownMandate, { memberId });
    const delegations = await em.find(KnownDelegation, { memberId });
    return titleOf(mandates, delegations, { agentId, nature: CONTRACT, amountCents, at: at(day) }) !== undefined;
  });
}

// A story is some mandates and delegations of one member, each with its own events in order.
const span = {
  agent: fc.nat({ max: 2 }),
  from: fc.integer({ min: -9, max: 9 }),
  days: fc.option(fc.integer({ min: 1, max: 20 })),
};
const mandates = fc.array(fc.record({ ...span, executive: fc.boolean(), over: fc.boolean() }), {
  minLength: 1,
  maxLength: 4,
});
const delegations = fc.array(
  fc.record({
    ...{ ...span, under: fc.nat({ max: 3 }), over: fc.boolean() },
    nature: fc.constantFrom('', CONTRACT, 'ACT_NATURE_BUDGET'),
    most: fc.constantFrom(0, 10, 1_000),
  }),
  { maxLength: 4 },
);

interface Spell {
  agent: number;
  from: number;
  days: number | null;
  over: boolean;
}
type Mandate = Spell & { executive: boolean };
type Delegation = Spell & { under: number; nature: string; most: number };

interface Fact {
  event: Heard;
  /** What a listener knows when it has heard it. */
  note(known: Known): void;
}

type Held = { agent: number; from: number; to: number };
interface Known {
  mandates: Map<number, Held>;
  delegations: Map<number, Held & { under: number; fits: boolean }>;
}

const endOf = ({ from, days }: { from: number; days: number | null }) =>
  days === null ? { to: Number.POSITIVE_INFINITY } : { to: from + days, endsAt: at(from + days) };

test('in whatever order the events of mandates and delegations come, who may sign is what has been heard of them, and the same in the end', async () => {
  await using service = await testService(parts);
  let yes = 0;
  const story = fc.record({ mandates, delegations, order: fc.infiniteStream(fc.nat()) });
  await fc.assert(
    fc.asyncProperty(story, async ({ mandates: all, delegations: given, order }) => {
      const memberId = uuidv7();
      const agents = [uuidv7(), uuidv7(), uuidv7()];
      const lines = linesOfMandates(memberId, agents, all);
      const ids = lines.map(([first]) => first?.event.aggregateId ?? '');
      lines.push(...linesOfDelegations(memberId, agents, given, ids));
      const known: Known = { mandates: new Map(), delegations: new Map() };
      for (const { event, note } of mixed(lines, () => order.next().value ?? 0)) {
        await service.hear(event);
        note(known);
        for (const [agent, day] of agents.flatMap((_, nth) => [-5.5, 0.5, 5.5].map((on) => [nth, on] as const))) {
          const expected = naive(known, agent, day);
          yes += expected ? 1 : 0;
          const found = await maySign(service.database, memberId, {
            agentId: agents[agent] ?? '',
            amountCents: 100,
            day,
          });
          expect(found, `${agent} ${day}`).toBe(expected);
        }
      }
    }),
    { numRuns: 25, seed: 18_03_2026 },
  );
  expect(yes).toBeGreaterThan(100);
  expect(await service.db.query('select from parked')).toEqual([]);
});

/** The facts of all lines, each line in its order, the next line drawn. */
function* mixed(lines: Fact[][], draw: () => number): Generator<Fact> {
  for (let open = lines; ; ) {
    open = open.filter((line) => line.length > 0);
    const next = open[draw() % (open.length || 1)]?.shift();
    if (!next) return;
    yield next;
  }
}

function linesOfMandates(memberId: string, agents: string[], all: Mandate[]): Fact[][] {
  return all.map((one, nth) => {
    const about = { memberId, mandateId: uuidv7(), agentId: agents[one.agent] ?? '' };
    const { to, endsAt } = { endsAt: undefined, ...endOf(one) };
    const { executive, agent, from } = one;
    const started = heard(MandateStarted, { ...about, executive, startsAt: at(from), endsAt });
    const ended = heard(MandateEnded, { ...about, endedAt: new Date() }, 2);
    return [
      { event: started, note: ({ mandates: known }) => void (executive && known.set(nth, { agent, from, to })) },
      ...(one.over ? [{ event: ended, note: ({ mandates: known }: Known) => void known.delete(nth) }] : []),
    ];
  });
}

function linesOfDelegations(memberId: string, agents: string[], all: Delegation[], mandateIds: string[]): Fact[][] {
  return all.map((one, nth) => {
    const under = one.under % mandateIds.length;
    const about = {
      memberId,
      delegationId: uuidv7(),
      mandateId: mandateIds[under] ?? '',
      agentId: agents[one.agent] ?? '',
    };
    const { to, endsAt } = { endsAt: undefined, ...endOf(one) };
    const natures = one.nature ? [one.nature as ActNature] : [];
    const scope = { natures, maxAmountCents: BigInt(one.most) };
    const granted = heard(SigningDelegationGranted, { ...about, ...scope, startsAt: at(one.from), endsAt });
    const revoked = heard(SigningDelegationRevoked, { ...about, revokedAt: new Date() }, 2);
    const fits = one.nature !== 'ACT_NATURE_BUDGET' && one.most !== 10;
    const { agent, from } = one;
    return [
      { event: granted, note: ({ delegations: known }) => void known.set(nth, { agent, from, to, under, fits }) },
      ...(one.over ? [{ event: revoked, note: ({ delegations: known }: Known) => void known.delete(nth) }] : []),
    ];
  });
}

function naive({ mandates: held, delegations: given }: Known, agent: number, day: number): boolean {
  // A start that was past when it was told counts as having always been: only the present is ever asked.
  const holds = ({ from, to }: Held) => (from <= 0 || from <= day) && day < to;
  if ([...held.values()].some((one) => one.agent === agent && holds(one))) return true;
  return [...given.values()].some((one) => {
    const mandate = held.get(one.under);
    return one.agent === agent && one.fits && holds(one) && mandate !== undefined && holds(mandate);
  });
}

test('the news of a mandate heard twice has one effect', async () => {
  await using service = await testService(parts);
  const [memberId, mandateId, delegationId, mayor, deputy] = [uuidv7(), uuidv7(), uuidv7(), uuidv7(), uuidv7()];
  const mandate = { memberId, mandateId, agentId: mayor };
  const delegation = { memberId, delegationId, mandateId, agentId: deputy };
  const story = [
    heard(SigningDelegationGranted, { ...delegation, startsAt: at(-1) }),
    heard(MandateStarted, { ...mandate, executive: true, startsAt: at(-1) }),
    heard(SigningDelegationRevoked, delegation, 2),
    heard(MandateEnded, mandate, 2),
  ];
  const seen: boolean[][] = [];
  for (const event of story) {
    await service.hear(event, event);
    await service.hear(event);
    const { database } = service;
    seen.push([
      await maySign(database, memberId, { agentId: mayor }),
      await maySign(database, memberId, { agentId: deputy }),
    ]);
  }
  expect(seen).toEqual([
    [false, false],
    [true, true],
    [true, false],
    [false, false],
  ]);
  expect(await service.db.query('select from inbox')).toHaveLength(4);
  expect(await service.db.query('select from parked')).toHaveLength(0);
});
