import {
  ConsultationServiceDefinition,
  DeadlineServiceDefinition,
  MemberAdmitted,
  type Terms,
} from '@jonction/contracts';
import type { DomainError } from '@jonction/service';
import { entitled, heard, inDays, requestId, type TestService, testService } from '@jonction/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { deadlineRpc, rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const definition = {
  ...ConsultationServiceDefinition,
  methods: { ...ConsultationServiceDefinition.methods, ...DeadlineServiceDefinition.methods },
};
const parts = {
  name: 'procurement',
  definition,
  tables,
  subscriptions,
  rpc: (...all: Parameters<typeof rpc>) => ({ ...rpc(...all), ...deadlineRpc(...all) }),
};
const memberId = uuidv7();

async function procurement() {
  const service = await testService(parts);
  await service.hear(
    ...entitled('bfc-admin', ['procurement.read', 'procurement.write', 'procurement.publish']),
    heard(MemberAdmitted, { memberId, organizationId: uuidv7(), name: 'Agencourt' }),
  );
  return service;
}

const terms = (more: Partial<Terms> = {}): Terms => ({
  ...{ procedure: 'PROCEDURE_OPEN', nature: 'NATURE_SUPPLIES', buyerKind: 'BUYER_KIND_LOCAL' },
  ...{ estimateCents: 30_000_000n, urgent: false, priorInformation: false, onPaper: false },
  ...more,
});

async function publish({ ask }: TestService<typeof definition>, more: object) {
  const asked = { requestId: requestId(), memberId, title: 'Fournitures', deadline: inDays(60), ...more };
  const { consultation } = await ask('createConsultation', asked);
  const consultationId = consultation?.consultationId ?? '';
  return ask('publishConsultation', { requestId: requestId(), consultationId });
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error as DomainError,
  );

test('a consultation that leaves less time than the law is refused, with the reason that ComputeDeadlines gives', async () => {
  await using service = await procurement();
  const refused = await refusal(publish(service, { deadline: inDays(20), terms: terms() }));
  expect(refused.reason).toBe('DEADLINE_TOO_EARLY');
  const { dues } = await service.ask('computeDeadlines', { terms: terms() });
  const [tenders] = dues;
  expect(tenders).toMatchObject({ step: 'PROCEDURE_STEP_TENDERS', article: 'CCP R2161-3', sure: true });
  expect(refused.text.fr).toContain(tenders?.explanationFr);
  expect(refused.text.en).toContain(tenders?.explanationEn);
  expect(await service.db.query(`select from consultation where status <> 'CONSULTATION_STATUS_DRAFT'`)).toEqual([]);
  expect(await service.db.query(`select from outbox where type like '%Published'`)).toEqual([]);
});

test('one that leaves the time is published at the very moment that ComputeDeadlines gives, under the rules that it names', async () => {
  await using service = await procurement();
  const { dues, rulesVersion, regime } = await service.ask('computeDeadlines', { terms: terms() });
  expect(regime).toBe('REGIME_FORMAL');
  const { consultation } = await publish(service, { deadline: dues[0]?.at, terms: terms() });
  expect(consultation).toMatchObject({ status: 'CONSULTATION_STATUS_PUBLISHED', rulesVersion });
  expect(consultation).toMatchObject({ procedure: 'PROCEDURE_OPEN', nature: 'NATURE_SUPPLIES' });
  const early = new Date(Number(dues[0]?.at) - 1);
  expect((await refusal(publish(service, { deadline: early, terms: terms() }))).reason).toBe('DEADLINE_TOO_EARLY');
});

test('an adapted procedure is refused from the threshold of formal procedures on, and has no least time below it', async () => {
  await using service = await procurement();
  const adapted = (estimateCents: bigint) => terms({ procedure: 'PROCEDURE_ADAPTED', estimateCents });
  const refused = await refusal(publish(service, { terms: adapted(21_600_000n) }));
  expect(refused).toMatchObject({ reason: 'PROCEDURE_UNFIT', facts: { threshold: 216_000 } });
  const { consultation } = await publish(service, { deadline: inDays(1), terms: adapted(21_599_999n) });
  expect(consultation?.status).toBe('CONSULTATION_STATUS_PUBLISHED');
});

test('what is wrong in the terms is named, each field, and nothing is written', async () => {
  await using service = await procurement();
  const wrong = { ...terms(), procedure: 'PROCEDURE_UNSPECIFIED', nature: 'NATURE_UNSPECIFIED', estimateCents: 0n };
  const refused = await refusal(publish(service, { terms: wrong }));
  expect(refused.reason).toBe('FIELD_INVALID');
  const fields = ['terms.procedure', 'terms.nature', 'terms.estimate_cents'];
  expect(refused.violations.map(({ field }) => field)).toEqual(fields);
  expect((await refusal(service.ask('computeDeadlines', { terms: wrong as Terms }))).violations).toHaveLength(3);
  expect(await service.db.query('select from consultation')).toEqual([]);
});

test('an estimate is its operator’s: another reads the publication, and neither the table nor any answer shows it the amount', async () => {
  await using service = await procurement();
  await service.hear(...entitled('idf-admin', ['procurement.read'], { operator: 'idf' }));
  const { consultation } = await publish(service, { terms: terms({ estimateCents: 12_345_678_900n }) });
  const consultationId = consultation?.consultationId ?? '';
  const idf = { subject: 'idf-admin', operator: 'idf' };
  const seen = await service.ask('getConsultation', { consultationId }, idf);
  expect(seen.consultation?.consultationId).toBe(consultationId);
  expect(JSON.stringify(seen, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
    '123456789',
  );
  expect(await service.db.query('select operator, estimate_cents from consultation_terms')).toHaveLength(1);
});
