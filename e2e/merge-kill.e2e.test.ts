import type { MergePlan } from '@jonction/contracts';
import { eventually, inDays, requestId, type ServiceName, type TestPlatform, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';
import { closeGate, type Place } from './gate.ts';
import { bodyOf, type Commune, code, commune, drawCodes, standing, territoryOf, today, work } from './merges.ts';
import { quiet, rowsOf } from './rows.ts';

type Killed = ServiceName | 'nats';
const ALL: Killed[] = ['membership', 'procurement', 'teletransmission', 'dce-library', 'nats'];

/** A step, by what its transaction writes last, and who is killed in the middle of it. */
interface Step {
  name: string;
  service: ServiceName;
  place: Place;
}

const wrote = (kind: string): Place => ({
  table: 'merge_step',
  on: 'insert',
  when: `new.kind = 'MERGE_STEP_KIND_${kind}'`,
});
const held: Place = { table: 'known_member', on: 'update', when: 'new.merge_id is not null' };
const moved = (table: string): Place => ({ table, on: 'update', when: 'new.member_id <> old.member_id' });

const STEPS: Step[] = [
  { name: 'it begins', service: 'membership', place: wrote('BEGUN') },
  { name: 'procurement holds', service: 'procurement', place: held },
  { name: 'teletransmission holds', service: 'teletransmission', place: held },
  { name: 'an answer is heard', service: 'membership', place: wrote('HELD') },
  { name: 'the bodies change', service: 'membership', place: wrote('MERGED') },
  { name: 'consultations follow', service: 'procurement', place: moved('consultation') },
  { name: 'acts follow', service: 'teletransmission', place: moved('act') },
  { name: 'shelves follow', service: 'dce-library', place: moved('shelf') },
  { name: 'the last answers are heard', service: 'membership', place: wrote('REATTACHED') },
  { name: 'it completes', service: 'membership', place: wrote('COMPLETED') },
];

/** Two communes with running work that become a new one. */
async function twoCommunes(platform: TestPlatform, deadline = inDays(30)) {
  const communes = [await commune(platform, 'Une'), await commune(platform, 'Deux')];
  const works = [];
  for (const one of communes) works.push(await work(platform, one, deadline));
  const { insee, siren } = drawCodes();
  const plan = {
    kind: 'MERGE_KIND_NEW_COMMUNE',
    effectiveOn: today,
    predecessorMemberIds: communes.map(({ memberId }) => memberId),
    created: {
      kind: 'ORGANIZATION_KIND_NEW_COMMUNE',
      name: 'Neuve',
      departementCode: '21',
      identifiers: [code('INSEE', insee), code('SIREN', siren)],
    },
  } as unknown as MergePlan;
  return { communes, works, plan };
}

async function kill(platform: TestPlatform, names: Killed[]): Promise<void> {
  await Promise.all(names.map((name) => (name === 'nats' ? platform.nats : platform.processes[name])?.kill9()));
}

async function revive(platform: TestPlatform, names: Killed[]): Promise<void> {
  await Promise.all(names.map((name) => (name === 'nats' ? platform.nats : platform.processes[name])?.start()));
}

/** Everything is with the successor, once: bodies, codes, agents, consultations, acts, shelves, and what was said of it. */
async function expectMerged(
  platform: TestPlatform,
  mergeId: string,
  { communes, works }: Awaited<ReturnType<typeof twoCommunes>>,
  what: string,
): Promise<string> {
  await quiet(platform);
  const { membership, procurement, teletransmission, 'dce-library': library } = platform.databases;
  const successor = await bodyOf(platform, 'INSEE', communes[0]?.insee ?? '');
  for (const { insee, siren } of communes)
    for (const found of [await bodyOf(platform, 'INSEE', insee), await bodyOf(platform, 'SIREN', siren)])
      expect(found.memberId, what).toBe(successor.memberId);
  expect(successor, what).toMatchObject({ name: 'Neuve', status: 'MEMBER_STATUS_ACTIVE', ceasedOn: '' });
  const memberIds = communes.map(({ memberId }) => memberId);
  const consultations = works.flatMap(({ draftId, publishedId }) => [draftId, publishedId]);
  const owners = async (database: typeof membership, table: string, id: string, ids: string[]) =>
    (await database?.query(`select member_id from ${table} where ${id} = any ($1)`, [ids]))?.map(
      (row) => row.member_id,
    );
  const same = (count: number) => Array(count).fill(successor.memberId);
  expect(await owners(procurement, 'consultation', 'consultation_id', consultations), what).toEqual(same(4));
  expect(
    await owners(
      teletransmission,
      'act',
      'act_id',
      works.map(({ actId }) => actId),
    ),
    what,
  ).toEqual(same(2));
  const published = works.map(({ publishedId }) => publishedId);
  expect(await owners(library, 'shelf', 'consultation_id', published), what).toEqual(same(2));
  const agents = communes.map(({ agentId }) => agentId);
  for (const database of Object.values(platform.databases))
    expect(await owners(database, 'access_agent', 'agent_id', agents), what).toEqual(same(2));

  // Each fact is said once, by its service: nothing is lost, nothing is doubled.
  const said = async (database: typeof membership, ids: string[]) =>
    (
      await database?.query<{ name: string }>(
        `select split_part(type, '.', 4) as name from outbox where aggregate_id = any ($1) order by position`,
        [ids],
      )
    )?.map(({ name }) => name);
  const ofMerge = ['MergeOrdered', 'MergeBegun', 'OrganizationsMerged', 'MergeCompleted'];
  expect(await said(membership, [mergeId]), what).toEqual(ofMerge);
  expect(await said(procurement, [mergeId]), what).toEqual(['ConsultationsHeld', 'ConsultationsReattached']);
  expect(await said(teletransmission, [mergeId]), what).toEqual(['ActsHeld', 'ActsReattached']);
  expect(await said(library, [mergeId]), what).toEqual(['ShelvesReattached']);
  for (const { draftId, publishedId, actId } of works) {
    const drafted = ['ConsultationDrafted'];
    const both = ['ConsultationTransferred', 'ConsultationTakenOver'];
    expect(await said(procurement, [draftId]), what).toEqual([...drafted, 'DraftTransferred']);
    expect(await said(procurement, [publishedId]), what).toEqual([...drafted, 'ConsultationPublished', ...both]);
    expect(await said(teletransmission, [actId]), what).toEqual(['ActDeposited', 'ActTransferred', 'ActTakenOver']);
  }
  const ceased = await membership?.query(
    `select from outbox where member_id = any ($1) and type like '%.OrganizationCeased'`,
    [memberIds],
  );
  expect(ceased, what).toHaveLength(2);
  for (const database of Object.values(platform.databases))
    expect(await database.query('select from parked'), what).toEqual([]);
  return successor.memberId;
}

/** Agents of the predecessors begin something for the successor, and nothing for what is no more. */
async function expectWork(communes: Commune[], successorId: string): Promise<void> {
  for (const { caller, memberId } of communes) {
    const asked = { title: 'École', deadline: inDays(20) };
    const { consultation } = await caller.procurement.createConsultation({
      requestId: requestId(),
      memberId: successorId,
      ...asked,
    });
    expect(consultation?.buyerName).toBe('Neuve');
    const late = caller.procurement.createConsultation({ requestId: requestId(), memberId, ...asked });
    await expect(late).rejects.toMatchObject({ reason: 'MEMBER_CLOSED' });
  }
}

test('a merge that is killed in the middle of any of its steps, alone or with all servers, ends complete, and nothing is lost or doubled', async () => {
  await using platform = await testPlatform({ processes: true });
  const { merges } = await territoryOf(platform);
  const ends: { publishedId: string; successorId: string; deadline: Date }[] = [];
  for (const [nth, { name, service, place }] of STEPS.entries()) {
    const killed = nth % 2 === 0 ? ALL : [service];
    const deadline = new Date(Date.now() + 40_000);
    const given = await twoCommunes(platform, deadline);
    const gate = await closeGate(platform.databases[service] as never, place);
    const { merge } = await merges.startMerge({ requestId: requestId(), plan: given.plan });
    await gate.reached();
    await kill(platform, killed);
    await gate.open();
    await revive(platform, killed);
    const mergeId = merge?.mergeId ?? '';
    await standing(merges, mergeId, 'MERGE_STATUS_COMPLETE', 35_000);
    const successorId = await expectMerged(platform, mergeId, given, `killed while ${name}: ${killed}`);
    await expectWork(given.communes, successorId);
    ends.push(...given.works.map(({ publishedId }) => ({ publishedId, successorId, deadline })));
  }
  // What ran when its buyer went into another ends on its time, as the successor's.
  const closed = `select member_id, body::jsonb->>'closedAt' as at from outbox where aggregate_id = $1 and type like '%.ConsultationClosed'`;
  await eventually(
    async () => {
      for (const { publishedId, successorId, deadline } of ends) {
        const rows = (await platform.databases.procurement?.query(closed, [publishedId])) ?? [];
        expect(rows.map(({ member_id }) => member_id)).toEqual([successorId]);
        const late = Date.parse(String(rows[0]?.at)) - deadline.getTime();
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThan(15_000);
      }
    },
    { withinMs: 60_000, everyMs: 500 },
  );
});

test('an order that is killed before it is answered is asked again, and there is one merge', async () => {
  await using platform = await testPlatform({ processes: true });
  const { merges } = await territoryOf(platform);
  const given = await twoCommunes(platform);
  const asked = { requestId: requestId(), plan: given.plan };
  const gate = await closeGate(platform.databases.membership as never, wrote('ORDERED'));
  const lost = merges.startMerge(asked, { deadlineMs: 5_000 });
  const refused = expect(lost).rejects.toThrow();
  await gate.reached();
  await kill(platform, ['membership']);
  await refused;
  await gate.open();
  await revive(platform, ['membership']);
  const { merge } = await eventually(() => merges.startMerge(asked));
  await standing(merges, merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');
  expect((await merges.listMerges({})).merges).toHaveLength(1);
  const successorId = await expectMerged(platform, merge?.mergeId ?? '', given, 'killed while it is ordered');
  await expectWork(given.communes, successorId);
});

const released: Place = {
  table: 'known_member',
  on: 'update',
  when: 'old.merge_id is not null and new.merge_id is null',
};
/** What is killed while a merge is undone. */
const UNDOING: Step[] = [
  { name: 'procurement lets go', service: 'procurement', place: released },
  { name: 'teletransmission lets go', service: 'teletransmission', place: released },
  { name: 'an answer is heard', service: 'membership', place: wrote('RELEASED') },
  { name: 'it is undone', service: 'membership', place: wrote('UNDONE') },
];

test('a merge that is called off, and killed in the middle of any step of its undoing, leaves everything as it was before', async () => {
  await using platform = await testPlatform({ processes: true });
  const { merges } = await territoryOf(platform);
  const given = await twoCommunes(platform);
  await quiet(platform);
  const before = await stateOf(platform);
  for (const [nth, { name, service, place }] of UNDOING.entries()) {
    const killed = nth % 2 === 0 ? ALL : [service];
    // One that does not answer yet keeps the merge where it can be called off.
    const late: Killed[] = [service === 'procurement' ? 'procurement' : 'teletransmission'];
    await kill(platform, late);
    const { merge } = await merges.startMerge({ requestId: requestId(), plan: given.plan });
    const mergeId = merge?.mergeId ?? '';
    const preparing = await standing(merges, mergeId, 'MERGE_STATUS_PREPARING');
    expect(preparing.waitsFor).toContain(late[0]);
    await merges.cancelMerge({ requestId: requestId(), mergeId });
    const gate = await closeGate(platform.databases[service] as never, place);
    await revive(platform, late);
    await gate.reached();
    await kill(platform, killed);
    await gate.open();
    await revive(platform, killed);
    await standing(merges, mergeId, 'MERGE_STATUS_CANCELLED', 35_000);
    await quiet(platform);
    expect(await stateOf(platform), `killed while ${name}: ${killed}`).toEqual(before);
  }
  // Whoever was held begins again.
  for (const one of given.communes) await work(platform, one);
});

test('a merge that a service refuses is undone, also when membership is killed while it hears so, and says why in both languages', async () => {
  await using platform = await testPlatform({ processes: true });
  const { merges } = await territoryOf(platform);
  const given = await twoCommunes(platform);
  await quiet(platform);
  const before = await stateOf(platform);
  const { insee } = drawCodes();
  const created = { ...given.plan.created, identifiers: [code('INSEE', insee)] } as never;
  const gate = await closeGate(platform.databases.membership as never, wrote('REFUSED'));
  const { merge } = await merges.startMerge({ requestId: requestId(), plan: { ...given.plan, created } });
  await gate.reached();
  await kill(platform, ['membership']);
  await gate.open();
  await revive(platform, ['membership']);
  const ended = await standing(merges, merge?.mergeId ?? '', 'MERGE_STATUS_CANCELLED', 35_000);
  const refused = ended.steps.find(({ kind }) => kind === 'MERGE_STEP_KIND_REFUSED');
  expect(refused).toMatchObject({ service: 'teletransmission', reason: 'SUCCESSOR_WITHOUT_SIREN' });
  expect(refused?.wordsFr).toMatch(/SIREN.*décidez-la de nouveau/);
  expect(refused?.wordsEn).toMatch(/SIREN.*order it again/);
  await quiet(platform);
  expect(await stateOf(platform)).toEqual(before);
});

/** All that a merge may change, in every service; what was said and heard stays, for it was. */
async function stateOf(platform: TestPlatform) {
  const tables: [ServiceName, string[]][] = [
    ['membership', ['member', 'identifier', 'past_description', 'membership_step', 'agent', 'entitlement']],
    ['procurement', ['consultation', 'known_member', 'access_agent', 'access_right']],
    ['teletransmission', ['act', 'known_member', 'access_agent', 'access_right']],
    ['dce-library', ['shelf', 'access_agent', 'access_right']],
  ];
  const state: Record<string, unknown> = {};
  for (const [service, names] of tables)
    for (const name of names) state[`${service}.${name}`] = await rowsOf(platform.databases[service] as never, name);
  return state;
}
