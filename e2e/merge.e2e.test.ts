import { createServer } from 'node:net';
import type { MergePlan } from '@jonction/contracts';
import {
  deposit,
  enrol,
  eventually,
  inDays,
  requestId,
  type TestPlatform,
  testPlatform,
  testPrefecture,
} from '@jonction/testing';
import { expect, test } from 'vitest';
import { bodyOf, code, commune, drawCodes, standing, territoryOf, today, work } from './merges.ts';
import { quiet } from './rows.ts';

/** Several communes that become a new one, created by the operation. */
function newCommune(memberIds: string[], more: object = {}): MergePlan {
  const { insee, siren } = drawCodes();
  return {
    kind: 'MERGE_KIND_NEW_COMMUNE',
    effectiveOn: today,
    predecessorMemberIds: memberIds,
    created: {
      kind: 'ORGANIZATION_KIND_NEW_COMMUNE',
      name: 'Neuve',
      departementCode: '21',
      identifiers: [code('INSEE', insee), code('SIREN', siren)],
    },
    ...more,
  } as unknown as MergePlan;
}

test('the preview lists what runs in every service, by the caller’s own rights there; a service that is down is said to be unknown, by name, within the bound', async () => {
  await using platform = await testPlatform();
  const one = await commune(platform, 'Une');
  const { publishedId, actId } = await work(platform, one);
  const { merges } = await territoryOf(platform);
  const plan = newCommune([one.memberId]);
  const kinds = async () =>
    (await merges.previewMerge({ plan })).services.map(({ service, known, running }) => [
      service,
      known,
      ...running.map(({ kind, count }) => `${kind} ${count}`),
    ]);
  const here = ['membership', true, 'membership 1', 'subscription 3', 'agent 1', 'entitlement 2'];
  const library = ['dce_library', true, 'shelf 1'];
  expect(await kinds()).toEqual([
    here,
    ['procurement', true, 'consultation 2'],
    ['teletransmission', true, 'act 1'],
    library,
  ]);
  const { bodies, services } = await merges.previewMerge({ plan });
  expect(bodies.map(({ memberId }) => memberId)).toEqual([one.memberId]);
  const items = services.flatMap(({ running }) => running.flatMap((all) => all.items.map(({ id }) => id)));
  expect(items).toEqual(expect.arrayContaining([one.agentId, publishedId, actId]));

  await platform.stop('procurement');
  expect(await kinds()).toEqual([here, ['procurement', false], ['teletransmission', true, 'act 1'], library]);
  // One that takes the call and never answers is not waited for longer than the bound.
  const port = Number(platform.address('teletransmission').split(':')[1]);
  await platform.stop('teletransmission');
  await using silent = await listenSilently(port);
  const begun = performance.now();
  const unknown = (await merges.previewMerge({ plan })).services.filter(({ known }) => !known);
  expect(performance.now() - begun).toBeLessThan(6_000);
  expect(silent.taken()).toBeGreaterThan(0);
  expect(unknown.map(({ service }) => service)).toEqual(['procurement', 'teletransmission']);
  for (const { service, unknownFr, unknownEn } of unknown) {
    expect(unknownFr).toMatch(new RegExp(`^${service} ne répond pas`));
    expect(unknownEn).toMatch(new RegExp(`^${service} does not answer`));
  }
});

test('a new commune takes the place of several: agents, consultations, shelves and acts are its own, the acts of before are read and become enforceable', async () => {
  await using prefecture = await testPrefecture();
  await using platform = await testPlatform({ prefectureUrl: prefecture.url });
  const [one, two] = [await commune(platform, 'Une'), await commune(platform, 'Deux')];
  const works = await work(platform, one);
  const finished = await deposit(one.acts, one.memberId, { number: 'SAME' });
  await deposit(two.acts, two.memberId, { number: 'SAME' });
  const acts = one.caller.teletransmission;
  const acknowledged = (actId: string) =>
    eventually(async () => expect((await acts.getAct({ actId })).act?.status).toBe('ACT_STATUS_ACKNOWLEDGED'));
  await Promise.all([acknowledged(finished.actId), acknowledged(works.actId)]);
  const published = { requestId: requestId(), actId: finished.actId, publishedOn: today };
  expect((await acts.markActPublished(published)).act?.enforceableOn).toBe(today);

  const { merges } = await territoryOf(platform);
  const { merge } = await merges.startMerge({ requestId: requestId(), plan: newCommune([one.memberId, two.memberId]) });
  const done = await standing(merges, merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');
  const memberId = done.plan?.successorMemberId ?? '';
  await quiet(platform);
  expect(done.steps.every(({ wordsFr, wordsEn }) => wordsFr !== '' && wordsEn !== '')).toBe(true);
  const times = done.steps.map(({ at }) => at?.getTime() ?? 0);
  expect(times).toEqual(times.toSorted((a, b) => a - b));

  // What was finished stays where it was, and its successor reads it; what was not is the successor's to finish.
  const all = (await acts.listActs({})).acts.map((act) => [act.actId, act.memberId]);
  expect(all).toEqual(
    expect.arrayContaining([
      [finished.actId, one.memberId],
      [works.actId, memberId],
    ]),
  );
  const marked = await acts.markActPublished({ requestId: requestId(), actId: works.actId, publishedOn: today });
  expect(marked.act).toMatchObject({ memberId, enforceableOn: today });
  // A number that a predecessor gave is free for the successor, who has given none.
  await deposit(acts, memberId, { number: 'SAME' });
  const taken = deposit(acts, memberId, { number: 'SAME' });
  await expect(taken).rejects.toMatchObject({ reason: 'NUMBER_TAKEN' });
  const { shelf } = await one.caller['dce-library'].getShelf({ consultationId: works.publishedId });
  expect(shelf).toMatchObject({ memberId, buyerName: 'Une', status: 'SHELF_STATUS_OPEN' });
  const { procurement } = two.caller;
  const asked = { requestId: requestId(), consultationId: works.publishedId, deadline: inDays(50) };
  expect((await procurement.extendConsultation(asked)).consultation).toMatchObject({ memberId, buyerName: 'Neuve' });
});

test('while it waits for a service a merge can be called off, and what was held begins again; once the bodies have changed it cannot', async () => {
  await using platform = await testPlatform();
  const one = await commune(platform, 'Une');
  const { merges } = await territoryOf(platform);
  await platform.stop('teletransmission');
  const asked = { requestId: requestId(), memberId: one.memberId, title: 'Voirie', deadline: inDays(30) };
  const { merge } = await merges.startMerge({ requestId: requestId(), plan: newCommune([one.memberId]) });
  const mergeId = merge?.mergeId ?? '';
  await eventually(() =>
    expect(one.caller.procurement.createConsultation({ ...asked, requestId: requestId() })).rejects.toMatchObject({
      reason: 'MEMBER_MERGES',
    }),
  );
  await merges.cancelMerge({ requestId: requestId(), mergeId });
  await expect(merges.cancelMerge({ requestId: requestId(), mergeId })).rejects.toMatchObject({
    reason: 'MERGE_PAST_RETURN',
  });
  await platform.restart('teletransmission');
  await standing(merges, mergeId, 'MERGE_STATUS_CANCELLED');
  await one.caller.procurement.createConsultation(asked);

  const again = await merges.startMerge({ requestId: requestId(), plan: newCommune([one.memberId]) });
  const complete = await standing(merges, again.merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');
  const late = merges.cancelMerge({ requestId: requestId(), mergeId: complete.mergeId });
  await expect(late).rejects.toMatchObject({ reason: 'MERGE_PAST_RETURN' });
  expect(await outcomes(platform, one.memberId)).toEqual([complete.mergeId, mergeId]);
});

test('a commune that comes out again takes back what it had brought in and still runs, its codes and the agents named', async () => {
  await using platform = await testPlatform();
  const [one, two] = [await commune(platform, 'Une'), await commune(platform, 'Deux')];
  const [ofOne, ofTwo] = [await work(platform, one), await work(platform, two)];
  const { merges } = await territoryOf(platform);
  const started = await merges.startMerge({
    requestId: requestId(),
    plan: newCommune([one.memberId, two.memberId]),
  });
  const { plan } = await standing(merges, started.merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');
  const communeId = plan?.successorMemberId ?? '';
  const out = {
    memberId: one.memberId,
    identifiers: [code('INSEE', one.insee), code('SIREN', one.siren)],
    agentIds: [one.agentId],
  };
  const split = await merges.startMerge({
    requestId: requestId(),
    plan: { kind: 'MERGE_KIND_RESTORATION', effectiveOn: today, successorMemberId: communeId, comingOut: [out] },
  });
  await standing(merges, split.merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');
  await quiet(platform);
  expect((await bodyOf(platform, 'INSEE', one.insee)).memberId).toBe(one.memberId);
  expect((await bodyOf(platform, 'SIREN', one.siren)).memberId).toBe(one.memberId);
  expect((await bodyOf(platform, 'SIREN', two.siren)).memberId).toBe(communeId);
  const admin = await platform.as('bfc-admin');
  const buyer = async (consultationId: string) =>
    (await admin.procurement.getConsultation({ consultationId })).consultation?.memberId;
  const authority = async (actId: string) => (await admin.teletransmission.getAct({ actId })).act?.memberId;
  expect([await buyer(ofOne.publishedId), await buyer(ofTwo.publishedId)]).toEqual([one.memberId, communeId]);
  expect([await authority(ofOne.actId), await authority(ofTwo.actId)]).toEqual([one.memberId, communeId]);
  const asked = { requestId: requestId(), memberId: one.memberId, title: 'École', deadline: inDays(9) };
  await one.caller.procurement.createConsultation(asked);
  const foreign = two.caller.procurement.createConsultation({ ...asked, requestId: requestId() });
  await expect(foreign).rejects.toMatchObject({ reason: 'OTHER_MEMBER' });
});

test('a merge of another operator is not found, and an agent of a member has no right to any', async () => {
  await using platform = await testPlatform();
  const one = await commune(platform, 'Une');
  const { merges } = await territoryOf(platform);
  const plan = newCommune([one.memberId], { effectiveOn: inDays(30).toISOString().slice(0, 10) });
  const { merge } = await merges.startMerge({ requestId: requestId(), plan });
  const mergeId = merge?.mergeId ?? '';
  const { merges: ofIdf } = await territoryOf(platform, 'idf');
  const { subject } = await enrol(platform, { name: 'Trois', role: 'ROLE_MEMBER_ADMINISTRATOR' });
  const how = { token: await platform.issuer.sign({ subject }), operator: 'bfc' };
  for (const call of [
    () => ofIdf.getMerge({ mergeId }),
    () => ofIdf.cancelMerge({ requestId: requestId(), mergeId }),
    () => ofIdf.previewMerge({ plan }),
    () => ofIdf.startMerge({ requestId: requestId(), plan }),
  ])
    await expect(call()).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  for (const call of [
    () => merges.getMerge({ mergeId }, how),
    () => merges.listMerges({}, how),
    () => merges.previewMerge({ plan }, how),
    () => merges.startMerge({ requestId: requestId(), plan }, how),
  ])
    await expect(call()).rejects.toMatchObject({ reason: 'RIGHT_MISSING' });
  expect((await merges.getMerge({ mergeId })).merge?.status).toBe('MERGE_STATUS_ORDERED');
});

/** The operations of a body, the last first. */
async function outcomes(platform: TestPlatform, memberId: string): Promise<string[]> {
  const { merges } = await territoryOf(platform);
  return (await merges.listMerges({ memberId })).merges.map(({ mergeId }) => mergeId);
}

/** Takes connections on a port, and says nothing on them. */
async function listenSilently(port: number) {
  let taken = 0;
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    taken++;
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    taken: () => taken,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
