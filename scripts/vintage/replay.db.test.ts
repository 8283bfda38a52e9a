import { type Member, TerritoryServiceDefinition } from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { requestId, type TestService, testService } from '@jonction/testing';
import { expect, test } from 'vitest';
import { readManifests } from '../../services/membership/src/commands/manifest.ts';
import { welcomeOperators } from '../../services/membership/src/commands/welcome-operators.ts';
import { tables } from '../../services/membership/src/db/tables.ts';
import { territoryRpc as rpc } from '../../services/membership/src/rpc.ts';
import { subscriptions } from '../../services/membership/src/subscriptions.ts';
import { difference } from './difference.ts';
import { readVintage, VINTAGES } from './lists.ts';

const parts = { name: 'membership', definition: TerritoryServiceDefinition, tables, subscriptions, rpc };
const REGIONS = [
  { operator: 'bfc', departements: ['21', '25', '39', '58', '70', '71', '89', '90'], communes: 3_685 },
  { operator: 'idf', departements: ['75', '77', '78', '91', '92', '93', '94', '95'], communes: 1_266 },
];

type Service = TestService<typeof TerritoryServiceDefinition>;

async function known({ ask }: Service, operator: string, asOf = ''): Promise<Member[]> {
  const as = { operator, subject: `${operator}-admin` };
  const all: Member[] = [];
  let pageToken = '';
  do {
    const page = await ask('listOrganizations', { asOf, pageSize: 500, pageToken }, as);
    all.push(...page.members);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return all;
}

async function importYear(service: Service, year: number, { operator, departements }: (typeof REGIONS)[number]) {
  const as = { operator, subject: `${operator}-admin` };
  const { changes } = difference(await known(service, operator), readVintage(year, departements), operator, new Map());
  const asked = changes.map(({ change }) => service.ask('recordChange', { requestId: requestId(), change }, as));
  const refused = (await Promise.allSettled(asked)).flatMap((one, at) =>
    one.status === 'rejected'
      ? [`${year} ${changes[at]?.code} ${changes[at]?.change.change?.$case}: ${one.reason.reason}`]
      : [],
  );
  expect(refused).toEqual([]);
  return changes.length;
}

const now = (member: Member, scheme: string) =>
  member.identifiers.find((one) => one.scheme === scheme && !one.validUntil)?.value ?? '';

/** A body as one line, to compare lists of them. */
const line = (code: string, name: string, rest: (string | number)[]) => [code, name, ...rest].join(' | ');

test.each(REGIONS)(
  'the years 2019 to 2026 of $operator, one after the other, give the list of 2026 exactly, and importing it again changes nothing',
  async (region) => {
    await using service = await testService(parts);
    await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
    for (const year of Object.keys(VINTAGES)) await importYear(service, Number(year), region);
    const vintage = readVintage(2026, region.departements);
    const today = (await known(service, region.operator)).filter((member) => !member.ceasedOn);
    const lines = today.map((one) => {
      const code =
        one.kind === 'ORGANIZATION_KIND_COMMUNE'
          ? now(one, 'IDENTIFIER_SCHEME_INSEE')
          : now(one, 'IDENTIFIER_SCHEME_SIREN');
      return line(code, one.name, [
        now(one, 'IDENTIFIER_SCHEME_SIREN'),
        one.departementCode,
        one.epciSiren,
        one.municipalPopulation,
      ]);
    });
    const wanted = [...vintage.communes, ...vintage.groupings].map((one) =>
      line(one.code, one.name, [one.siren, one.departementCode, one.epciSiren, one.municipalPopulation ?? 0]),
    );
    expect(lines.toSorted()).toEqual(wanted.toSorted());
    expect(vintage.communes).toHaveLength(region.communes);
    expect(await importYear(service, 2026, region)).toBe(0);
    // Of the past, too: the list of 2022 is what is known as of that year.
    const then = await known(service, region.operator, '2022-06-30');
    const communes = then.filter((one) => one.kind === 'ORGANIZATION_KIND_COMMUNE');
    const names = communes.map((one) => line(one.name, '', [one.epciSiren, one.municipalPopulation]));
    const listed = readVintage(2022, region.departements).communes;
    expect(names.toSorted()).toEqual(
      listed.map((one) => line(one.name, '', [one.epciSiren, one.municipalPopulation ?? 0])).toSorted(),
    );
  },
  300_000,
);
