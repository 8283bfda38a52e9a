import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { IdentityServiceDefinition, type WatchEntitlementsResponse } from '@jonction/contracts';
import { type CallerOptions, type Client, connectTo } from '@jonction/contracts/client';
import { enrol, eventually, requestId, type TestPlatform, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';
import { replicasOf } from './replicas.ts';

type Identity = Client<typeof IdentityServiceDefinition>;

/** What an application is told that is at most so old. */
const BOUND_MS = 1_000;

async function identityOf(platform: TestPlatform, subject = 'bfc-admin', more: CallerOptions = {}): Promise<Identity> {
  const caller = { token: await platform.issuer.sign({ subject }), operator: 'bfc', ...more };
  return platform.call(IdentityServiceDefinition, 'membership', caller);
}

const may = async (identity: Identity, subject: string, right = 'procurement.publish') =>
  (await identity.checkEntitlement({ subject, right })).allowed;

test('what one process commits it answers by at once; another by a second later, whatever was asked before', async () => {
  await using platform = await testPlatform({ services: ['membership'], processes: true });
  await using second = await replicasOf(platform);
  const { agentId, subject } = await enrol(platform);
  const { membership } = await platform.as('bfc-admin');
  const here = await identityOf(platform);
  const caller = { token: await platform.issuer.sign({ subject: 'bfc-admin' }), operator: 'bfc' };
  using there = connectTo(IdentityServiceDefinition, second.address('membership'), caller);
  const role = 'ROLE_BUYER';
  // For those who follow, the memory is read anew at each commit: who asks meanwhile waits for it.
  const following = catchUp(here, { cursor: '', held: new Map(), told: 0 }, true, 30_000).catch((error) => error);
  for (let times = 0; times < 10; times++) {
    await eventually(async () => expect(await may(there, subject)).toBe(true));
    expect(await may(here, subject)).toBe(true);
    await membership.revokeEntitlement({ requestId: requestId(), agentId, role });
    const revokedAt = performance.now();
    expect(await may(here, subject)).toBe(false);
    // An answer that was asked for within the second may be of before; none that was asked for later.
    let askedAt = performance.now();
    while (await may(there, subject)) {
      expect(askedAt - revokedAt).toBeLessThan(BOUND_MS);
      askedAt = performance.now();
    }
    await membership.grantEntitlement({ requestId: requestId(), agentId, role });
    expect(await may(here, subject)).toBe(true);
  }
  await platform.stop('membership');
  await following;
});

test('a database out of reach for more than a second answers nobody: neither yes nor no; then all is as before', async () => {
  await using platform = await testPlatform({ services: ['membership'] });
  const { subject } = await enrol(platform);
  const identity = await identityOf(platform);
  expect(await may(identity, subject)).toBe(true);
  const { name } = platform.databases.membership ?? { name: '' };
  const admin = platform.databases.membership;
  // Sessions are cut and new ones refused, but for the superuser's.
  await admin?.query(`alter database "${name}" connection limit 0`);
  try {
    const cutAt = performance.now();
    const cut = () =>
      admin?.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = 'membership_app'`,
        [name],
      );
    await cut();
    let askedAt = performance.now();
    let refusal: { code: status; reason: string } | undefined;
    while (!refusal) {
      askedAt = performance.now();
      const answered = await may(identity, subject).catch((error) => error);
      if (answered === true) expect(askedAt - cutAt).toBeLessThan(BOUND_MS + 200);
      else refusal = answered;
      await pause(20);
    }
    expect(refusal).toMatchObject({ code: status.UNAVAILABLE, reason: 'DATABASE_UNAVAILABLE' });
    expect(askedAt - cutAt).toBeGreaterThan(0);
  } finally {
    await admin?.query(`alter database "${name}" connection limit -1`);
  }
  await eventually(async () => expect(await may(identity, subject)).toBe(true));
});

/** An application's own copy: who has which entitlement, and where it stands; kept in one write as a database would. */
interface Copy {
  cursor: string;
  held: Map<string, string>;
  told: number;
}

function apply(copy: Copy, { cursor, change }: WatchEntitlementsResponse): void {
  copy.cursor = cursor;
  copy.told++;
  if (change?.$case === 'granted')
    copy.held.set(change.value.entitlementId, `${change.value.agentId} ${change.value.role}`);
  if (change?.$case === 'revoked') copy.held.delete(change.value.entitlementId);
}

/** Catches up from where the copy stands, or throws where the wire breaks; each message is acted upon or not at all. */
async function catchUp(identity: Identity, copy: Copy, follow = false, deadlineMs = 20_000): Promise<void> {
  for await (const message of identity.watchEntitlements({ cursor: copy.cursor, follow }, { deadlineMs }))
    apply(copy, message);
}

async function base(platform: TestPlatform, operator = 'bfc'): Promise<Map<string, string>> {
  const rows = await platform.databases.membership?.query<{ id: string; what: string }>(
    `select entitlement_id as id, agent_id || ' ' || role as what from entitlement where operator = $1 and revoked_at is null`,
    [operator],
  );
  return new Map(rows?.map(({ id, what }) => [id, what]));
}

test('an application that was away, and a base that is killed while it catches up: it ends with what the base holds', async () => {
  await using platform = await testPlatform({ services: ['membership'], processes: true });
  const { memberId } = await enrol(platform);
  const { membership } = await platform.as('bfc-admin');
  const identity = await identityOf(platform);
  const copy: Copy = { cursor: '', held: new Map(), told: 0 };
  await catchUp(identity, copy);
  expect(copy.held).toEqual(await base(platform));
  const known = copy.told;

  // While it is away: agents come, are given roles, and lose some of them. Thousands of changes, in groups side by side.
  const agents = await Promise.all(
    Array.from({ length: 400 }, async (_, nth) => {
      const asked = { requestId: requestId(), memberId, subject: `away-${nth}`, displayName: 'Agent of a test' };
      return (await membership.enrolAgent(asked)).agent?.agentId ?? '';
    }),
  );
  const change = async (agentId: string, nth: number) => {
    for (const role of ['ROLE_BUYER', 'ROLE_READER', 'ROLE_TRANSMITTER'] as const) {
      await membership.grantEntitlement({ requestId: requestId(), agentId, role });
      if (nth % 2) await membership.revokeEntitlement({ requestId: requestId(), agentId, role });
    }
  };
  await Promise.all(agents.map(change));

  // It comes back, and the service is killed under it, again and again, while more happens.
  let running = true;
  const more = (async () => {
    for (let nth = 0; running; nth++) {
      const agentId = agents[nth % agents.length] ?? '';
      const asked = { requestId: requestId(), agentId, role: 'ROLE_MEMBER_ADMINISTRATOR' as const };
      await membership.grantEntitlement(asked).catch(() => pause(5));
      await membership.revokeEntitlement({ ...asked, requestId: requestId() }).catch(() => pause(5));
    }
  })();
  const following = (async () => {
    while (running) await catchUp(identity, copy, true, 3_000).catch(() => pause(50));
  })();
  try {
    for (let kills = 0; kills < 3; kills++) {
      await eventually(() => expect(copy.told).toBeGreaterThan(known + 300 * (kills + 1)), { withinMs: 20_000 });
      await platform.processes.membership?.kill9();
      await platform.processes.membership?.start();
    }
  } finally {
    running = false;
    await Promise.all([more, following]);
  }
  await eventually(
    async () => {
      await catchUp(identity, copy);
      expect(copy.held).toEqual(await base(platform));
      // It is told no more than what every transaction of the server leaves settled: other tests may hold that back.
    },
    { withinMs: 90_000 },
  );
  // All of it came through the stream, the thousands of the time away too.
  expect(copy.told).toBeGreaterThan(known + 2_000);
}, 240_000);

test('who follows is told within moments, also what another replica recorded, and its call ends well before the deadline', async () => {
  await using platform = await testPlatform({ services: ['membership'], processes: true });
  await using second = await replicasOf(platform);
  const { agentId } = await enrol(platform);
  const caller = { token: await platform.issuer.sign({ subject: 'bfc-admin' }), operator: 'bfc' };
  using there = connectTo(IdentityServiceDefinition, second.address('membership'), caller);
  const { membership } = await platform.as('bfc-admin');
  const copies = [await identityOf(platform), there].map((identity) => {
    const copy: Copy = { cursor: '', held: new Map(), told: 0 };
    return { copy, ended: catchUp(identity, copy, true, 8_000) };
  });
  const grant = { requestId: requestId(), agentId, role: 'ROLE_READER' as const };
  const { entitlement } = await membership.grantEntitlement(grant);
  for (const { copy } of copies)
    await eventually(() => expect(copy.held.get(entitlement?.entitlementId ?? '')).toBe(`${agentId} ROLE_READER`), {
      withinMs: 3_000,
    });
  for (const { ended } of copies) await ended;
});

test('a transaction that began before and ends after is not passed over', async () => {
  await using platform = await testPlatform({ services: ['membership'] });
  const { memberId, subject, agentId } = await enrol(platform);
  const identity = await identityOf(platform);
  const copy: Copy = { cursor: '', held: new Map(), told: 0 };
  const database = platform.databases.membership;
  // As a slow writer would: its event has the earlier position and the earlier transaction, and is committed last.
  const { Client: Session } = await import('pg');
  const slow = new Session({ connectionString: database?.ownerUrl });
  slow.on('error', () => {});
  await slow.connect();
  await slow.query('begin');
  const late = crypto.randomUUID();
  const body = JSON.stringify({ operator: 'bfc', memberId, agentId: late, subject: 'late' });
  await slow.query(
    `insert into outbox (event_id, operator, member_id, aggregate_id, seq, type, body, traceparent, causation, correlation, occurred_at)
     values ($1, 'bfc', $2, $3, 1, 'jonction.membership.v1.AgentEnrolled', $4, '', '', '', now())`,
    [crypto.randomUUID(), memberId, late, body],
  );
  const { membership } = await platform.as('bfc-admin');
  await membership.revokeEntitlement({ requestId: requestId(), agentId, role: 'ROLE_BUYER' });
  // A check shows it at once; the stream waits for the one that began before, as long as its deadline lets it.
  expect(await may(identity, subject)).toBe(false);
  await catchUp(identity, copy, false, 2_500);
  const before = copy.told;
  await slow.query('commit');
  await slow.end();
  const seen: string[] = [];
  for await (const { cursor, change } of identity.watchEntitlements({ cursor: copy.cursor })) {
    copy.cursor = cursor;
    seen.push(change?.$case === 'enrolled' ? change.value.subject : (change?.$case ?? ''));
  }
  expect(before).toBeGreaterThan(0);
  expect(seen.toSorted()).toEqual(['late', 'revoked']);
});

test('a cursor of another operator, of nowhere, or of a time that a restore undid is refused in words', async () => {
  await using platform = await testPlatform({ services: ['membership'] });
  await enrol(platform);
  const copies = await Promise.all(
    ['bfc', 'idf'].map(async (operator) => {
      const identity = await identityOf(platform, `${operator}-admin`, { operator });
      const copy: Copy = { cursor: '', held: new Map(), told: 0 };
      await catchUp(identity, copy);
      return { identity, copy };
    }),
  );
  const [bfc, idf] = copies as [(typeof copies)[0], (typeof copies)[0]];
  const refused = { code: status.FAILED_PRECONDITION, reason: 'CURSOR_UNKNOWN' };
  await expect(catchUp(idf.identity, bfc.copy)).rejects.toMatchObject(refused);
  const undone = Buffer.from(bfc.copy.cursor, 'base64url').toString().replace(/.{4}$/, '0000');
  const restored = { ...bfc.copy, cursor: Buffer.from(undone).toString('base64url') };
  await expect(catchUp(bfc.identity, restored)).rejects.toMatchObject(refused);
  // Filled from a dump, rows bear transactions that this server has not counted to.
  await platform.databases.membership?.query(
    `update outbox set recorded_in = '9000000000000000000' where operator = 'bfc'`,
  );
  const ahead = { code: status.UNAVAILABLE, reason: 'FEED_RESTORED' };
  await expect(catchUp(bfc.identity, { ...bfc.copy, cursor: '' })).rejects.toMatchObject(ahead);
  // What the decision page says to do.
  await platform.databases.membership?.query(`update outbox set recorded_in = '3' where operator = 'bfc'`);
  await expect(catchUp(bfc.identity, bfc.copy)).rejects.toMatchObject(refused);
  const anew: Copy = { cursor: '', held: new Map(), told: 0 };
  await catchUp(bfc.identity, anew);
  expect(anew.held).toEqual(await base(platform));
});

test('an application reads who may do what of its operator, or of its own member, and may do nothing else', async () => {
  await using platform = await testPlatform({ services: ['membership'] });
  const [one, other] = [await enrol(platform), await enrol(platform, { name: 'Beaune' })];
  const { membership } = await platform.as('bfc-admin');
  for (const [subject, memberId] of [
    ['app-of-operator', ''],
    ['app-of-member', one.memberId],
  ] as const) {
    const asked = { requestId: requestId(), memberId, subject, displayName: 'Application of a test' };
    const agentId = (await membership.enrolAgent(asked)).agent?.agentId ?? '';
    await membership.grantEntitlement({ requestId: requestId(), agentId, role: 'ROLE_APPLICATION' });
  }
  const [whole, own] = [await identityOf(platform, 'app-of-operator'), await identityOf(platform, 'app-of-member')];
  expect([await may(whole, one.subject), await may(whole, other.subject)]).toEqual([true, true]);
  expect([await may(own, one.subject), await may(own, other.subject)]).toEqual([true, false]);
  expect(await own.checkEntitlement({ agentId: other.agentId, right: 'procurement.publish' })).toEqual(
    await own.checkEntitlement({ agentId: crypto.randomUUID(), right: 'procurement.publish' }),
  );
  expect((await own.getClaims({ subject: one.subject })).organizationalUnit).toBe('Agencourt');
  const absent = { code: status.NOT_FOUND };
  await expect(own.getClaims({ subject: other.subject })).rejects.toMatchObject(absent);
  const told: WatchEntitlementsResponse[] = await Array.fromAsync(own.watchEntitlements({}));
  const members = new Set(told.map(({ change }) => change?.value.memberId));
  expect([...members]).toEqual([one.memberId]);
  const { membership: asApp } = await platform.as('app-of-operator');
  await expect(asApp.listMembers({})).rejects.toMatchObject({ reason: 'RIGHT_MISSING' });
  await expect(may(await identityOf(platform, one.subject), one.subject)).rejects.toMatchObject({
    reason: 'RIGHT_MISSING',
  });
});

test('the member of an agent counts: suspended it is told, gone it closes; the past is answered as it was', async () => {
  await using platform = await testPlatform({ services: ['membership'] });
  const { memberId, agentId, subject } = await enrol(platform);
  const identity = await identityOf(platform);
  const { membership } = await platform.as('bfc-admin');
  const { MembershipLifeServiceDefinition: life } = await import('@jonction/contracts');
  const caller = { token: await platform.issuer.sign({ subject: 'bfc-admin' }), operator: 'bfc' };
  const steps = platform.call(life, 'membership', caller);
  const step = (kind: 'SUSPENSION' | 'REINSTATEMENT' | 'EXCLUSION') =>
    steps.recordStep({ requestId: requestId(), memberId, kind: `STEP_KIND_${kind}`, decisionRef: 'AG-2026-1' });
  const check = (asOf?: Date) =>
    identity.checkEntitlement({ subject, right: 'procurement.publish', memberId, ...(asOf ? { asOf } : {}) });
  const granted = new Date();
  await step('SUSPENSION');
  expect(await check()).toMatchObject({ allowed: true, memberAccess: 'MEMBER_ACCESS_SUSPENDED' });
  await step('REINSTATEMENT');
  expect(await check()).toMatchObject({ allowed: true, memberAccess: 'MEMBER_ACCESS_OPEN' });
  await membership.revokeEntitlement({ requestId: requestId(), agentId, role: 'ROLE_BUYER' });
  expect(await check()).toMatchObject({ allowed: false, denial: 'DENIAL_NOT_GRANTED', agentId });
  expect(await check(granted)).toMatchObject({ allowed: true });
  expect(await check(new Date(granted.getTime() - 3_600_000))).toMatchObject({ denial: 'DENIAL_NOT_ENROLLED' });
  await membership.grantEntitlement({ requestId: requestId(), agentId, role: 'ROLE_BUYER' });
  await step('EXCLUSION');
  expect(await check()).toMatchObject({ allowed: false, denial: 'DENIAL_MEMBER_CLOSED' });
  const told = await Array.fromAsync(identity.watchEntitlements({}));
  const ways = told.flatMap(({ change }) => (change?.$case === 'member' ? [change.value.access] : []));
  expect(ways.map((access) => access.replace('MEMBER_ACCESS_', ''))).toEqual(['OPEN', 'SUSPENDED', 'OPEN', 'CLOSED']);
});
