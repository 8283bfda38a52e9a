import { createHash } from 'node:crypto';
import { checkInseeCode, checkSiren } from '@jonction/norms';
import { expect, test } from 'vitest';
import { ROSTER_NOTICE, type RosterEntry, roster } from './roster.ts';

const entries = roster();
const of = (operator: RosterEntry['operator'], kind?: RosterEntry['kind']) =>
  entries.filter((entry) => entry.operator === operator && (!kind || entry.kind === kind));
const distinct = (words: string[]) => new Set(words).size;

test('there are 2,100 members: 1,750 in Bourgogne-Franche-Comté and 350 in Île-de-France', () => {
  expect([of('bfc').length, of('idf').length, entries.length]).toEqual([1_750, 350, 2_100]);
});

test('the roster is the same every time, to the byte', () => {
  expect(roster()).toEqual(entries);
  // It changes with the vintage of the package or with the rules of roster(): both are told in the changelog.
  const digest = createHash('sha256').update(JSON.stringify(entries)).digest('hex');
  expect(digest).toBe('86a16691288828895e419a971305a9c93dfc57839ea510dfb0ae1b8738c96372');
});

test('it is read in less than a second', () => {
  const start = performance.now();
  roster();
  expect(performance.now() - start).toBeLessThan(1_000);
});

test('every id is a UUIDv5 and stands once', () => {
  for (const key of ['memberId', 'organizationId'] as const) {
    const ids = entries.map((entry) => entry[key]);
    expect(distinct(ids)).toBe(2_100);
    expect(
      ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toEqual([]);
  }
});

test('every SIREN and every INSEE code is well formed and stands once', () => {
  const sirens = entries.map((entry) => entry.siren).filter((siren) => siren !== '');
  const codes = entries.map((entry) => entry.inseeCode).filter((code) => code !== '');
  expect(sirens.filter((siren) => !checkSiren(siren).ok)).toEqual([]);
  expect(codes.filter((code) => !checkInseeCode(code).ok)).toEqual([]);
  expect([distinct(sirens), distinct(codes)]).toEqual([sirens.length, codes.length]);
});

test('only regions and départements are without a SIREN, and only communes have an INSEE code', () => {
  for (const entry of entries) {
    expect(entry.siren === '', entry.name).toBe(entry.kind === 'REGION' || entry.kind === 'DEPARTEMENT');
    expect(entry.inseeCode !== '', entry.name).toBe(entry.kind === 'COMMUNE');
  }
});

test('each operator has its region, all its départements and all its groupings', () => {
  const count = (operator: RosterEntry['operator']) =>
    (['REGION', 'DEPARTEMENT', 'EPCI', 'EPT', 'COMMUNE'] as const).map((kind) => of(operator, kind).length);
  expect(count('bfc')).toEqual([1, 8, 113, 0, 1_628]);
  expect(count('idf')).toEqual([1, 8, 52, 11, 278]);
  const departements = (operator: RosterEntry['operator']) =>
    of(operator, 'DEPARTEMENT').map((entry) => entry.departementCode);
  expect(departements('bfc')).toEqual(['21', '25', '39', '58', '70', '71', '89', '90']);
  expect(departements('idf')).toEqual(['75', '77', '78', '91', '92', '93', '94', '95']);
});

test('the chief towns are members, Paris both as a département and as a commune', () => {
  const names = (operator: RosterEntry['operator']) => of(operator).map((entry) => entry.name);
  expect(names('bfc')).toEqual(expect.arrayContaining(['Dijon', 'Besançon', 'Nevers', 'Belfort', 'Dijon Métropole']));
  expect(names('idf')).toEqual(expect.arrayContaining(['Paris', 'Département de Paris', 'Métropole du Grand Paris']));
  expect(entries.find((entry) => entry.name === 'Paris')).toMatchObject({ inseeCode: '75056', siren: '217500016' });
});

test('communes of every size are members', () => {
  for (const operator of ['bfc', 'idf'] as const) {
    const sizes = of(operator, 'COMMUNE').map((entry) => entry.municipalPopulation ?? 0);
    const bands = [0, 100, 500, 2_000, 3_500, 10_000, 100_000].map((floor, i, floors) => {
      const ceiling = floors[i + 1] ?? Number.POSITIVE_INFINITY;
      return sizes.filter((size) => size >= floor && size < ceiling).length;
    });
    expect(bands, operator).not.toContain(0);
  }
});

test('communes of one name are told apart', () => {
  const namesakes = entries.filter((entry) => entry.name === 'Bussières');
  expect(namesakes.map((entry) => entry.inseeCode)).toEqual(['21119', '70107', '71069']);
  expect(distinct(namesakes.map((entry) => entry.memberId))).toBe(3);
});

test('members stand in the order of kinds, then of codes', () => {
  const order = ['REGION', 'DEPARTEMENT', 'EPCI', 'EPT', 'COMMUNE'];
  const key = (entry: RosterEntry) =>
    [entry.operator, order.indexOf(entry.kind), entry.inseeCode || entry.siren || entry.departementCode].join(' ');
  const keys = entries.map(key);
  expect(keys).toEqual(keys.toSorted());
});

test('every date is a day of the years 2017 to 2025', () => {
  for (const { admittedOn } of entries) {
    expect(new Date(`${admittedOn}T00:00:00Z`).toISOString().slice(0, 10)).toBe(admittedOn);
    expect(admittedOn >= '2017-01-01' && admittedOn <= '2025-12-31', admittedOn).toBe(true);
  }
});

test('the notice says in both languages what is real and what is invented', () => {
  const [french, english] = ROSTER_NOTICE.split('\n');
  expect(french).toMatch(/réels.*Licence Ouverte.*inventées/);
  expect(english).toMatch(/real.*Licence Ouverte.*invented/);
});
