import { status } from '@grpc/grpc-js';
import { IdentityServiceDefinition, type WatchEntitlementsResponse } from '@jonction/contracts';
import { requestId, type TestPlatform, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';
import { type Commune, code, commune, drawCodes, standing, territoryOf, today } from './merges.ts';

async function identityOf(platform: TestPlatform, subject: string) {
  const caller = { token: await platform.issuer.sign({ subject }), operator: 'bfc' };
  return platform.call(IdentityServiceDefinition, 'membership', caller);
}

/** An application of a member, and all that it was told. */
async function applicationOf(platform: TestPlatform, { memberId }: Commune, subject: string) {
  const { membership } = await platform.as('bfc-admin');
  const asked = { requestId: requestId(), memberId, subject, displayName: 'Application of a test' };
  const agentId = (await membership.enrolAgent(asked)).agent?.agentId ?? '';
  await membership.grantEntitlement({ requestId: requestId(), agentId, role: 'ROLE_APPLICATION' });
  const identity = await identityOf(platform, subject);
  return { identity, told: await Array.fromAsync(identity.watchEntitlements({})) };
}

const transfers = (told: WatchEntitlementsResponse[], agentId: string) =>
  told.flatMap(({ change }) =>
    change?.$case === 'transferred' && change.value.agentId === agentId ? [change.value] : [],
  );

test('agents that go to another member with a merge: checks, the past, lists and copies know whom they act for', async () => {
  await using platform = await testPlatform();
  const [one, two] = [await commune(platform, 'Une'), await commune(platform, 'Deux')];
  const operator = await identityOf(platform, 'bfc-admin');
  const cursor = (await Array.fromAsync(operator.watchEntitlements({}))).at(-1)?.cursor ?? '';
  const gone = await applicationOf(platform, one, 'app-of-one');
  const stays = await applicationOf(platform, two, 'app-of-two');
  const check = (memberId: string, asOf?: Date) =>
    operator.checkEntitlement({ subject: one.subject, right: 'procurement.publish', memberId, asOf });
  const before = new Date();
  expect((await check(one.memberId)).allowed).toBe(true);

  // One of them goes into the other.
  const { merges } = await territoryOf(platform);
  const { insee, siren } = drawCodes();
  const codes = [code('INSEE', insee), code('SIREN', siren)];
  const plan = { kind: 'MERGE_KIND_SIMPLE' as const, effectiveOn: today, successorMemberId: two.memberId };
  const changes = codes.map((value) => ({
    memberId: two.memberId,
    change: { $case: 'identifierChange' as const, value },
  }));
  const asked = { ...plan, predecessorMemberIds: [one.memberId], changes };
  const { merge } = await merges.startMerge({ requestId: requestId(), plan: asked });
  await standing(merges, merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');

  expect(await check(two.memberId)).toMatchObject({ allowed: true, memberId: two.memberId });
  expect(await check(one.memberId)).toMatchObject({ allowed: false, denial: 'DENIAL_OTHER_MEMBER' });
  expect(await check(one.memberId, before)).toMatchObject({ allowed: true, memberId: one.memberId });
  expect(await check(two.memberId, before)).toMatchObject({ allowed: false, denial: 'DENIAL_OTHER_MEMBER' });
  const { membership } = await platform.as('bfc-admin');
  const agentsOf = async (memberId: string, asOf?: Date) =>
    (await membership.listAgents({ memberId, asOf })).agents.map((agent) => [agent.subject, agent.memberId]);
  expect(await agentsOf(one.memberId)).toEqual([]);
  expect(await agentsOf(one.memberId, before)).toEqual([
    [one.subject, one.memberId],
    ['app-of-one', one.memberId],
  ]);
  expect(await agentsOf(two.memberId, before)).not.toContainEqual([one.subject, two.memberId]);

  // The operator's copy moves the agent; that of the successor hears of it for the first time, with all it may do.
  const moved = { agentId: one.agentId, memberId: two.memberId, fromMemberId: one.memberId, subject: one.subject };
  for (const [identity, from] of [
    [operator, cursor],
    [stays.identity, stays.told.at(-1)?.cursor ?? ''],
  ] as const) {
    const [transfer, ...more] = transfers(
      await Array.fromAsync(identity.watchEntitlements({ cursor: from })),
      one.agentId,
    );
    expect(more).toEqual([]);
    expect(transfer).toMatchObject(moved);
    expect(transfer?.entitlements.map(({ role }) => role)).toEqual(['ROLE_BUYER', 'ROLE_TRANSMITTER']);
    expect(transfer?.entitlements.flatMap(({ rights }) => rights)).toContain('procurement.publish');
  }
  // An application that went itself begins anew: of its member it was told nothing yet.
  const old = gone.identity.watchEntitlements({ cursor: gone.told.at(-1)?.cursor ?? '' });
  await expect(Array.fromAsync(old)).rejects.toMatchObject({
    ...{ code: status.FAILED_PRECONDITION, reason: 'CURSOR_UNKNOWN' },
  });
  const anew = await Array.fromAsync(gone.identity.watchEntitlements({}));
  const told = anew.flatMap(({ change }) => (change?.$case === 'enrolled' ? [change.value.subject] : []));
  expect(told).toEqual([two.subject, 'app-of-two']);
  expect(transfers(anew, one.agentId)).toMatchObject([moved]);
});

test('of an agent that leaves, the applications of its member learn that it is gone, and nothing of what it has elsewhere', async () => {
  await using platform = await testPlatform();
  const one = await commune(platform, 'Une');
  const { identity, told } = await applicationOf(platform, one, 'app-of-one');
  const { merges } = await territoryOf(platform);
  const { insee, siren } = drawCodes();
  const codes = [code('INSEE', insee), code('SIREN', siren)];
  const created = { kind: 'ORGANIZATION_KIND_COMMUNE' as const, name: 'Sortie', departementCode: '21' };
  const memberId = crypto.randomUUID();
  const out = { memberId, created: { ...created, identifiers: codes }, identifiers: [], agentIds: [one.agentId] };
  const plan = {
    kind: 'MERGE_KIND_RESTORATION' as const,
    ...{ effectiveOn: today, successorMemberId: one.memberId, comingOut: [out] },
  };
  const { merge } = await merges.startMerge({ requestId: requestId(), plan });
  await standing(merges, merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');
  const cursor = told.at(-1)?.cursor ?? '';
  const [transfer] = transfers(await Array.fromAsync(identity.watchEntitlements({ cursor })), one.agentId);
  expect(transfer).toMatchObject({ memberId, fromMemberId: one.memberId, subject: '', entitlements: [] });
});
