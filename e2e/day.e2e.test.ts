import { enrol, eventually, inDays, requestId, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';

test('a consultation published in procurement opens a shelf in the library, which follows its extension and its closing', async () => {
  await using platform = await testPlatform();
  const { memberId, caller } = await enrol(platform);
  const { consultation } = await caller.procurement.createConsultation({
    requestId: requestId(),
    memberId,
    title: 'Réfection de la toiture',
    deadline: inDays(30),
  });
  const consultationId = consultation?.consultationId ?? '';
  await caller.procurement.publishConsultation({ requestId: requestId(), consultationId });
  await eventually(async () =>
    expect((await caller['dce-library'].getShelf({ consultationId })).shelf).toMatchObject({
      status: 'SHELF_STATUS_OPEN',
      revision: 1,
      title: 'Réfection de la toiture',
    }),
  );
  const deadline = inDays(40);
  await caller.procurement.extendConsultation({ requestId: requestId(), consultationId, deadline });
  await caller.procurement.closeConsultation({ requestId: requestId(), consultationId });
  await eventually(async () =>
    expect((await caller['dce-library'].getShelf({ consultationId })).shelf).toMatchObject({
      status: 'SHELF_STATUS_CLOSED',
      revision: 3,
      openUntil: deadline,
    }),
  );
  expect(
    (await caller['dce-library'].listShelves({ query: 'TOITURE agencourt' })).shelves.map(
      (shelf) => shelf.consultationId,
    ),
  ).toEqual([consultationId]);
});
