import { ConsultationServiceDefinition, MemberAdmitted } from '@jonction/contracts';
import { entitled, heard, inDays, requestId, testService } from '@jonction/testing';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const parts = { name: 'procurement', definition: ConsultationServiceDefinition, tables, subscriptions, rpc };
const RIGHTS = ['procurement.read', 'procurement.write', 'procurement.publish'];

/** Consultations of three members of two operators: drafts, published and closed ones in turn. */
async function withConsultations() {
  const service = await testService(parts);
  const members = [uuidv7(), uuidv7(), uuidv7()];
  const operators = ['bfc', 'bfc', 'idf'];
  for (const operator of ['bfc', 'idf']) await service.hear(...entitled('bfc-admin', RIGHTS, { operator }));
  for (const [nth, memberId] of members.entries())
    await service.hear(
      heard(MemberAdmitted, { operator: operators[nth] ?? '', memberId, organizationId: uuidv7(), name: 'Agencourt' }),
    );
  for (let nth = 0; nth < 27; nth++) {
    const as = { operator: operators[nth % 3] ?? '' };
    const wanted = {
      requestId: requestId(),
      memberId: members[nth % 3] ?? '',
      title: `Voirie ${nth}`,
      deadline: inDays(30),
    };
    const consultationId = (await service.ask('createConsultation', wanted, as)).consultation?.consultationId ?? '';
    if (nth % 2) await service.ask('publishConsultation', { requestId: requestId(), consultationId }, as);
    if (nth % 4 === 3) await service.ask('closeConsultation', { requestId: requestId(), consultationId }, as);
  }
  return { service, members };
}

test('whatever the filters and the size of the pages, a list gives each consultation that the operator may see once, newest first', async () => {
  const { service, members } = await withConsultations();
  await using _ = service;
  const rows = await service.db.query<{ id: string; status: string; member_id: string; operator: string }>(
    'select consultation_id as id, status, member_id, operator from consultation order by 1 desc',
  );
  const visible = rows.filter(({ operator, status }) => operator === 'bfc' || status !== 'CONSULTATION_STATUS_DRAFT');
  expect(visible.length).toBeLessThan(rows.length);
  const filters = fc.record(
    {
      status: fc.constantFrom(
        'CONSULTATION_STATUS_DRAFT',
        'CONSULTATION_STATUS_PUBLISHED',
        'CONSULTATION_STATUS_CLOSED',
      ),
      memberId: fc.constantFrom(...members, uuidv7()),
      operator: fc.constantFrom('bfc', 'idf', 'xyz'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(filters, fc.integer({ min: 1, max: 30 }), async (asked, pageSize) => {
      const wanted = visible.filter(
        ({ status, member_id, operator }) =>
          (!asked.status || status === asked.status) &&
          (!asked.memberId || member_id === asked.memberId) &&
          (!asked.operator || operator === asked.operator),
      );
      const seen: string[] = [];
      let pageToken = '';
      do {
        const page = await service.ask('listConsultations', { ...asked, pageSize, pageToken });
        expect(page.consultations.length).toBeLessThanOrEqual(pageSize);
        seen.push(...page.consultations.map(({ consultationId }) => consultationId));
        pageToken = page.nextPageToken;
      } while (pageToken !== '' && seen.length < 500);
      expect(seen).toEqual(wanted.map(({ id }) => id));
    }),
    { numRuns: 60, seed: 7 },
  );
});

test('a page token serves the list that gave it, not another question', async () => {
  const { service } = await withConsultations();
  await using _ = service;
  const { nextPageToken: pageToken } = await service.ask('listConsultations', { pageSize: 2 });
  expect((await service.ask('listConsultations', { pageSize: 5, pageToken })).consultations).toHaveLength(5);
  const other = service.ask('listConsultations', { pageSize: 2, pageToken, operator: 'bfc' });
  await expect(other).rejects.toMatchObject({ reason: 'PAGE_TOKEN_INVALID' });
});
