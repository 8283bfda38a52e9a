import { type ListMembersRequest, MembershipServiceDefinition } from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { requestId, type TestService, testService } from '@jonction/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readManifests } from '../commands/manifest.ts';
import { welcomeOperators } from '../commands/welcome-operators.ts';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

type Definition = typeof MembershipServiceDefinition;
const parts = { name: 'membership', definition: MembershipServiceDefinition, tables, subscriptions, rpc };
const NAMES = [
  'Agencourt',
  'agencourt',
  'Émagny',
  'emagny',
  'Émagny',
  '100 % Régie',
  'a_b',
  'Zuydcoote',
  'L’Abergement',
  '日本',
];

/** Members with names that are alike, or the same, in two départements. */
async function withMembers() {
  const service = await testService(parts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
  const all = [...NAMES, ...NAMES, ...NAMES].map((name, nth) => ({
    requestId: requestId(),
    kind: nth % 3 ? ('ORGANIZATION_KIND_COMMUNE' as const) : ('ORGANIZATION_KIND_EPCI' as const),
    name,
    departementCode: nth % 2 ? '21' : '25',
  }));
  for (const member of all) await service.ask('admitMember', member);
  return { service, count: all.length };
}

type Filters = Partial<Pick<ListMembersRequest, 'kind' | 'departementCode' | 'nameContains' | 'asOf'>>;

async function pagesOf({ ask }: TestService<Definition>, filters: Filters, pageSize: number) {
  const pages: { memberId: string; name: string; kind: string; departementCode: string }[][] = [];
  const totals = new Set<number>();
  let pageToken = '';
  do {
    const page = await ask('listMembers', { ...filters, pageSize, pageToken });
    expect(page.members.length).toBeLessThanOrEqual(pageSize);
    pages.push(page.members);
    totals.add(page.totalSize);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && pages.length < 100);
  return { members: pages.flat(), totals: [...totals], pages: pages.length };
}

const letters = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

test('whatever the filters and the size of the pages, a list gives each member once, all of them, and counts them', async () => {
  const { service } = await withMembers();
  await using _ = service;
  const { members: all } = await pagesOf(service, {}, 500);
  const filters = fc.record(
    {
      kind: fc.constantFrom('ORGANIZATION_KIND_COMMUNE', 'ORGANIZATION_KIND_EPCI', 'ORGANIZATION_KIND_REGION'),
      departementCode: fc.constantFrom('21', '25', '99'),
      nameContains: fc.constantFrom('agen', 'EMAGNY', 'é', '%', '_', '\\', 'zz', '本', '’'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(filters, fc.integer({ min: 1, max: 40 }), async (asked, pageSize) => {
      const wanted = all.filter(
        ({ kind, departementCode, name }) =>
          (!asked.kind || kind === asked.kind) &&
          (!asked.departementCode || departementCode === asked.departementCode) &&
          (!asked.nameContains || letters(name).includes(letters(asked.nameContains))),
      );
      const { members, totals, pages } = await pagesOf(service, asked, pageSize);
      expect(members).toEqual(wanted);
      expect(totals).toEqual([wanted.length]);
      expect(pages).toBe(Math.max(1, Math.ceil(wanted.length / pageSize)));
    }),
    { numRuns: 60, seed: 7 },
  );
});

test('members who come while one reads page after page are given once or not, and those who were there all are', async () => {
  const { service, count } = await withMembers();
  await using _ = service;
  const seen: string[] = [];
  const before = new Set((await pagesOf(service, {}, 500)).members.map(({ memberId }) => memberId));
  let pageToken = '';
  do {
    const page = await service.ask('listMembers', { pageSize: 4, pageToken });
    seen.push(...page.members.map(({ memberId }) => memberId));
    pageToken = page.nextPageToken;
    for (const name of ['Aaa', 'Zzz'])
      if (seen.length < 40)
        await service.ask('admitMember', { requestId: requestId(), kind: 'ORGANIZATION_KIND_COMMUNE', name });
  } while (pageToken !== '' && seen.length < 500);
  expect(new Set(seen).size).toBe(seen.length);
  expect(before.size).toBe(count);
  expect(before.difference(new Set(seen))).toEqual(new Set());
});

test('fifty are given when no size is asked for, five hundred at most', async () => {
  const { service, count } = await withMembers();
  await using _ = service;
  for (let nth = count; nth < 52; nth++)
    await service.ask('admitMember', {
      requestId: requestId(),
      kind: 'ORGANIZATION_KIND_COMMUNE',
      name: `Commune ${nth}`,
    });
  const usual = await service.ask('listMembers', {});
  expect([usual.members.length, usual.totalSize, usual.nextPageToken === '']).toEqual([50, 52, false]);
  expect((await service.ask('listMembers', { pageSize: 2_000_000_000 })).members).toHaveLength(52);
});

test('the agents of a member are all listed once, with the roles they have today', async () => {
  const { service } = await withMembers();
  await using _ = service;
  const [first] = (await pagesOf(service, {}, 1)).members;
  const memberId = first?.memberId ?? '';
  const enrolled: string[] = [];
  for (let nth = 0; nth < 9; nth++) {
    const asked = { requestId: requestId(), memberId, subject: `agent-${nth}`, displayName: `Agent ${nth}` };
    const agentId = (await service.ask('enrolAgent', asked)).agent?.agentId ?? '';
    enrolled.push(agentId);
    if (nth % 2) await service.ask('grantEntitlement', { requestId: requestId(), agentId, role: 'ROLE_BUYER' });
  }
  await service.ask('revokeEntitlement', { requestId: requestId(), agentId: enrolled[1] ?? '', role: 'ROLE_BUYER' });
  for (const pageSize of [1, 2, 4, 9, 10]) {
    const agents = [];
    let pageToken = '';
    do {
      const page = await service.ask('listAgents', { memberId, pageSize, pageToken });
      agents.push(...page.agents);
      pageToken = page.nextPageToken;
    } while (pageToken !== '' && agents.length < 500);
    expect(agents.map(({ agentId }) => agentId)).toEqual(enrolled);
    expect(agents.map(({ entitlements }) => entitlements.length)).toEqual([0, 0, 0, 1, 0, 1, 0, 1, 0]);
  }
});
