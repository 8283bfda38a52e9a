import {
  ConsultationServiceDefinition,
  MemberAdmitted,
  MergeBegun,
  MergeCancelled,
  OrganizationRenamed,
  OrganizationsMerged,
  OrganizationsSplit,
} from '@jonction/contracts';
import { entitled, heard, inDays, requestId, type TestService, testService } from '@jonction/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const parts = { name: 'procurement', definition: ConsultationServiceDefinition, tables, subscriptions, rpc };
const RIGHTS = ['procurement.read', 'procurement.write', 'procurement.publish'];
type Service = TestService<typeof ConsultationServiceDefinition>;

const body = (memberId: string, name: string, open = true) => ({ memberId, name, open, identifiers: [], services: [] });

/** A buyer with a draft, a published and a consultation whose last lot is over, and the operator's administrator. */
async function withWork() {
  const service = await testService(parts);
  const [from, into] = [uuidv7(), uuidv7()];
  await service.hear(...entitled('bfc-admin', RIGHTS));
  await service.hear(heard(MemberAdmitted, { memberId: from, organizationId: uuidv7(), name: 'Une' }));
  const ids: string[] = [];
  for (const title of ['a', 'b', 'c']) ids.push(await draft(service, from, title));
  for (const consultationId of ids.slice(1))
    await service.ask('publishConsultation', { requestId: requestId(), consultationId });
  const over = `update consultation set status = 'CONSULTATION_STATUS_DONE' where consultation_id = $1`;
  await service.db.query(over, [ids[2]]);
  return { service, from, into, ids, mergeId: uuidv7() };
}

async function draft({ ask }: Service, memberId: string, title: string): Promise<string> {
  const asked = { requestId: requestId(), memberId, title, deadline: inDays(9) };
  return (await ask('createConsultation', asked)).consultation?.consultationId ?? '';
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { reason?: string }) => error.reason,
  );

const said = async ({ db }: Service, since: string) =>
  (await db.query(`select type, member_id from outbox where type ~ $1 order by position`, [since])).map(
    ({ type, member_id }) => [String(type).split('.').at(-1), member_id],
  );

const buyers = async ({ db }: Service) =>
  (await db.query('select member_id, author_member_id, buyer_name from consultation order by title')).map((row) => [
    row.member_id,
    row.author_member_id,
    row.buyer_name,
  ]);

test('while a merge is prepared its buyers begin nothing, what runs goes on; when it is called off they begin again', async () => {
  const { service, from, into, ids, mergeId } = await withWork();
  await using _ = service;
  const about = { memberId: into, mergeId, predecessorMemberIds: [from] };
  const begun = heard(MergeBegun, about);
  for (let times = 0; times < 2; times++) await service.hear(begun);
  expect(await reasonOf(draft(service, from, 'd'))).toBe('MEMBER_MERGES');
  const publish = service.ask('publishConsultation', { requestId: requestId(), consultationId: ids[0] ?? '' });
  expect(await reasonOf(publish)).toBe('MEMBER_MERGES');
  const later = { requestId: requestId(), consultationId: ids[1] ?? '', deadline: inDays(20) };
  expect(await reasonOf(service.ask('extendConsultation', later))).toBe('done');
  const cancelled = heard(MergeCancelled, { memberId: into, mergeId, begun: true }, 2);
  for (let times = 0; times < 2; times++) await service.hear(cancelled);
  expect(await reasonOf(draft(service, from, 'd'))).toBe('done');
  expect(await said(service, 'Held|Released')).toEqual([
    ['ConsultationsHeld', into],
    ['ConsultationsReleased', into],
  ]);
  const [held] = await service.db.query(`select body::jsonb->>'running' as running from outbox where type ~ 'Held'`);
  expect(held?.running).toBe('2');
});

test('begun and called off in one delivery nothing stays held, and one that had not begun is answered by nobody', async () => {
  const { service, from, into, mergeId } = await withWork();
  await using _ = service;
  const about = { memberId: into, mergeId, predecessorMemberIds: [from] };
  await service.hear(heard(MergeBegun, about), heard(MergeCancelled, { memberId: into, mergeId, begun: true }, 2));
  await service.hear(heard(MergeCancelled, { memberId: into, mergeId: uuidv7(), begun: false }));
  expect(await service.db.query('select from known_member where merge_id is not null')).toEqual([]);
  expect(await said(service, 'Held|Released')).toHaveLength(2);
});

test('what runs has the successor as its buyer, once, and is said to those who follow the one and the other; what is closed goes along, what is over stays', async () => {
  const { service, from, into, ids, mergeId } = await withWork();
  await using _ = service;
  await service.ask('closeConsultation', { requestId: requestId(), consultationId: ids[1] ?? '' });
  const merged = heard(OrganizationsMerged, {
    ...{ memberId: into, mergeId, predecessorMemberIds: [from] },
    successor: body(into, 'Neuve') as never,
  });
  for (let times = 0; times < 2; times++) await service.hear(merged);
  expect(await buyers(service)).toEqual([
    [into, from, 'Neuve'],
    [into, from, 'Neuve'],
    [from, from, 'Une'],
  ]);
  expect(await said(service, 'Transferred|TakenOver|Reattached')).toEqual([
    ['DraftTransferred', into],
    ['ConsultationTransferred', from],
    ['ConsultationTakenOver', into],
    ['ConsultationsReattached', into],
  ]);
  expect(await reasonOf(draft(service, from, 'd'))).toBe('MEMBER_CLOSED');
  expect(await reasonOf(draft(service, into, 'd'))).toBe('done');
  const names = { memberId: into, organizationId: uuidv7(), before: 'Neuve', after: 'Autre' };
  await service.hear(heard(OrganizationRenamed, names));
  expect(await service.db.query('select name from known_member where member_id = $1', [into])).toEqual([
    { name: 'Autre' },
  ]);
});

test('a body that comes out again takes back what it had brought in, and nothing that began in the commune', async () => {
  const { service, from, into, mergeId } = await withWork();
  await using _ = service;
  const fields = { memberId: into, mergeId, predecessorMemberIds: [from] };
  await service.hear(heard(OrganizationsMerged, { ...fields, successor: body(into, 'Neuve') as never }));
  await draft(service, into, 'd');
  const restored = { memberId: into, mergeId: uuidv7(), restored: [body(from, 'Une')] as never };
  const split = heard(OrganizationsSplit, { ...restored, remainder: body(into, 'Neuve') as never });
  for (let times = 0; times < 2; times++) await service.hear(split);
  expect((await buyers(service)).map(([buyer]) => buyer)).toEqual([from, from, from, into]);
  expect(await reasonOf(draft(service, from, 'e'))).toBe('done');
});

test('a buyer that is held while it begins something begins it before, or not at all', async () => {
  const { service, from, into, mergeId } = await withWork();
  await using _ = service;
  const replica = { ...service, ask: await service.replica() };
  const begun = heard(MergeBegun, { memberId: into, mergeId, predecessorMemberIds: [from] });
  const drafts = Array.from({ length: 40 }, (__, nth) => reasonOf(draft(nth % 2 ? service : replica, from, `x${nth}`)));
  const [outcomes] = await Promise.all([Promise.all(drafts), service.hear(begun)]);
  expect(outcomes.every((outcome) => outcome === 'done' || outcome === 'MEMBER_MERGES')).toBe(true);
  const together = outcomes.filter((outcome) => outcome === 'done').length;
  expect(await reasonOf(draft(service, from, 'late'))).toBe('MEMBER_MERGES');
  const about = { memberId: into, mergeId, predecessorMemberIds: [from] };
  await service.hear(heard(OrganizationsMerged, { ...about, successor: body(into, 'Neuve') as never }, 2));
  // All that began goes along with what ran before, and nothing began behind.
  const [said] = await service.db.query(`select body::jsonb->>'moved' as moved from outbox where type ~ 'Reattached'`);
  expect(said?.moved).toBe(String(together + 2));
});
