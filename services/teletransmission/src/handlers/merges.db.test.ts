import {
  ActServiceDefinition,
  MemberAdmitted,
  MergeBegun,
  MergeCancelled,
  OrganizationIdentifierChanged,
  OrganizationRenamed,
  OrganizationsMerged,
  OrganizationsSplit,
} from '@jonction/contracts';
import { entitled, heard, SIRENS, type TestService, testService } from '@jonction/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const parts = {
  name: 'teletransmission',
  definition: ActServiceDefinition,
  tables,
  subscriptions,
  rpc: (...[database, runner]: [Parameters<typeof rpc>[0], Parameters<typeof rpc>[1]]) =>
    rpc(database, runner, {} as Parameters<typeof rpc>[2]),
};
type Service = TestService<typeof ActServiceDefinition>;

const siren = (value = '') => ({ scheme: 'IDENTIFIER_SCHEME_SIREN', value, validFrom: '', validUntil: '' }) as const;
const body = (memberId: string, name: string, code = SIRENS[1] ?? '') =>
  ({ memberId, name, departementCode: '21', open: true, identifiers: [siren(code)], services: [] }) as never;

const INSERT = `
  insert into act (act_id, operator, member_id, number, nature, subject, subject_code, decided_on, document_sha256, document_size,
    envelope_id, status, deposited_at, enforceable_on)
  values ($1, 'bfc', $2, $3, 'ACT_NATURE_DELIBERATION', 'x', '1.1', '2026-01-05', $4, 1, $1, $5, now(), $6)`;

/** An authority with an act on its way, one acknowledged, one enforceable and one refused. */
async function withActs() {
  const service = await testService(parts);
  const [from, into] = [uuidv7(), uuidv7()];
  const rights = ['teletransmission.read'];
  await service.hear(...entitled('bfc-admin', rights), ...entitled('of-into', rights, { memberId: into }));
  const identifiers = [siren(SIRENS[0])];
  await service.hear(heard(MemberAdmitted, { memberId: from, organizationId: uuidv7(), name: 'Une', identifiers }));
  const states = ['DEPOSITED', 'ACKNOWLEDGED', 'ACKNOWLEDGED', 'REJECTED'];
  for (const [nth, state] of states.entries()) {
    const enforceable = nth === 2 ? '2026-02-01' : null;
    const values = [uuidv7(), from, `N${nth}`, 'a'.repeat(64), `ACT_STATUS_${state}`, enforceable];
    await service.db.query(INSERT, values);
  }
  return { service, from, into, mergeId: uuidv7() };
}

const said = async ({ db }: Service, pattern: string) =>
  (await db.query(`select type, member_id from outbox where type ~ $1 order by position`, [pattern])).map(
    ({ type, member_id }) => [String(type).split('.').at(-1), member_id],
  );
const owners = async ({ db }: Service) =>
  (await db.query('select member_id, author_member_id from act order by number')).map((row) => [
    row.member_id,
    row.author_member_id,
  ]);

test('while a merge is prepared its authorities are held, and let go when it is called off; each is said once', async () => {
  const { service, from, into, mergeId } = await withActs();
  await using _ = service;
  const held = () => service.db.query('select from known_member where merge_id = $1', [mergeId]);
  const begun = heard(MergeBegun, { memberId: into, mergeId, predecessorMemberIds: [from], successorSiren: '1' });
  for (let times = 0; times < 2; times++) await service.hear(begun);
  expect(await held()).toHaveLength(1);
  const cancelled = heard(MergeCancelled, { memberId: into, mergeId, begun: true }, 2);
  for (let times = 0; times < 2; times++) await service.hear(cancelled);
  expect(await held()).toHaveLength(0);
  expect(await said(service, 'Held|Released')).toEqual([
    ['ActsHeld', into],
    ['ActsReleased', into],
  ]);
  const [told] = await service.db.query(`select body::jsonb->>'running' as running from outbox where type ~ 'Held'`);
  expect(told?.running).toBe('2');
});

test('a successor without a SIREN is refused when one of its predecessors sends acts, and nothing is held', async () => {
  const { service, from, into, mergeId } = await withActs();
  await using _ = service;
  await service.hear(heard(MergeBegun, { memberId: into, mergeId, predecessorMemberIds: [from] }));
  expect(await said(service, 'Hold|Held')).toEqual([['ActsHoldRefused', into]]);
  expect(await service.db.query('select from known_member where merge_id is not null')).toEqual([]);
  // One that never sends any does not stand in the way.
  const other = uuidv7();
  await service.hear(heard(MemberAdmitted, { memberId: other, organizationId: uuidv7(), name: 'Deux' }));
  await service.hear(heard(MergeBegun, { memberId: into, mergeId: uuidv7(), predecessorMemberIds: [other] }));
  expect(await said(service, 'Hold|Held')).toEqual([
    ['ActsHoldRefused', into],
    ['ActsHeld', into],
  ]);
});

test('acts on their way are the successor’s, in the name of who decided them; the finished stay, and the successor reads all', async () => {
  const { service, from, into, mergeId } = await withActs();
  await using _ = service;
  const fields = { memberId: into, mergeId, predecessorMemberIds: [from] };
  const merged = heard(OrganizationsMerged, { ...fields, successor: body(into, 'Neuve') });
  for (let times = 0; times < 2; times++) await service.hear(merged);
  expect(await owners(service)).toEqual([
    [into, from],
    [into, from],
    [from, from],
    [from, from],
  ]);
  expect(await said(service, 'Transferred|TakenOver|Reattached')).toEqual([
    ['ActTransferred', from],
    ['ActTakenOver', into],
    ['ActTransferred', from],
    ['ActTakenOver', into],
    ['ActsReattached', into],
  ]);
  const all = await service.ask('listActs', {}, { subject: 'of-into' });
  expect(all.acts).toHaveLength(4);
  // A second merge: what the first predecessor left is read by whom its place has come to.
  const third = uuidv7();
  await service.hear(...entitled('of-third', ['teletransmission.read'], { memberId: third }));
  const again = { memberId: third, mergeId: uuidv7(), predecessorMemberIds: [into] };
  await service.hear(heard(OrganizationsMerged, { ...again, successor: body(third, 'Encore') }));
  expect((await service.ask('listActs', {}, { subject: 'of-third' })).acts).toHaveLength(4);
  expect((await service.ask('listActs', {}, { subject: 'of-into' })).acts).toHaveLength(0);
  const running = await service.ask('listRunning', { memberIds: [third, from] });
  expect(running.running).toMatchObject([{ kind: 'act', count: 2 }]);
});

test('a body that comes out again takes back what it had brought in and still runs', async () => {
  const { service, from, into, mergeId } = await withActs();
  await using _ = service;
  const fields = { memberId: into, mergeId, predecessorMemberIds: [from] };
  await service.hear(heard(OrganizationsMerged, { ...fields, successor: body(into, 'Neuve') }));
  const out = { memberId: into, mergeId: uuidv7(), restored: [body(from, 'Une', SIRENS[0])] as never };
  const split = heard(OrganizationsSplit, { ...out, remainder: body(into, 'Neuve') });
  for (let times = 0; times < 2; times++) await service.hear(split);
  expect((await owners(service)).map(([owner]) => owner)).toEqual([from, from, from, from]);
  expect((await service.ask('listActs', {}, { subject: 'of-into' })).acts).toHaveLength(0);
});

test('a new name and a new SIREN are those under which acts are sent from then on', async () => {
  const { service, from } = await withActs();
  await using _ = service;
  const organizationId = uuidv7();
  const { scheme } = siren();
  const another = { memberId: from, organizationId, scheme, before: SIRENS[0] ?? '', after: SIRENS[1] ?? '' };
  const insee = { ...another, scheme: 'IDENTIFIER_SCHEME_INSEE' as const, after: '21001' };
  await service.hear(heard(OrganizationIdentifierChanged, another), heard(OrganizationIdentifierChanged, insee, 2));
  await service.hear(heard(OrganizationRenamed, { memberId: from, organizationId, after: 'Autre' }, 3));
  expect(await service.db.query('select name, siren from known_member')).toEqual([{ name: 'Autre', siren: SIRENS[1] }]);
});
