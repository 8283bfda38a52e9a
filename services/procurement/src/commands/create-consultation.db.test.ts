import { ConsultationServiceDefinition, MemberAdmitted } from '@jonction/contracts';
import { entitled, heard, inDays, requestId, testService } from '@jonction/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const parts = { name: 'procurement', definition: ConsultationServiceDefinition, tables, subscriptions, rpc };
const memberId = uuidv7();
const RIGHTS = ['procurement.read', 'procurement.write', 'procurement.publish'];

async function procurement() {
  const service = await testService(parts);
  await service.hear(
    ...entitled('bfc-admin', RIGHTS),
    heard(MemberAdmitted, { memberId, organizationId: uuidv7(), name: 'Agencourt' }),
  );
  return service;
}

const wanted = () => ({ requestId: requestId(), memberId, title: 'Voirie', deadline: inDays(30) });

test('a draft is one row and the first event of its aggregate', async () => {
  await using service = await procurement();
  const { consultation } = await service.ask('createConsultation', wanted());
  const { consultationId } = consultation ?? {};
  expect(
    await service.db.query(
      'select consultation_id, operator, member_id, buyer_name, status, version from consultation',
    ),
  ).toEqual([
    {
      consultation_id: consultationId,
      operator: 'bfc',
      member_id: memberId,
      buyer_name: 'Agencourt',
      status: 'CONSULTATION_STATUS_DRAFT',
      version: 1,
    },
  ]);
  expect(await service.db.query('select aggregate_id, seq, type, operator, member_id, stream_seq from outbox')).toEqual(
    [
      {
        aggregate_id: consultationId,
        seq: 1,
        type: 'jonction.procurement.v1.ConsultationDrafted',
        operator: 'bfc',
        member_id: memberId,
        stream_seq: null,
      },
    ],
  );
});

test('a draft for a body that is no member leaves nothing, and no draft waits behind a refused one', async () => {
  await using service = await procurement();
  const requests = Array.from({ length: 20 }, (_, nth) => ({
    ...wanted(),
    ...(nth % 2 ? { memberId: uuidv7() } : {}),
  }));
  const outcomes = await Promise.allSettled(requests.map((request) => service.ask('createConsultation', request)));
  expect(outcomes.map(({ status }) => status)).toEqual(requests.map((_, nth) => (nth % 2 ? 'rejected' : 'fulfilled')));
  expect(outcomes[1]).toMatchObject({ reason: { reason: 'NOT_A_MEMBER' } });
  for (const table of ['consultation', 'outbox', 'idempotency'])
    expect(await service.db.query(`select from ${table}`), table).toHaveLength(10);
});

test('an agent of a member drafts for that member only', async () => {
  await using service = await procurement();
  await service.hear(
    ...entitled('elsewhere', RIGHTS, { memberId: uuidv7() }),
    ...entitled('here', RIGHTS, { memberId }),
  );
  await expect(service.ask('createConsultation', wanted(), { subject: 'elsewhere' })).rejects.toMatchObject({
    reason: 'OTHER_MEMBER',
  });
  expect((await service.ask('createConsultation', wanted(), { subject: 'here' })).consultation?.memberId).toBe(
    memberId,
  );
  expect(await service.db.query('select from consultation')).toHaveLength(1);
});
