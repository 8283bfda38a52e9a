import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  type ContributionSchedule,
  ContributionServiceDefinition,
  MembershipServiceDefinition,
  type SimulationSummary,
  TerritoryServiceDefinition,
} from '@jonction/contracts';
import { type Client, connectTo } from '@jonction/contracts/client';
import { ROOT } from '@jonction/stack';
import { readSchedule } from '../scripts/contributions/schedule-file.ts';
import { roster } from '../scripts/roster.ts';
import { admissionOf } from '../scripts/start/members.ts';
import { readVintage } from '../scripts/vintage/lists.ts';
import { type Figure, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

const MEMBERS = 2_100;
const YEAR = 2026;
const SIMULATION_S = 1;

type Contributions = Client<typeof ContributionServiceDefinition>;

/**
 * How long does an assembly wait to see what another schedule does to 2,100 members, each amount beside the one of the
 * schedule in force, from the call to the totals that come last? And how long does it take to fix a year for all of them?
 * The whole roster is made members of one operator, with their groupings; the amounts of the schedule are invented.
 */
export async function contributions(stage: Stage, rounds: number): Promise<Figure[]> {
  await stage.start('membership');
  const address = stage.addressOf('membership');
  const how = { token: await stage.tokenOf('bfc-admin'), operator: 'bfc', deadlineMs: 600_000 };
  using membership = connectTo(MembershipServiceDefinition, address, how);
  using territory = connectTo(TerritoryServiceDefinition, address, how);
  using asked = connectTo(ContributionServiceDefinition, address, how);
  await admit(membership);
  await attach(territory);
  const schedule = withTerritories(readSchedule(join(ROOT, 'operators/schedules/bfc.yaml')));
  const adopted = await asked.adoptSchedule({ requestId: randomUUID(), schedule, decisionRef: 'BENCH' });
  const draft = { ...schedule, items: schedule.items.map(dearer) };
  await simulate(asked, draft);
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) seconds.push(await simulate(asked, draft));
  const scheduleId = adopted.schedule?.scheduleId ?? '';
  const startedAt = performance.now();
  const fixed = await asked.assessContributions({
    requestId: randomUUID(),
    year: YEAR,
    scheduleId,
    dueOn: '2999-12-31',
  });
  const assessment = (performance.now() - startedAt) / 1_000;
  if (fixed.assessed !== MEMBERS) throw new Error(`${fixed.assessed} contributions were fixed, not ${MEMBERS}`);
  return [
    {
      name: `simulation of a schedule on ${MEMBERS} members, to the last message`,
      unit: 's',
      ours: spread(seconds),
      bar: { kind: 'at most', value: SIMULATION_S },
    },
    { name: `assessment of a year for ${MEMBERS} members, once`, unit: 's', ours: spread([assessment]) },
  ];
}

async function admit(membership: Client<typeof MembershipServiceDefinition>): Promise<void> {
  async function* all() {
    for (const entry of roster()) yield { member: { ...admissionOf(entry), requestId: randomUUID() } };
  }
  for await (const { outcome } of membership.admitMembers(all()))
    if (outcome?.$case === 'refusal') throw new Error(outcome.value.messageEn);
}

/** Tells of each commune the grouping it lies in, so that coverage has something to look for. */
async function attach(territory: Client<typeof TerritoryServiceDefinition>): Promise<void> {
  const communes = roster().filter(({ kind }) => kind === 'COMMUNE');
  const departements = [...new Set(communes.map(({ departementCode }) => departementCode))];
  const groupings = new Map(readVintage(2026, departements).communes.map(({ code, epciSiren }) => [code, epciSiren]));
  async function* all() {
    for (const { memberId, inseeCode } of communes) {
      const value = { epciSiren: groupings.get(inseeCode) ?? '' };
      const change = { memberId, effectiveOn: '2020-01-01', change: { $case: 'groupingChange' as const, value } };
      yield { change: { requestId: randomUUID(), change } };
    }
  }
  for await (const { outcome } of territory.recordChanges(all()))
    if (outcome?.$case === 'refusal') throw new Error(outcome.value.messageEn);
}

/** The example has no price for the territorial bodies of Grand Paris, which the roster has: they pay as groupings do. */
function withTerritories(schedule: ContributionSchedule): ContributionSchedule {
  const items = schedule.items.map((item) => ({
    ...item,
    tariffs: item.tariffs.map((tariff) => ({
      ...tariff,
      kinds: tariff.kinds.flatMap((kind) =>
        kind === 'ORGANIZATION_KIND_EPCI' ? [kind, 'ORGANIZATION_KIND_EPT' as const] : [kind],
      ),
    })),
  }));
  return { ...schedule, items };
}

/** Each band a little dearer, so that nobody pays the same. */
function dearer(item: ContributionSchedule['items'][number]): ContributionSchedule['items'][number] {
  const raise = (cents: bigint) => (cents * 103n) / 100n;
  const tariffs = item.tariffs.map((tariff) => ({
    ...tariff,
    bands: tariff.bands.map((band) => ({
      ...band,
      firstYearCents: raise(band.firstYearCents),
      nextYearsCents: raise(band.nextYearsCents),
    })),
  }));
  return { ...item, tariffs };
}

/** The seconds until the last message is here. Throws when it is not about all members, or about nothing that changes. */
async function simulate(asked: Contributions, value: ContributionSchedule): Promise<number> {
  const startedAt = performance.now();
  let [told, summary] = [0, undefined as SimulationSummary | undefined];
  for await (const { part } of asked.simulateSchedule({ year: YEAR, schedule: { $case: 'draft', value } })) {
    if (part?.$case === 'contribution') told++;
    else summary = part?.value;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (told !== MEMBERS || summary?.untold !== 0 || summary.losers !== MEMBERS)
    throw new Error(`${told} members were told, ${summary?.untold} could not, ${summary?.losers} would pay more`);
  return seconds;
}
