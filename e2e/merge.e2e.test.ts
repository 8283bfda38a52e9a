import { testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';
import { code, enrol, inDays, requestId, SIRENS, standing, territoryOf, today } from './merges.ts';

test('smoke', async () => {
  await using platform = await testPlatform();
  const a = await enrol(platform, { name: 'Une' });
  const b = await enrol(platform, { name: 'Deux' });
  const { consultation } = await a.caller.procurement.createConsultation({
    requestId: requestId(),
    memberId: a.memberId,
    title: 'Voirie',
    deadline: inDays(30),
  });
  await a.caller.procurement.publishConsultation({
    requestId: requestId(),
    consultationId: consultation?.consultationId ?? '',
  });
  const { merges } = await territoryOf(platform);
  const plan = {
    kind: 'MERGE_KIND_NEW_COMMUNE' as const,
    effectiveOn: today,
    predecessorMemberIds: [a.memberId, b.memberId],
    created: {
      kind: 'ORGANIZATION_KIND_COMMUNE' as const,
      name: 'Neuve',
      departementCode: '21',
      identifiers: [code('SIREN', SIRENS[2] ?? '')],
    },
  };
  const preview = await merges.previewMerge({ plan });
  console.dir(preview.services, { depth: 5 });
  const { merge } = await merges.startMerge({ requestId: requestId(), plan });
  const done = await standing(merges, merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');
  console.dir(done, { depth: 5 });
  expect(done.status).toBe('MERGE_STATUS_COMPLETE');
});
