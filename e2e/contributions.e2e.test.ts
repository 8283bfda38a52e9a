import { ContributionServiceDefinition, MembershipServiceDefinition } from '@jonction/contracts';
import { eventually, requestId, type TestPlatform, testPlatform } from '@jonction/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { flatSchedule } from './good-requests.ts';

const MEMBERS = 300;
const FIXED = 'select from contribution';
const UNSENT = 'select from outbox where stream_seq is null limit 1';
/** Sessions of the service that wait for what another holds. */
const WAITING = `
  select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%into outbox%'`;

test('a year is fixed for all members or for none: killed between its rows and its events it leaves nothing, asked again it fixes all', async () => {
  await using platform = await testPlatform({ services: ['membership'], processes: true });
  const how = { token: await platform.issuer.sign({ subject: 'bfc-admin' }), operator: 'bfc', deadlineMs: 60_000 };
  const contributions = platform.call(ContributionServiceDefinition, 'membership', how);
  await admit(platform, how);
  const adopted = await contributions.adoptSchedule({
    ...{ requestId: requestId(), schedule: flatSchedule, decisionRef: 'AG-2026-03' },
  });
  const { scheduleId = '' } = adopted.schedule ?? {};
  const year = new Date().getUTCFullYear();
  const asked = { requestId: requestId(), year, scheduleId, dueOn: '2999-12-31' };
  const database = platform.databases.membership as NonNullable<(typeof platform.databases)[string]>;
  const sent = () => eventually(async () => expect(await database.query(UNSENT)).toEqual([]), { withinMs: 30_000 });
  await sent();

  const holder = new Client({ connectionString: database.ownerUrl });
  await holder.connect();
  try {
    // Its rows are written, its events wait for this lock: then it dies.
    await holder.query('begin; lock table outbox in share mode');
    const cut = contributions.assessContributions(asked).catch((error: Error) => error);
    await eventually(async () => expect(await database.query(WAITING)).toHaveLength(1));
    await platform.processes.membership?.kill9();
    expect(await cut).toBeInstanceOf(Error);
    await holder.query('commit');
  } finally {
    await holder.end();
  }
  await eventually(async () => expect(await database.query(WAITING)).toHaveLength(0));
  expect(await database.query(FIXED)).toHaveLength(0);

  await platform.processes.membership?.start();
  const answer = await eventually(() => contributions.assessContributions(asked));
  expect(answer).toEqual({ assessed: MEMBERS, assessedBefore: 0, totalCents: BigInt(MEMBERS) * 1_000n });
  expect(await contributions.assessContributions(asked)).toEqual(answer);
  await platform.processes.membership?.kill9();
  await platform.processes.membership?.start();
  expect(await eventually(() => contributions.assessContributions(asked))).toEqual(answer);
  expect(await database.query(FIXED)).toHaveLength(MEMBERS);
  await sent();
  expect(await told(platform)).toBe(MEMBERS);
});

async function admit(platform: TestPlatform, how: { token: string; operator: string }): Promise<void> {
  const membership = platform.call(MembershipServiceDefinition, 'membership', how);
  async function* all() {
    for (let nth = 0; nth < MEMBERS; nth++) {
      const name = `Saint-Exemple ${nth}`;
      const body = { kind: 'ORGANIZATION_KIND_COMMUNE' as const, name, departementCode: '21' };
      yield { member: { requestId: requestId(), ...body } };
    }
  }
  for await (const { outcome } of membership.admitMembers(all())) expect(outcome?.$case).toBe('admitted');
}

/** How many contributions the stream says were fixed. */
async function told(platform: TestPlatform): Promise<number> {
  const jsm = await jetstreamManager(await platform.nats.provisioner());
  const filter = 'evt.membership.v1.ContributionAssessed.>';
  const { state } = await jsm.streams.info('membership', { subjects_filter: filter });
  return Object.values(state.subjects ?? {}).reduce((all, one) => all + one, 0);
}
