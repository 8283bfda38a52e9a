import { createHash } from 'node:crypto';
import {
  ConsultationLifeServiceDefinition,
  ConsultationServiceDefinition,
  Description,
  type LotStepKind,
  MemberAdmitted,
  MemberSuspended,
} from '@jonction/contracts';
import { causedBy, newCause, writeUnit } from '@jonction/events';
import { inOperator, transact } from '@jonction/service';
import { entitled, heard, inDays, requestId, type TestService, testService } from '@jonction/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { publishAtTime } from '../jobs/publish-at-time.ts';
import { lifeRpc, rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const definition = {
  ...ConsultationLifeServiceDefinition,
  methods: { ...ConsultationServiceDefinition.methods, ...ConsultationLifeServiceDefinition.methods },
};
const parts = {
  name: 'procurement',
  definition,
  tables,
  subscriptions,
  rpc: (...all: Parameters<typeof rpc>) => ({ ...rpc(...all), ...lifeRpc(...all) }),
};
type Service = TestService<typeof definition>;

const memberId = uuidv7();
const RIGHTS = ['procurement.read', 'procurement.write', 'procurement.publish'];
const OPEN = { procedure: 'PROCEDURE_OPEN', nature: 'NATURE_WORKS', estimateCents: 600_000_000n } as const;
const ADAPTED = { procedure: 'PROCEDURE_ADAPTED', nature: 'NATURE_WORKS', estimateCents: 15_000_000n } as const;

async function procurement() {
  const service = await testService(parts);
  await service.hear(
    ...entitled('bfc-admin', RIGHTS),
    heard(MemberAdmitted, { memberId, organizationId: uuidv7(), name: 'Agencourt' }),
  );
  return service;
}

const description = (more: object = {}) => ({
  ...{ reference: `R-${requestId()}`, summary: '', cpvCode: '45214200', placeCodes: ['FRC11'], durationMonths: 12 },
  lots: ['Gros œuvre', 'Charpente', 'Peinture'].map((title, nth) => ({
    lotNumber: nth + 1,
    title,
    cpvCode: '45214200',
  })),
  socialConsiderations: ['SOCIAL_CONSIDERATION_CLAUSE'],
  environmentalConsiderations: ['ENVIRONMENTAL_CONSIDERATION_CRITERION'],
  ...more,
});

/** A draft that is described. */
async function drafted(
  { ask }: Service,
  { terms = ADAPTED as object, said = description(), deadline = inDays(60) } = {},
) {
  const asked = { requestId: requestId(), memberId, title: 'École', deadline };
  const consultationId = (await ask('createConsultation', asked)).consultation?.consultationId ?? '';
  await ask('describeConsultation', { ...asked, requestId: requestId(), consultationId, terms, description: said });
  return { consultationId, said, deadline };
}

async function opened(service: Service, terms: object = ADAPTED) {
  const made = await drafted(service, { terms });
  await service.ask('publishConsultation', { requestId: requestId(), consultationId: made.consultationId });
  await service.ask('closeConsultation', { requestId: requestId(), consultationId: made.consultationId });
  // Weeks go by.
  await service.db.query(`update consultation set deadline = now() - interval '1 hour'`);
  await service.ask('openTenders', { requestId: requestId(), consultationId: made.consultationId });
  return made;
}

/** A step of a lot: of the consultation of this id, its lot of this number. */
const step = ({ ask }: Service, [consultationId, lotNumber]: [string, number], kind: string, more: object = {}) =>
  ask('recordLotStep', {
    ...{ requestId: requestId(), consultationId, lotNumber, kind: `LOT_STEP_KIND_${kind}` as LotStepKind },
    decisionRef: 'CM-2026-7',
    ...(kind === 'AWARD' ? { supplierSirets: ['35600000000048'], amountCents: 12_345_600n, tendersReceived: 4 } : {}),
    ...more,
  });

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { reason?: string }) => error.reason ?? String(error),
  );

const written = ({ db }: Service) =>
  db.query(`select (select json_agg(c order by consultation_id) from consultation c) as consultations,
    (select json_agg(l order by lot_id) from lot l) as lots, (select count(*)::int from lot_step) as steps,
    (select count(*)::int from consultation_version) as versions, (select count(*)::int from outbox) as events`);

async function story({ db }: Service): Promise<string[]> {
  const rows = await db.query<{ type: string }>('select type from outbox order by position');
  return rows.map(({ type }) => type.split('.').at(-1) ?? '');
}

test('a consultation of three lots goes its whole way: one contract done, one lot without success, one given up', async () => {
  await using service = await procurement();
  const { ask } = service;
  const { consultationId } = await drafted(service);
  await ask('submitConsultation', { requestId: requestId(), consultationId });
  await ask('publishConsultation', { requestId: requestId(), consultationId });
  await ask('closeConsultation', { requestId: requestId(), consultationId });
  await service.db.query(`update consultation set deadline = now() - interval '1 hour'`);
  await ask('openTenders', { requestId: requestId(), consultationId });
  await step(service, [consultationId, 1], 'AWARD');
  await step(service, [consultationId, 2], 'UNSUCCESSFUL');
  for (const kind of ['REJECTIONS', 'SIGNATURE', 'NOTIFICATION'])
    await step(service, [consultationId, 1], kind, { decisionRef: '' });
  await step(service, [consultationId, 3], 'DISCONTINUATION');
  expect((await ask('getConsultation', { consultationId })).consultation?.status).toBe('CONSULTATION_STATUS_OPENED');
  const { consultation } = await step(service, [consultationId, 1], 'COMPLETION', { decisionRef: '' });
  expect(consultation?.status).toBe('CONSULTATION_STATUS_DONE');
  const { lots } = await ask('listLots', { consultationId });
  expect(lots.map(({ title, status }) => [title, status])).toEqual([
    ['Gros œuvre', 'LOT_STATUS_DONE'],
    ['Charpente', 'LOT_STATUS_UNSUCCESSFUL'],
    ['Peinture', 'LOT_STATUS_DISCONTINUED'],
  ]);
  expect(await story(service)).toEqual([
    ...['ConsultationDrafted', 'ConsultationDescribed', 'ConsultationSubmitted', 'ConsultationPublished'],
    ...['ConsultationClosed', 'TendersOpened', 'LotAwarded', 'LotClosedWithoutContract', 'RejectionLettersSent'],
    ...['ContractSigned', 'ContractNotified', 'LotClosedWithoutContract', 'ContractCompleted'],
  ]);
});

test('a formal contract is signed when the standstill is over, eleven days after the letters, and not before', async () => {
  await using service = await procurement();
  const { consultationId } = await opened(service, OPEN);
  const moments = { award: -20, told: -12, early: -1.5, late: -0.5 };
  await service.db.query(`update lot set status_since = now() - interval '30 days'`);
  await step(service, [consultationId, 1], 'AWARD', { occurredAt: inDays(moments.award) });
  const sign = (day: number) =>
    reasonOf(step(service, [consultationId, 1], 'SIGNATURE', { occurredAt: inDays(day), decisionRef: '' }));
  expect(await sign(moments.early)).toBe('LOT_STEP_UNFIT');
  await step(service, [consultationId, 1], 'REJECTIONS', { occurredAt: inDays(moments.told), decisionRef: '' });
  expect(await sign(-2.5)).toBe('STANDSTILL_RUNS');
  expect(await sign(moments.late)).toBe('done');
});

test('every version that was public is frozen, with its hash and what changed in it, for every operator to read', async () => {
  await using service = await procurement();
  await service.hear(...entitled('idf-admin', ['procurement.read'], { operator: 'idf' }));
  const { ask } = service;
  const { consultationId, said, deadline } = await drafted(service);
  await ask('publishConsultation', { requestId: requestId(), consultationId });
  const lots = said.lots.map((lot, nth) => (nth === 1 ? { ...lot, title: 'Charpente bois' } : lot));
  const later = inDays(70);
  const rectified = { title: 'École', deadline: later, description: { ...said, lots }, important: true };
  await ask('rectifyConsultation', { requestId: requestId(), consultationId, ...rectified });
  const { versions } = await ask('listVersions', { consultationId }, { subject: 'idf-admin', operator: 'idf' });
  expect(versions.map(({ number, changedFields }) => [number, changedFields])).toEqual([
    [1, []],
    [2, ['deadline', 'description.lots[1].title']],
  ]);
  expect(versions.map((version) => version.deadline)).toEqual([deadline, later]);
  for (const { title, deadline: at = new Date(0), description: told, sha256 } of versions) {
    const lines = [title, at.toISOString(), JSON.stringify(Description.toJSON(told as Description))];
    expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(sha256);
  }
  expect((await story(service)).at(-1)).toBe('ConsultationRectified');
  const jobs = await service.db.query('select run_at from graphile_worker._private_jobs');
  expect(jobs).toEqual([{ run_at: later }]);
});

test('where a lot stands is secret for other operators, what is drafted, to be validated or scheduled too', async () => {
  await using service = await procurement();
  await service.hear(...entitled('idf-admin', ['procurement.read'], { operator: 'idf' }));
  const idf = { subject: 'idf-admin', operator: 'idf' };
  const { consultationId } = await opened(service);
  expect(await reasonOf(service.ask('listLots', { consultationId }, idf))).toBe('NOT_FOUND');
  const waiting = (await drafted(service)).consultationId;
  const visible = () => reasonOf(service.ask('getConsultation', { consultationId: waiting }, idf));
  expect(await visible()).toBe('NOT_FOUND');
  await service.ask('submitConsultation', { requestId: requestId(), consultationId: waiting });
  expect(await visible()).toBe('NOT_FOUND');
  const publishAt = inDays(1);
  await service.ask('scheduleConsultation', { requestId: requestId(), consultationId: waiting, publishAt });
  expect(await visible()).toBe('NOT_FOUND');
  expect(await reasonOf(service.ask('listVersions', { consultationId: waiting }, idf))).toBe('NOT_FOUND');
});

/** Runs the job that publishes, at a moment. */
async function runPublication({ database }: Service, consultationId: string, now: Date): Promise<void> {
  const em = inOperator(database, 'bfc');
  causedBy(em, newCause(now));
  await transact(em, async () => {
    await publishAtTime(em, { operator: 'bfc', consultationId }, { now });
    await em.flush();
    await writeUnit(em);
  });
}

test('a scheduled consultation publishes itself at its time, once; called too early it waits on', async () => {
  await using service = await procurement();
  const { consultationId } = await drafted(service);
  const publishAt = inDays(2);
  await service.ask('submitConsultation', { requestId: requestId(), consultationId });
  await service.ask('scheduleConsultation', { requestId: requestId(), consultationId, publishAt });
  const status = async () => (await service.ask('getConsultation', { consultationId })).consultation?.status;
  const planned = () => service.db.query('select key, run_at from graphile_worker._private_jobs');
  expect(await planned()).toEqual([{ key: `publish ${consultationId}`, run_at: publishAt }]);
  await runPublication(service, consultationId, new Date(publishAt.getTime() - 1));
  expect(await status()).toBe('CONSULTATION_STATUS_SCHEDULED');
  await runPublication(service, consultationId, publishAt);
  await runPublication(service, consultationId, publishAt);
  expect(await status()).toBe('CONSULTATION_STATUS_PUBLISHED');
  expect((await story(service)).filter((event) => event === 'ConsultationPublished')).toHaveLength(1);
});

test('one whose buyer was suspended before its time is given back, not published', async () => {
  await using service = await procurement();
  const { consultationId } = await drafted(service);
  await service.ask('submitConsultation', { requestId: requestId(), consultationId });
  await service.ask('scheduleConsultation', { requestId: requestId(), consultationId, publishAt: inDays(2) });
  await service.hear(heard(MemberSuspended, { memberId, organizationId: uuidv7(), effectiveOn: '2026-01-01' }, 2));
  await runPublication(service, consultationId, inDays(2));
  const { consultation } = await service.ask('getConsultation', { consultationId });
  expect(consultation).toMatchObject({ status: 'CONSULTATION_STATUS_DRAFT', publishAt: undefined });
  expect((await story(service)).at(-1)).toBe('ConsultationReturned');
});

/** Drafts of one buyer, one consultation that is published and one that is opened; and how to ask for changes of them. */
async function contenders(service: Service) {
  const { ask } = service;
  const open = await opened(service);
  const draft = await drafted(service);
  const other = await drafted(service);
  const running = await drafted(service);
  await ask('publishConsultation', { requestId: requestId(), consultationId: running.consultationId });
  const content = (made: typeof draft, more: object = {}) => ({
    ...{ requestId: requestId(), consultationId: made.consultationId, title: 'École', deadline: made.deadline },
    ...{ terms: ADAPTED, description: made.said, important: false },
    ...more,
  });
  const describe = (more: object, made = draft) => ask('describeConsultation', content(made, more) as never);
  const rectify = (more: object, made = running) => ask('rectifyConsultation', content(made, more) as never);
  const only = (made: typeof draft) => ({ requestId: requestId(), consultationId: made.consultationId });
  return { open, draft, other, running, describe, rectify, only };
}

async function expectRefusals(service: Service, cases: [string, () => Promise<unknown>][]): Promise<void> {
  const before = await written(service);
  for (const [reason, act] of cases) expect(await reasonOf(act()), `${reason} ${act}`).toBe(reason);
  expect(await written(service)).toEqual(before);
}

test('what contradicts in a description is refused, each fault, and nothing of it is written', async () => {
  await using service = await procurement();
  const { describe, other, running } = await contenders(service);
  const said = (more: object) => () => describe({ description: description(more) });
  const lot = { lotNumber: 1, title: 'a', cpvCode: '45214200' };
  const both = ['SOCIAL_CONSIDERATION_NONE', 'SOCIAL_CONSIDERATION_CLAUSE'];
  await expectRefusals(service, [
    ['FIELD_INVALID', () => describe({ description: undefined })],
    ['FIELD_INVALID', said({ cpvCode: '4521420' })],
    ['FIELD_INVALID', said({ placeCodes: ['Dijon'] })],
    ['FIELD_INVALID', said({ placeCodes: [] })],
    ['FIELD_INVALID', said({ lots: [{ ...lot, cpvCode: '' }] })],
    ['FIELD_INVALID', said({ lots: [{ ...lot, lotNumber: 2 }] })],
    ['FIELD_INVALID', said({ socialConsiderations: [] })],
    ['FIELD_INVALID', said({ socialConsiderations: both })],
    ['FIELD_INVALID', said({ durationMonths: 181 })],
    ['FIELD_INVALID', () => describe({ terms: { ...ADAPTED, estimateCents: -1n } })],
    ['DEADLINE_PAST', () => describe({ deadline: inDays(-1) })],
    ['REFERENCE_TAKEN', () => describe({ description: other.said })],
    ['NOT_IN_DRAFT', () => describe({}, running)],
  ]);
});

test('a step of a consultation or of a lot that does not follow is refused, and nothing of it is written', async () => {
  await using service = await procurement();
  const { ask } = service;
  const { open, draft, running, rectify, only } = await contenders(service);
  const first = running.said.lots.slice(0, 1);
  const lot = (kind: string, more: object = {}, number = 1) => step(service, [open.consultationId, number], kind, more);
  await expectRefusals(service, [
    ['NOT_IN_DRAFT', () => ask('submitConsultation', only(running))],
    ['NOT_TO_VALIDATE', () => ask('returnConsultation', only(draft))],
    ['NOT_TO_VALIDATE', () => ask('scheduleConsultation', { ...only(draft), publishAt: inDays(1) })],
    ['NOTHING_CHANGED', () => rectify({})],
    ['EXTENSION_NEEDED', () => rectify({ title: 'Lycée', important: true })],
    ['DEADLINE_NOT_LATER', () => rectify({ title: 'Lycée', deadline: inDays(30) })],
    ['LOTS_FIXED', () => rectify({ description: { ...running.said, lots: first } })],
    ['NOT_OPEN', () => rectify({ deadline: inDays(80) }, open)],
    ['NOT_CLOSED', () => ask('openTenders', only(running))],
    ['LOT_STEP_UNFIT', () => step(service, [running.consultationId, 1], 'AWARD')],
    ['LOT_STEP_UNFIT', () => lot('SIGNATURE')],
    ['TIMES_CONTRADICT', () => lot('AWARD', { occurredAt: inDays(1) })],
    ['NOT_FOUND', () => lot('AWARD', {}, 4)],
    ['FIELD_INVALID', () => lot('AWARD', { supplierSirets: ['35600000000049'] })],
    ['FIELD_INVALID', () => lot('AWARD', { amountCents: 0n })],
    ['FIELD_INVALID', () => lot('AWARD', { decisionRef: '' })],
    ['FIELD_INVALID', () => lot('UNSUCCESSFUL', { amountCents: 1n })],
  ]);
});

test('a draft that is not described is not submitted, and of two who award a lot at once one does', async () => {
  await using service = await procurement();
  const asked = { requestId: requestId(), memberId, title: 'École', deadline: inDays(60) };
  const { consultation } = await service.ask('createConsultation', asked);
  const { consultationId = '' } = consultation ?? {};
  expect(await reasonOf(service.ask('submitConsultation', { requestId: requestId(), consultationId }))).toBe(
    'NOT_DESCRIBED',
  );
  const made = await opened(service);
  const other = await service.replica();
  const award = (ask: Service['ask']) => reasonOf(step({ ...service, ask }, [made.consultationId, 1], 'AWARD'));
  const outcomes = await Promise.all([award(service.ask), award(other), award(service.ask), award(other)]);
  expect(outcomes.sort()).toEqual(['LOT_STEP_UNFIT', 'LOT_STEP_UNFIT', 'LOT_STEP_UNFIT', 'done']);
  expect(await service.db.query('select from lot_step')).toHaveLength(1);
});
