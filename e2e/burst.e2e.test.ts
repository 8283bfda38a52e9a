import { enrol, eventually, inDays, requestId, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';

/** More than the library asks the stream for at once, so that it has to ask again in the middle. */
const BURST = 450;

test('the last events of a burst are handled at once, though none comes after them', async () => {
  await using platform = await testPlatform();
  const { memberId, caller } = await enrol(platform);
  await platform.stop('dce-library');
  async function* drafts() {
    for (let at = 0; at < BURST; at++)
      yield { consultation: { requestId: requestId(), memberId, title: `Lot ${at}`, deadline: inDays(30) } };
  }
  const published: Promise<unknown>[] = [];
  for await (const { outcome } of caller.procurement.createConsultations(drafts())) {
    if (outcome?.$case !== 'created') throw new Error('a draft was refused');
    const consultationId = outcome.value.consultation?.consultationId ?? '';
    published.push(caller.procurement.publishConsultation({ requestId: requestId(), consultationId }));
  }
  await Promise.all(published);
  const { procurement, 'dce-library': library } = platform.databases;
  await eventually(async () =>
    expect(await procurement?.query('select from outbox where stream_seq is null limit 1')).toHaveLength(0),
  );
  await platform.restart('dce-library');
  await eventually(async () =>
    expect(await library?.query('select count(*)::int as shelves from shelf')).toEqual([{ shelves: BURST }]),
  );
});
