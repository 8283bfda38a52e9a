import {
  ConsultationLifeServiceDefinition,
  ContributionServiceDefinition,
  PeopleServiceDefinition,
} from '@jonction/contracts';
import { deposit, enrol, eventually, inDays, requestId, SIRENS, type TestPlatform } from '@jonction/testing';
import { expect } from 'vitest';
import { flatSchedule } from './good-requests.ts';
import { territoryOf } from './merges.ts';
import { publishedWhen, quiet, type Row, rowsOf, tablesOf } from './rows.ts';

/** The word in every name that only bfc may read. */
export const SECRET = 'Canari';
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** bfc with two members, one of whom publishes; idf with one. Each service knows them. */
export async function populate(platform: TestPlatform) {
  const admin = await platform.as('bfc-admin', 'bfc');
  await admin.membership.admitMember({
    requestId: requestId(),
    kind: 'ORGANIZATION_KIND_COMMUNE',
    name: `${SECRET} a`,
    departementCode: '21',
    identifiers: [{ scheme: 'IDENTIFIER_SCHEME_SIREN', value: SIRENS[0] ?? '' }],
  });
  const hidden = await enrol(platform, { name: `${SECRET} b` });
  const known = await enrol(platform, { name: 'Agencourt' });
  await admin.membership.revokeEntitlement({ requestId: requestId(), agentId: hidden.agentId, role: 'ROLE_BUYER' });
  const terms = {
    procedure: 'PROCEDURE_ADAPTED',
    nature: 'NATURE_WORKS',
    buyerKind: 'BUYER_KIND_LOCAL',
    estimateCents: 12_345_678n,
  } as const;
  const description = {
    ...{ reference: 'TN-2026-7', summary: 'Toiture', cpvCode: '45261900', placeCodes: ['FRC11'], durationMonths: 6 },
    socialConsiderations: ['SOCIAL_CONSIDERATION_NONE' as const],
    environmentalConsiderations: ['ENVIRONMENTAL_CONSIDERATION_CLAUSE' as const],
  };
  const draft = async ({ caller, memberId }: typeof known, title: string) =>
    (
      await caller.procurement.createConsultation({
        requestId: requestId(),
        memberId,
        title,
        terms,
        deadline: inDays(30),
      })
    ).consultation?.consultationId ?? '';
  const draftId = await draft(known, `${SECRET} draft`);
  const publishedId = await draft(known, 'Toiture');
  const closedId = await draft(known, 'Voirie');
  const life = platform.call(ConsultationLifeServiceDefinition, 'procurement', {
    ...{ operator: 'bfc', token: await platform.issuer.sign({ subject: 'bfc-admin' }) },
  });
  const described = { title: 'Toiture', deadline: inDays(30), terms, description };
  await life.describeConsultation({ requestId: requestId(), consultationId: publishedId, ...described });
  for (const consultationId of [publishedId, closedId])
    await known.caller.procurement.publishConsultation({ requestId: requestId(), consultationId });
  await known.caller.procurement.closeConsultation({ requestId: requestId(), consultationId: closedId });
  for (const subject of [`${SECRET} act`, 'Voirie']) {
    const { actId } = await deposit(admin.teletransmission, known.memberId, { subject });
    const published = { requestId: requestId(), actId, publishedOn: '2026-01-06' };
    await admin.teletransmission.markActPublished(published);
  }
  await populatePeople(platform, known);
  await contribute(platform, known.memberId);
  // Ordered for a day to come: nothing of it happens during a test.
  const { merges } = await territoryOf(platform);
  const created = { kind: 'ORGANIZATION_KIND_COMMUNE' as const, name: `${SECRET} c`, departementCode: '21' };
  const what = { kind: 'MERGE_KIND_NEW_COMMUNE' as const, effectiveOn: inDays(90).toISOString().slice(0, 10) };
  const plan = { ...what, predecessorMemberIds: [hidden.memberId], created };
  await merges.startMerge({ requestId: requestId(), plan });
  const idf = await enrol(platform, { operator: 'idf', name: 'Bourg-la-Reine' });
  await deposit((await platform.as('idf-admin', 'idf')).teletransmission, idf.memberId);
  await idf.caller.procurement.publishConsultation({
    requestId: requestId(),
    consultationId: await draft(idf, 'Lycée'),
  });
  await eventually(async () => {
    const shelves = await platform.databases['dce-library']?.query('select from shelf');
    expect(shelves).toHaveLength(3);
  });
  await quiet(platform);
  return { draftId, publishedId, closedId };
}

/** A mayor who lets somebody sign, and who speaks for the member in the assembly. */
async function populatePeople(
  platform: TestPlatform,
  { memberId, agentId }: { memberId: string; agentId: string },
): Promise<void> {
  const how = { token: await platform.issuer.sign({ subject: 'bfc-admin' }), operator: 'bfc' };
  const people = platform.call(PeopleServiceDefinition, 'membership', how);
  const { membership } = await platform.as('bfc-admin');
  const mayor = { requestId: requestId(), memberId, subject: requestId(), displayName: 'Mayor of a test' };
  const titularAgentId = (await membership.enrolAgent(mayor)).agent?.agentId ?? '';
  const function_ = 'MANDATE_FUNCTION_MAYOR' as const;
  const asked = { requestId: requestId(), memberId, agentId: titularAgentId, function: function_ };
  const mandateId = (await people.recordMandate(asked)).mandate?.mandateId ?? '';
  await people.grantSigningDelegation({ requestId: requestId(), mandateId, agentId, orderRef: 'AR-2026-031' });
  await people.appointRepresentative({ requestId: requestId(), memberId, titularAgentId, substituteAgentId: agentId });
}

/** bfc has a schedule, knows the size of a member, and has fixed what all of them pay. */
async function contribute(platform: TestPlatform, memberId: string): Promise<void> {
  const how = { token: await platform.issuer.sign({ subject: 'bfc-admin' }), operator: 'bfc' };
  const contributions = platform.call(ContributionServiceDefinition, 'membership', how);
  const adopted = { requestId: requestId(), schedule: flatSchedule, decisionRef: 'AG-2026-03' };
  const { scheduleId = '' } = (await contributions.adoptSchedule(adopted)).schedule ?? {};
  await contributions.recordSize({ requestId: requestId(), memberId, effectiveOn: '2026-01-01', size: { staff: 12 } });
  const year = new Date().getUTCFullYear();
  await contributions.assessContributions({ requestId: requestId(), year, scheduleId, dueOn: '2999-12-31' });
}

/** Ids and names in the rows of bfc: all of them, and those that are in no published row and in no row of idf. */
export async function wordsOfBfc(platform: TestPlatform): Promise<{ all: Set<string>; secret: Set<string> }> {
  const all = new Set<string>();
  const readable = new Set<string>();
  for (const database of Object.values(platform.databases)) {
    for (const { name, tenant } of await tablesOf(database)) {
      if (!tenant) continue;
      for (const word of wordsIn(await rowsOf(database, name, `operator = 'bfc'`))) all.add(word);
      const published = await publishedWhen(database, name);
      for (const word of wordsIn(await rowsOf(database, name, `operator <> 'bfc' or (${published})`)))
        readable.add(word);
    }
  }
  return { all, secret: all.difference(readable) };
}

function wordsIn(rows: Row[]): string[] {
  const text = JSON.stringify(rows);
  return [...(text.match(UUID) ?? []), ...(text.match(new RegExp(`${SECRET} \\w+`, 'g')) ?? [])];
}
