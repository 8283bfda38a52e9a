import { randomUUID } from 'node:crypto';
import { enrol, eventually, inDays, requestId, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';

interface Parked {
  type: string;
  reason: string;
  traceparent: string;
  attempts: number;
}

test('a poisoned event is parked with its reason and trace; later ones of its aggregate wait behind it, others flow; all are released in order once mended', async () => {
  await using platform = await testPlatform();
  const { memberId, caller } = await enrol(platform);
  const { procurement } = caller;
  const library = platform.databases['dce-library'];
  const draft = async () =>
    (await procurement.createConsultation({ requestId: requestId(), memberId, title: 'Voirie', deadline: inDays(30) }))
      .consultation?.consultationId ?? '';
  const poisoned = await draft();
  const sound = await draft();
  // The library cannot open this shelf: a foreign row stands where it would be.
  await library?.query(
    `insert into shelf values ($1, 'bfc', $2, 'x', 'in the way', 'x', now(), 'SHELF_STATUS_OPEN', now(), null, 99)`,
    [poisoned, randomUUID()],
  );

  const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee00';
  await procurement.publishConsultation(
    { requestId: requestId(), consultationId: poisoned },
    { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  );
  await procurement.extendConsultation({ requestId: requestId(), consultationId: poisoned, deadline: inDays(40) });
  await procurement.publishConsultation({ requestId: requestId(), consultationId: sound });
  const parked = () =>
    library?.query<Parked>(
      'select type, reason, traceparent, attempts from parked where released_at is null order by seq',
    );
  await eventually(async () => {
    expect(await parked()).toMatchObject([
      {
        type: 'jonction.procurement.v1.ConsultationPublished',
        reason: expect.stringContaining('UniqueConstraintViolation'),
      },
      { type: 'jonction.procurement.v1.DeadlineExtended', reason: 'BEHIND_PARKED', attempts: 0 },
    ]);
    expect((await caller['dce-library'].getShelf({ consultationId: sound })).shelf?.revision).toBe(1);
  });
  expect((await parked())?.[0]?.attempts).toBeGreaterThan(1);
  expect((await parked())?.[0]?.traceparent).toContain(traceId);

  const provisioner = await platform.nats.provisioner();
  const release = async () =>
    (await provisioner.request('release.dce_library', JSON.stringify({ operator: 'bfc' }), { timeout: 10_000 })).json();
  // Not mended yet: nothing is released, and the reason is told.
  expect(await release()).toEqual({ released: 0, failed: expect.stringContaining('UniqueConstraintViolation') });

  await library?.query('delete from shelf where consultation_id = $1', [poisoned]);
  // One more that comes while the others wait goes behind them.
  await procurement.closeConsultation({ requestId: requestId(), consultationId: poisoned });
  await eventually(async () => expect(await parked()).toHaveLength(3));
  expect(await release()).toEqual({ released: 3, failed: '' });
  expect(await parked()).toEqual([]);
  await eventually(async () =>
    expect((await caller['dce-library'].getShelf({ consultationId: poisoned })).shelf).toMatchObject({
      revision: 3,
      status: 'SHELF_STATUS_CLOSED',
    }),
  );
  // Publication, extension, closing: released in the order in which they were said.
  const handled = await library?.query<{ seq: number }>(
    'select seq from inbox where aggregate_id = $1 order by handled_at',
    [poisoned],
  );
  expect(handled?.map((row) => row.seq)).toEqual([2, 3, 4]);
  // Nothing waits in front of it any more: it would be handled at once.
  expect(await release()).toEqual({ released: 0, failed: '' });
});
