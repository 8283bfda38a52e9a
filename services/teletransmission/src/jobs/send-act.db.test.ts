import {
  deposit,
  enrol,
  eventually,
  requestId,
  type TestPlatform,
  type TestPrefecture,
  testPlatform,
  testPrefecture,
} from '@jonction/testing';
import { expect, test } from 'vitest';

/** The service and membership, with somebody who may deposit, and a prefecture that behaves as `args` say. */
async function stage(args: string[], { processes = false } = {}) {
  await using parts = new AsyncDisposableStack();
  const prefecture = parts.use(await testPrefecture(args));
  const services = ['membership', 'teletransmission'] as const;
  const platform = parts.use(await testPlatform({ services: [...services], prefectureUrl: prefecture.url, processes }));
  const { memberId, caller } = await enrol(platform, { role: 'ROLE_TRANSMITTER' });
  const owned = parts.move();
  return {
    prefecture,
    platform,
    memberId,
    acts: caller.teletransmission,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Stage = Awaited<ReturnType<typeof stage>>;

/** Waits until an act stands as expected. */
async function untilActIs({ acts }: Stage, actId: string, status: string) {
  return eventually(
    async () => {
      const { act } = await acts.getAct({ actId });
      if (act?.status !== status) throw new Error(`the act is ${act?.status}`);
      return act;
    },
    { withinMs: 20_000 },
  );
}

/** The names of what was said of an act, in order. */
async function saidOf(platform: TestPlatform, actId: string): Promise<string[]> {
  const rows = await platform.databases.teletransmission?.query<{ type: string }>(
    'select type from outbox where aggregate_id = $1 order by seq',
    [actId],
  );
  return (rows ?? []).map(({ type }) => type.split('.').at(-1) ?? '');
}

const kinds = (prefecture: TestPrefecture) => prefecture.ledger().map(({ kind }) => kind);

test('an act is sent, acknowledged some time later, and enforceable once it is also published', async () => {
  await using it = await stage([]);
  const { actId, number } = await deposit(it.acts, it.memberId);
  const acknowledged = await untilActIs(it, actId, 'ACT_STATUS_ACKNOWLEDGED');
  expect(acknowledged.prefectureActId).toBe(`021-000000000-20260105-${number}-DE`);
  expect(acknowledged).toMatchObject({ enforceableOn: '', receivedOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
  const { act } = await it.acts.markActPublished({ requestId: requestId(), actId, publishedOn: '2026-01-06' });
  expect(act?.enforceableOn).toBe(acknowledged.receivedOn);
  expect(await saidOf(it.platform, actId)).toEqual([
    'ActDeposited',
    'ActTransmitted',
    'ActAcknowledged',
    'ActLegallyPublished',
    'ActBecameEnforceable',
  ]);
  // What was read is taken out of the mailbox.
  await eventually(() => expect(kinds(it.prefecture)).toEqual(['received', 'answered', 'removed']));
});

test('a prefecture that is down is waited for, and an act published meanwhile is enforceable by its acknowledgement', async () => {
  await using it = await stage([]);
  await it.prefecture.kill9();
  const { actId } = await deposit(it.acts, it.memberId);
  await it.acts.markActPublished({ requestId: requestId(), actId, publishedOn: '2026-01-05' });
  await eventually(async () => {
    const jobs = await it.platform.databases.teletransmission?.query(
      `select from graphile_worker._private_jobs where (payload->>'tries')::int > 0`,
    );
    expect(jobs).toHaveLength(1);
  });
  expect((await it.acts.getAct({ actId })).act?.status).toBe('ACT_STATUS_DEPOSITED');
  await it.prefecture.start();
  const act = await untilActIs(it, actId, 'ACT_STATUS_ACKNOWLEDGED');
  expect(act.enforceableOn).toBe(act.receivedOn);
  expect(kinds(it.prefecture).filter((kind) => kind === 'received')).toHaveLength(1);
});

test('a prefecture that answers twice is heard once', async () => {
  await using it = await stage(['--copies', '2']);
  const { actId } = await deposit(it.acts, it.memberId);
  await untilActIs(it, actId, 'ACT_STATUS_ACKNOWLEDGED');
  await eventually(() => expect(kinds(it.prefecture).filter((kind) => kind === 'removed')).toHaveLength(2));
  expect(await saidOf(it.platform, actId)).toEqual(['ActDeposited', 'ActTransmitted', 'ActAcknowledged']);
  const kept = await it.platform.databases.teletransmission?.query('select outcome from incoming_message order by 1');
  expect(kept).toEqual([{ outcome: 'APPLIED' }, { outcome: 'REPEATED' }]);
});

test('an act that the prefecture refuses is rejected with the sentence of the prefecture, and cannot be published', async () => {
  await using it = await stage(['--anomaly', '002']);
  const { actId } = await deposit(it.acts, it.memberId);
  const act = await untilActIs(it, actId, 'ACT_STATUS_REJECTED');
  expect(act.anomaly).toEqual({ code: '002', detail: 'Acte refusé par la préfecture simulée (002).' });
  expect(await saidOf(it.platform, actId)).toEqual(['ActDeposited', 'ActTransmitted', 'ActRejected']);
  const published = it.acts.markActPublished({ requestId: requestId(), actId, publishedOn: '2026-01-06' });
  await expect(published).rejects.toMatchObject({ reason: 'ACT_REJECTED' });
});

test('killed after the prefecture took the act and before that is written, the service sends it again and it is taken once', async () => {
  await using it = await stage(['--hold-ms', '60000', '--delay-ms', '600000'], { processes: true });
  const { actId } = await deposit(it.acts, it.memberId);
  await eventually(() => expect(kinds(it.prefecture)).toEqual(['received']));
  await it.platform.processes.teletransmission?.kill9();
  await it.platform.processes.teletransmission?.start();
  await eventually(() => expect(kinds(it.prefecture)).toEqual(['received', 'repeated']), { withinMs: 20_000 });
  expect(await saidOf(it.platform, actId)).toEqual(['ActDeposited']);
});

test('a message that nobody understands is kept whole and set aside, once, and those behind it are read', async () => {
  await using it = await stage([]);
  const strange = ['<?xml version="1.0"?><Inconnu/>', JSON.stringify({ type: 'ARActe', envelope_id: 'x' }), '\0'];
  for (const body of strange) await fetch(`${it.prefecture.url}/mailboxes/bfc`, { method: 'POST', body });
  const { actId } = await deposit(it.acts, it.memberId);
  await untilActIs(it, actId, 'ACT_STATUS_ACKNOWLEDGED');
  await eventually(() => expect(kinds(it.prefecture).filter((kind) => kind === 'removed')).toHaveLength(4));
  const aside = await it.platform.databases.teletransmission?.query<{ body: Buffer; act_id: string | null }>(
    `select body, act_id from incoming_message where outcome = 'SET_ASIDE' order by read_at, body`,
  );
  expect(aside?.map(({ body }) => String(body)).sort()).toEqual([...strange].sort());
});
