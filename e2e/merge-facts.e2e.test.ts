import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Member, MergePlan, TerritoryChange } from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { requestId, type TestPlatform, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';
import { difference } from '../scripts/vintage/difference.ts';
import { readVintage, type Vintage } from '../scripts/vintage/lists.ts';
import { code, standing, territoryOf } from './merges.ts';
import { quiet } from './rows.ts';

// What happened on 1 January 2025, as the State's lists of 2024 and 2025 say it (INSEE, DGCL, Licence Ouverte).
const ON = '2025-01-01';
const REGIONS = [
  { operator: 'bfc', departements: ['21', '25', '39', '58', '70', '71', '89', '90'], ceased: 12 },
  { operator: 'idf', departements: ['75', '77', '78', '91', '92', '93', '94', '95'], ceased: 1 },
];

type Change = NonNullable<TerritoryChange['change']>;

/** The communes that ceased that year and those they went into, as they were the year before, all of them members. */
async function admitConcerned(platform: TestPlatform, operator: string, departements: string[]) {
  const [before, after] = [readVintage(2024, departements), readVintage(2025, departements)];
  const listed = new Map(after.communes.map((one) => [one.code, one]));
  const ceased = before.communes.filter((one) => !listed.has(one.code));
  const siren = (one: { code: string; siren: string }) => listed.get(one.code)?.siren !== one.siren;
  const concerned = before.communes.filter((one) => siren(one) || after.remains.get(one.code));
  const { membership } = await platform.as(`${operator}-admin`, operator);
  for (const { code: insee, siren: value, kind, name, departementCode, epciSiren, ...one } of concerned) {
    const { municipalPopulation = 0 } = one;
    const { member } = await membership.admitMember({
      ...{ requestId: requestId(), kind, name, departementCode, municipalPopulation, admittedOn: '2013-11-01' },
      identifiers: [code('INSEE', insee), code('SIREN', value)],
    });
    const { territory } = await territoryOf(platform, operator);
    const change = { $case: 'groupingChange' as const, value: { epciSiren } };
    const grouped = { memberId: member?.memberId ?? '', effectiveOn: '2020-01-01', change };
    await territory.recordChange({ requestId: requestId(), change: grouped });
  }
  return { ceased, before, after, concerned: new Set(concerned.map((one) => one.code)) };
}

/** What is to be recorded so that what is known of those communes is what the list says. */
async function wanted(platform: TestPlatform, operator: string, after: Vintage, concerned: Set<string>) {
  const { territory } = await territoryOf(platform, operator);
  const known = (await territory.listOrganizations({ pageSize: 500 })).members;
  const ids = new Set(known.map(({ memberId }) => memberId));
  const communes = after.communes.filter((one) => concerned.has(one.code));
  const { changes } = difference(known, { ...after, communes, groupings: [] }, operator, new Map());
  return { known, changes: changes.map(({ change }) => change).filter(({ memberId }) => ids.has(memberId)) };
}

/** One operation for each successor, with all that changes of it that day. */
function plansOf(changes: TerritoryChange[]): MergePlan[] {
  const into = ({ change }: TerritoryChange) => (change?.$case === 'absorption' ? change.value : undefined);
  const bySuccessor = Map.groupBy(changes.filter(into), (one) => into(one)?.successorMemberId ?? '');
  return [...bySuccessor].map(([successorMemberId, gone]) => {
    const remains = gone.some((one) => into(one)?.remainsAs === 'ORGANIZATION_KIND_DELEGATED_COMMUNE');
    const besides = changes.filter((one) => one.memberId === successorMemberId && !into(one));
    return {
      kind: remains ? 'MERGE_KIND_NEW_COMMUNE' : 'MERGE_KIND_SIMPLE',
      effectiveOn: ON,
      successorMemberId,
      predecessorMemberIds: gone.map(({ memberId }) => memberId),
      changes: besides.map(({ memberId, change }) => ({ memberId, change: change as Change })),
    } as unknown as MergePlan;
  });
}

test.each(REGIONS)(
  'the mergers of 2025 in $operator, each as one operation, give the list of that year; every SIREN and INSEE code of before leads to the commune of today',
  async ({ operator, departements, ceased: count }) => {
    await using platform = await testPlatform();
    const { ceased, before, after, concerned } = await admitConcerned(platform, operator, departements);
    expect(ceased).toHaveLength(count);
    const { merges } = await territoryOf(platform, operator);
    for (const plan of plansOf((await wanted(platform, operator, after, concerned)).changes)) {
      const { merge } = await merges.startMerge({ requestId: requestId(), plan });
      await standing(merges, merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');
    }
    await quiet(platform);
    const { known, changes } = await wanted(platform, operator, after, concerned);
    // A commune that only changed its SIREN did not merge with another that is listed, and has its change to come.
    expect(changes.filter(({ change }) => change?.$case === 'absorption')).toEqual([]);
    const { membership } = await platform.as(`${operator}-admin`, operator);
    const bodyOn = async (scheme: 'SIREN' | 'INSEE', value: string, asOf: string) =>
      (await membership.resolveIdentifier({ scheme: `IDENTIFIER_SCHEME_${scheme}`, value, asOf })).member as Member;
    const bears = (member: Member, scheme: string) =>
      member.identifiers.find((one) => one.scheme === `IDENTIFIER_SCHEME_${scheme}`)?.value;
    const sirens = new Map(after.communes.map((one) => [one.code, one.siren]));
    for (const { code: insee, siren, name } of ceased) {
      const today = await bodyOn('INSEE', insee, ON);
      expect(today.ceasedOn, name).toBe('');
      expect((await bodyOn('SIREN', siren, ON)).memberId, name).toBe(today.memberId);
      expect(bears(today, 'SIREN'), name).toBe(sirens.get(bears(today, 'INSEE') ?? ''));
      expect((await bodyOn('INSEE', insee, '2024-12-31')).name, name).toBe(name);
      const former = before.communes.find((one) => one.code === bears(today, 'INSEE'));
      expect((await bodyOn('SIREN', former?.siren ?? '', ON)).memberId, name).toBe(today.memberId);
      const copy = await platform.databases.teletransmission?.query(
        'select siren, open from known_member where member_id = $1',
        [today.memberId],
      );
      expect(copy, name).toEqual([{ siren: bears(today, 'SIREN'), open: true }]);
    }
    expect(known.filter(({ ceasedOn }) => ceasedOn === ON)).toHaveLength(count);
  },
);

const FACTS = join(
  process.env.NORMS_DIR ?? join(ROOT, '../shared/data'),
  'members/commune-changes-2019-2026-bfc-idf.csv',
);

test.runIf(existsSync(FACTS))(
  'Saint-Denis absorbs Pierrefitte and bears another SIREN, in one operation, as the list of changes says',
  async () => {
    const rows = readFileSync(FACTS, 'utf8').split('\n');
    const row = (insee: string, change: string) =>
      rows
        .map((line) => line.split(','))
        .find(([years, at, , , what]) => years === '2024-2025' && at === insee && what === change);
    const [, , , , , siren = '', another = ''] = row('93066', 'siren_changed') ?? [];
    expect(row('93059', 'ceased')?.[6]).toBe('93066 Saint-Denis');
    await using platform = await testPlatform();
    const { membership } = await platform.as('idf-admin', 'idf');
    const admit = async (name: string, identifiers: object[]) => {
      const asked = { requestId: requestId(), kind: 'ORGANIZATION_KIND_COMMUNE' as const, name, departementCode: '93' };
      const { member } = await membership.admitMember({ ...asked, admittedOn: '2013-11-01', identifiers });
      return member?.memberId ?? '';
    };
    const saintDenis = await admit('Saint-Denis', [code('INSEE', '93066'), code('SIREN', siren)]);
    const pierrefitte = await admit('Pierrefitte-sur-Seine', [code('INSEE', '93059')]);
    const { merges } = await territoryOf(platform, 'idf');
    const change = { $case: 'identifierChange' as const, value: code('SIREN', another) };
    const renaming = { $case: 'renaming' as const, value: { name: 'Saint-Denis' } };
    const { merge } = await merges.startMerge({
      requestId: requestId(),
      plan: {
        ...{ kind: 'MERGE_KIND_NEW_COMMUNE', effectiveOn: ON, successorMemberId: saintDenis },
        predecessorMemberIds: [pierrefitte],
        changes: [
          { memberId: saintDenis, change },
          { memberId: saintDenis, change: renaming },
        ],
      },
    });
    await standing(merges, merge?.mergeId ?? '', 'MERGE_STATUS_COMPLETE');
    const found = async (scheme: 'SIREN' | 'INSEE', value: string, asOf = '') => {
      const asked = { scheme: `IDENTIFIER_SCHEME_${scheme}` as const, value, asOf };
      return (await membership.resolveIdentifier(asked)).member?.memberId;
    };
    expect(await Promise.all([found('SIREN', siren), found('SIREN', another)])).toEqual([saintDenis, saintDenis]);
    expect(await Promise.all([found('INSEE', '93066'), found('INSEE', '93059')])).toEqual([saintDenis, saintDenis]);
    expect(await found('INSEE', '93059', '2024-12-31')).toBe(pierrefitte);
    const { member } = await membership.getMember({ memberId: pierrefitte, asOf: ON });
    expect(member?.kind).toBe('ORGANIZATION_KIND_DELEGATED_COMMUNE');
  },
);
