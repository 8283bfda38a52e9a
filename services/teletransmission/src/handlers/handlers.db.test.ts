import type { Runner } from '@jonction/commands';
import {
  ActServiceDefinition,
  ApplicationApproved,
  MemberAdmitted,
  MemberExcluded,
  MemberReinstated,
  MemberSuspended,
  MemberWithdrawn,
} from '@jonction/contracts';
import type { Documents } from '@jonction/documents';
import type { Database } from '@jonction/service';
import { entitled, heard, testService } from '@jonction/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

/** No document is kept or read here, and nothing is to be heard but what is given. */
const around = { documents: {} as Documents, catchUp: async () => performance.now() };
const parts = {
  name: 'teletransmission',
  definition: ActServiceDefinition,
  tables,
  subscriptions,
  rpc: (database: Database, runner: Runner) => rpc(database, runner, around),
};

test('members and rights are noted once, however often they are heard; of two SIREN the one that is valid', async () => {
  await using service = await testService(parts);
  const memberId = uuidv7();
  const code = (value: string, validUntil: string) => ({
    scheme: 'IDENTIFIER_SCHEME_SIREN' as const,
    ...{ value, validFrom: '', validUntil },
  });
  const identifiers = [code('212100028', '2020-12-31'), code('212100010', '')];
  const about = { memberId, organizationId: uuidv7(), name: 'Agencourt', departementCode: '21', identifiers };
  const story = [heard(MemberAdmitted, about), ...entitled('someone', ['teletransmission.read'], { memberId })];
  for (const event of story) for (let times = 0; times < 2; times++) await service.hear(event);
  expect(await service.db.query('select member_id, name, siren, departement_code from known_member')).toEqual([
    { member_id: memberId, name: 'Agencourt', siren: '212100010', departement_code: '21' },
  ]);
  expect((await service.ask('listActs', {}, { subject: 'someone' })).acts).toEqual([]);
  expect(await service.db.query('select from inbox')).toHaveLength(3);
  expect(await service.db.query('select from parked')).toHaveLength(0);
});

test('a body may begin something new while its membership is open, and only then', async () => {
  await using service = await testService(parts);
  const about = { memberId: uuidv7(), organizationId: uuidv7(), name: 'Agencourt', departementCode: '21' };
  let seq = 0;
  const open = async (type: Parameters<typeof heard>[0], more: object = {}) => {
    await service.hear(heard(type, { ...about, ...more }, ++seq));
    return (await service.db.query<{ open: boolean }>('select open from known_member')).map((known) => known.open);
  };
  expect(await open(ApplicationApproved, { servicesOpen: false })).toEqual([]);
  expect(await open(ApplicationApproved, { servicesOpen: true })).toEqual([true]);
  expect(await open(MemberAdmitted)).toEqual([true]);
  expect(await open(MemberSuspended)).toEqual([false]);
  expect(await open(MemberReinstated)).toEqual([true]);
  expect(await open(MemberWithdrawn)).toEqual([false]);
  expect(await open(MemberAdmitted)).toEqual([true]);
  expect(await open(MemberExcluded)).toEqual([false]);
  expect(await service.db.query('select from parked')).toHaveLength(0);
});
