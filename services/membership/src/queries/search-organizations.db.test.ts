import { TerritoryServiceDefinition } from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { requestId, testService } from '@jonction/testing';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { readManifests } from '../commands/manifest.ts';
import { welcomeOperators } from '../commands/welcome-operators.ts';
import { tables } from '../db/tables.ts';
import { territoryRpc as rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const parts = { name: 'membership', definition: TerritoryServiceDefinition, tables, subscriptions, rpc };

/** Names of communes, the five Bussières of two regions among them, with inhabitants that are not theirs. */
const NAMES: [string, number][] = [
  ['Bussières', 1_600],
  ['Bussières', 90],
  ['Bussières', 520],
  ['Bussières', 450],
  ['Bussières', 1_500],
  ['Bussières-et-Pruns', 400],
  ['Beaume', 100],
  ['Beaune', 20_000],
  ['Agencourt', 500],
  ['Gugnécourt', 150],
  ['Saint-Jean-de-Losne', 1_000],
  ['Losne', 1_600],
  ['Barges', 600],
  ['Écouen', 7_000],
  ['Œuilly', 300],
];

async function withBodies() {
  const service = await testService(parts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
  const record = async (change: object, operator = 'bfc') =>
    service.ask('recordChange', { requestId: requestId(), change }, { subject: `${operator}-admin`, operator });
  const register = async (name: string, municipalPopulation: number, operator = 'bfc', siren = '') => {
    const memberId = crypto.randomUUID();
    const identifiers = siren ? [{ scheme: 'IDENTIFIER_SCHEME_SIREN', value: siren }] : [];
    const body = { kind: 'ORGANIZATION_KIND_COMMUNE', name, departementCode: '21', municipalPopulation, identifiers };
    await record({ memberId, change: { $case: 'registration', value: body } }, operator);
    return memberId;
  };
  for (const [name, inhabitants] of NAMES) await register(name, inhabitants);
  const search = async (query: string, more: { asOf?: string; limit?: number } = {}) =>
    (await service.ask('searchOrganizations', { query, ...more })).members;
  const names = async (query: string, more = {}) => (await search(query, more)).map(({ name }) => name);
  return { service, record, register, search, names };
}

test('a name is found without its accents, with a letter wrong, missing, twice or out of its place, or by a part of it', async () => {
  const { service, names } = await withBodies();
  await using _ = service;
  const asked: [string, string][] = [
    ['bussieres', 'Bussières'],
    ['BUSSIÈRES', 'Bussières'],
    ['Bussiere', 'Bussières'],
    ['Busieres', 'Bussières'],
    ['Agnecourt', 'Agencourt'],
    ['agencour', 'Agencourt'],
    ['Saitn-Jean-de-Losne', 'Saint-Jean-de-Losne'],
    ['saint jean de losne', 'Saint-Jean-de-Losne'],
    ['Baregs', 'Barges'],
    ['ecuoen', 'Écouen'],
    ['œuilly', 'Œuilly'],
    ['jean-de', 'Saint-Jean-de-Losne'],
  ];
  for (const [query, name] of asked) expect((await names(query))[0], query).toBe(name);
  // What holds the word comes after what is the word, and what may have been meant is told beside what was typed.
  expect((await names('losne')).slice(0, 2)).toEqual(['Losne', 'Saint-Jean-de-Losne']);
  expect((await names('Beaume')).slice(0, 2)).toEqual(['Beaume', 'Beaune']);
  expect(await names('zzzzzzzz')).toEqual([]);
  for (const odd of ['%', '_', '\\', "'", '%%%%', '日本']) expect(await names(odd), odd).toEqual([]);
});

test('of five communes called Bussières the most inhabited comes first, then those whose name holds it', async () => {
  const { service, search } = await withBodies();
  await using _ = service;
  const found = (await search('Bussières')).slice(0, 6);
  expect(found.map(({ municipalPopulation }) => municipalPopulation)).toEqual([1_600, 1_500, 520, 450, 90, 400]);
  expect(await search('Bussières', { limit: 2 })).toHaveLength(2);
});

test('as of a day a body is found by the name it bore then, and by no other; one that was no more is not found', async () => {
  const { service, record, register, search, names } = await withBodies();
  await using _ = service;
  const memberId = await register('Collonges-lès-Premières', 700, 'bfc', '212101836');
  const gone = await register('Premières', 130, 'bfc', '212105050');
  const renaming = { $case: 'renaming', value: { name: 'Collonges-et-Premières' } };
  await record({ memberId, effectiveOn: '2019-02-28', change: renaming });
  const absorption = { $case: 'absorption', value: { successorMemberId: memberId } };
  await record({ memberId: gone, effectiveOn: '2019-02-28', change: absorption });
  const population = { $case: 'populationRevision', value: { municipalPopulation: 1_000 } };
  await record({ memberId, effectiveOn: '2021-01-01', change: population });

  const before = { asOf: '2019-02-27' };
  expect((await search('collonges les premieres', before))[0]).toMatchObject({
    ...{ memberId, name: 'Collonges-lès-Premières', municipalPopulation: 700 },
    identifiers: [{ value: '212101836' }],
  });
  expect((await names('premieres', before)).toSorted()).toEqual(['Collonges-lès-Premières', 'Premières']);
  for (const asOf of ['2019-02-28', '2020-12-31', '2021-01-01', '']) {
    const [first] = await search('collonges et premieres', { asOf });
    expect(first, asOf).toMatchObject({ memberId, name: 'Collonges-et-Premières' });
    expect(first?.municipalPopulation).toBe(asOf === '2019-02-28' || asOf === '2020-12-31' ? 700 : 1_000);
  }
  expect(await names('collonges-et-premieres', before)).not.toContain('Collonges-et-Premières');
  expect(await names('premieres', { asOf: '2019-02-28' })).toEqual(['Collonges-et-Premières']);
  // Today the one that ceased is told, last.
  expect(await names('premieres')).toEqual(['Collonges-et-Premières', 'Premières']);
});

test('called by the service with whatever arguments, the search of one operator gives nothing of another, and nothing without one', async () => {
  const { service, register } = await withBodies();
  await using _ = service;
  const own = await register('Bussières', 7, 'idf');
  const client = new Client({ connectionString: service.db.appUrl });
  await client.connect();
  try {
    const called = (...given: unknown[]) =>
      client.query('select member_id from bodies_called($1, $2, $3, $4)', given).then(
        ({ rows }) => rows.map((row) => row.member_id),
        (error) => error.code,
      );
    expect(await called('bussieres', 0.3, null, 100)).toBe('42704');
    const ask = async (...given: unknown[]) => {
      await client.query('begin');
      await client.query(`select set_config('app.operator', 'idf', true)`);
      const found = await called(...given);
      await client.query('rollback');
      return found;
    };
    for (const asked of ['bussieres', 'b', '', '%', '%%%%%', "' or true --", 'saint-jean-de-losne'])
      for (const alike of [0, 0.15, 1])
        for (const day of [null, '2020-01-01', '-infinity', 'infinity'])
          for (const most of [1_000_000, null]) {
            const found = await ask(asked, alike, day, most);
            expect([[own], []], `${asked} ${alike} ${day} ${most}`).toContainEqual(found);
          }
    expect(await ask('bussieres', 0, null, 10)).toEqual([own]);
    for (const wrong of [-1, 2, Number.NaN]) expect(await ask('bussieres', wrong, null, 10)).toBe('22023');
    // After a transaction that had an operator the setting is empty, which is nobody's name.
    expect(await called('bussieres', 0, null, 10)).toEqual([]);
  } finally {
    await client.end();
  }
});
