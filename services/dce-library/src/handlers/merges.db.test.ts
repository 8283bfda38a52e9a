import {
  ConsultationPublished,
  ConsultationsReattached,
  ConsultationTransferred,
  ShelfServiceDefinition,
} from '@jonction/contracts';
import { entitled, heard, inDays, testService } from '@jonction/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const parts = { name: 'dce-library', definition: ShelfServiceDefinition, tables, subscriptions, rpc };

test('shelves follow their consultations to another buyer, under the name they were opened with, and it is said once how many did', async () => {
  await using service = await testService(parts);
  await service.hear(...entitled('bfc-admin', ['dce.read']));
  const [from, into, mergeId] = [uuidv7(), uuidv7(), uuidv7()];
  const ids = [uuidv7(), uuidv7(), uuidv7()];
  for (const consultationId of ids) {
    const about = { memberId: from, consultationId, title: 'Voirie', buyerName: 'Une' };
    await service.hear(heard(ConsultationPublished, { ...about, publishedAt: new Date(), deadline: inDays(9) }));
  }
  const follow = ids
    .slice(0, 2)
    .map((consultationId) =>
      heard(ConsultationTransferred, { memberId: from, consultationId, successorMemberId: into, mergeId }, 2),
    );
  const done = heard(ConsultationsReattached, { memberId: into, mergeId, moved: 2 });
  for (let times = 0; times < 2; times++) await service.hear(...follow, done);
  expect(await service.db.query('select member_id, buyer_name, revision from shelf order by consultation_id')).toEqual([
    { member_id: into, buyer_name: 'Une', revision: 2 },
    { member_id: into, buyer_name: 'Une', revision: 2 },
    { member_id: from, buyer_name: 'Une', revision: 1 },
  ]);
  const told = await service.db.query(`select body::jsonb as body from outbox where type ~ 'ShelvesReattached'`);
  expect(told).toMatchObject([{ body: { memberId: into, mergeId, moved: 2 } }]);
  const running = async (memberIds: string[], limit = 0) =>
    (await service.ask('listRunning', { memberIds, limit })).running.map(({ count, items }) => [count, items.length]);
  expect(await running([from])).toEqual([[1, 1]]);
  expect(await running([from, into], 1)).toEqual([[3, 1]]);
  for (const limit of [-1, 51])
    await expect(service.ask('listRunning', { memberIds: [from], limit })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });
});
