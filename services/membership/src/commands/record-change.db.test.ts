import { MembershipServiceDefinition, type TerritoryChange, TerritoryServiceDefinition } from '@jonction/contracts';
import { ROOT } from '@jonction/stack';
import { requestId, SIRENS, type TestService, testService } from '@jonction/testing';
import fc from 'fast-check';
import { v4 as uuidv4 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc, territoryRpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';
import { readManifests } from './manifest.ts';
import { welcomeOperators } from './welcome-operators.ts';

// Both services of membership as one, for a test to ask either.
const definition = {
  ...TerritoryServiceDefinition,
  methods: { ...MembershipServiceDefinition.methods, ...TerritoryServiceDefinition.methods },
};
const parts = {
  name: 'membership',
  definition,
  tables,
  subscriptions,
  rpc: (...all: Parameters<typeof rpc>) => ({ ...rpc(...all), ...territoryRpc(...all) }),
};

type Service = TestService<typeof definition>;
type Change = NonNullable<TerritoryChange['change']>;

async function membership(): Promise<Service> {
  const service = await testService(parts);
  await welcomeOperators(service.database, readManifests(`${ROOT}/operators`), new Date());
  return service;
}

const change = ({ ask }: Service, memberId: string, effectiveOn: string, what: unknown) =>
  ask('recordChange', { requestId: requestId(), change: { memberId, effectiveOn, change: what as Change } });

const code = (scheme: string, value: string, validFrom = '') => ({
  scheme: `IDENTIFIER_SCHEME_${scheme}`,
  value,
  validFrom,
  validUntil: '',
});

async function register(service: Service, name: string, identifiers: unknown[] = [], more = {}): Promise<string> {
  const memberId = uuidv4();
  const body = { kind: 'ORGANIZATION_KIND_COMMUNE', name, departementCode: '21', identifiers, ...more };
  await change(service, memberId, '', { $case: 'registration', value: body });
  return memberId;
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { reason?: string }) => error.reason ?? String(error),
  );

async function resolve({ ask }: Service, value: string, asOf: string) {
  const { member, formerBearerId } = await ask('resolveIdentifier', { scheme: 'IDENTIFIER_SCHEME_INSEE', value, asOf });
  return [member?.memberId, formerBearerId];
}

async function asOf({ ask }: Service, memberId: string, day: string) {
  const { member } = await ask('getMember', { memberId, asOf: day });
  if (!member) throw new Error('no member');
  return member;
}

test('a body is read as it was on any day, whatever changed since', async () => {
  await using service = await membership();
  const memberId = await register(service, 'Antan', [code('SIREN', SIRENS[0] ?? '')], { municipalPopulation: 100 });
  await change(service, memberId, '2020-01-01', { $case: 'renaming', value: { name: 'Naguère' } });
  await change(service, memberId, '2020-01-01', { $case: 'populationRevision', value: { municipalPopulation: 200 } });
  const identifier = { scheme: 'IDENTIFIER_SCHEME_SIREN', value: SIRENS[1] };
  await change(service, memberId, '2022-01-01', { $case: 'identifierChange', value: identifier });
  await change(service, memberId, '2023-01-01', { $case: 'renaming', value: { name: 'Aujourd’hui' } });
  const seen = async (day: string) => {
    const { name, municipalPopulation, identifiers } = await asOf(service, memberId, day);
    return [name, municipalPopulation, ...identifiers.map(({ value }) => value)];
  };
  expect(await seen('1950-06-01')).toEqual(['Antan', 100, SIRENS[0]]);
  expect(await seen('2019-12-31')).toEqual(['Antan', 100, SIRENS[0]]);
  expect(await seen('2020-01-01')).toEqual(['Naguère', 200, SIRENS[0]]);
  expect(await seen('2021-12-31')).toEqual(['Naguère', 200, SIRENS[0]]);
  expect(await seen('2022-12-31')).toEqual(['Naguère', 200, SIRENS[1]]);
  expect(await seen('2023-01-01')).toEqual(['Aujourd’hui', 200, SIRENS[1]]);
  const told = await service.db.query(`select type from outbox where member_id = $1 order by seq`, [memberId]);
  expect(told.map(({ type }) => String(type).split('.').at(-1))).toEqual([
    ...['OrganizationRegistered', 'OrganizationRenamed', 'PopulationRevised'],
    ...['OrganizationIdentifierChanged', 'OrganizationRenamed'],
  ]);
});

test('the code of a commune that went into another, and that into a third, leads to the body of the day asked for', async () => {
  await using service = await membership();
  const [first, second, third] = [
    await register(service, 'Une', [code('INSEE', '21001')]),
    await register(service, 'Deux', [code('INSEE', '21002')]),
    await register(service, 'Trois', [code('INSEE', '21003')]),
  ] as const;
  const into = (successorMemberId: string) => ({
    $case: 'absorption',
    value: { successorMemberId, remainsAs: 'ORGANIZATION_KIND_DELEGATED_COMMUNE' },
  });
  await change(service, first, '2019-01-01', into(second));
  await change(service, second, '2021-01-01', into(third));
  const body = (day: string) => resolve(service, '21001', day);
  expect(await body('2018-12-31')).toEqual([first, '']);
  expect(await body('2019-01-01')).toEqual([second, first]);
  expect(await body('2021-01-01')).toEqual([third, first]);
  await change(service, first, '2023-01-01', {
    $case: 'restoration',
    value: { identifiers: [code('INSEE', '21001')] },
  });
  expect(await body('2022-12-31')).not.toEqual([first, '']);
  expect(await body('2023-01-01')).toEqual([first, '']);
  expect((await asOf(service, first, '2020-01-01')).kind).toBe('ORGANIZATION_KIND_DELEGATED_COMMUNE');
  expect((await asOf(service, first, '')).kind).toBe('ORGANIZATION_KIND_COMMUNE');
});

test('what contradicts is refused, and nothing of it is written', async () => {
  await using service = await membership();
  const one = await register(service, 'Une', [code('SIREN', SIRENS[0] ?? ''), code('INSEE', '21001', '2010-01-01')]);
  const two = await register(service, 'Deux', [code('SIREN', SIRENS[1] ?? '')]);
  const gone = await register(service, 'Trois');
  await change(service, gone, '2015-01-01', { $case: 'cessation', value: {} });
  await change(service, one, '2020-01-01', { $case: 'renaming', value: { name: 'Neuve' } });
  const before = await written(service);
  const into = (successorMemberId: string) => ({ $case: 'absorption', value: { successorMemberId } });
  const renaming = { $case: 'renaming', value: { name: 'Autre' } };
  const taken = { $case: 'identifierChange', value: { scheme: 'IDENTIFIER_SCHEME_SIREN', value: SIRENS[0] } };
  const insee = { $case: 'identifierChange', value: { scheme: 'IDENTIFIER_SCHEME_INSEE', value: '21002' } };
  const cases: [string, string, string, unknown][] = [
    ['DATES_CONTRADICT', one, '2019-12-31', renaming],
    ['DATES_CONTRADICT', one, '2019-12-31', { $case: 'cessation', value: {} }],
    ['DATES_CONTRADICT', one, '2009-12-31', { $case: 'cessation', value: {} }],
    ['DAY_TO_COME', one, '2099-01-01', renaming],
    ['SAME_BODY', one, '2021-01-01', into(one)],
    ['BODY_CEASED', one, '2021-01-01', into(gone)],
    ['BODY_CEASED', gone, '2021-01-01', renaming],
    ['BODY_CEASED', gone, '2021-01-01', into(two)],
    ['BODY_CEASED', gone, '2021-01-01', insee],
    ['BODY_LIVES', one, '2021-01-01', { $case: 'restoration', value: { identifiers: [] } }],
    ['IDENTIFIER_TAKEN', two, '2021-01-01', taken],
    ['NOT_FOUND', uuidv4(), '2021-01-01', renaming],
    ['NOT_FOUND', one, '2021-01-01', into(uuidv4())],
    ['FIELD_INVALID', one, '', renaming],
    ['FIELD_INVALID', one, '2021-02-30', renaming],
    ['FIELD_INVALID', one, '2021-01-01', { $case: 'renaming', value: { name: '\u0000' } }],
    ['FIELD_INVALID', one, '2021-01-01', { $case: 'groupingChange', value: { epciSiren: '123456789' } }],
    ['FIELD_INVALID', one, '2021-01-01', { $case: 'populationRevision', value: { municipalPopulation: -1 } }],
    ['FIELD_INVALID', one, '2021-01-01', undefined],
  ];
  for (const [reason, memberId, day, what] of cases)
    expect(await reasonOf(change(service, memberId, day, what)), `${reason} ${JSON.stringify(what)}`).toBe(reason);
  expect(await written(service)).toEqual(before);
});

test('a body bears one SIREN and one INSEE code at a time, however they are given to it, and as many SIRET as it has establishments', async () => {
  await using service = await membership();
  const siren = (value: number, validFrom: string, validUntil: string) => ({
    ...code('SIREN', SIRENS[value] ?? '', validFrom),
    validUntil,
  });
  const admit = (identifiers: unknown[]) =>
    reasonOf(
      service.ask('admitMember', {
        ...{ kind: 'ORGANIZATION_KIND_COMMUNE', name: 'Une', departementCode: '21', identifiers },
        requestId: requestId(),
      }),
    );
  const before = await written(service);
  expect(await admit([siren(0, '', '2020-01-01'), siren(1, '2020-01-01', '')])).toBe('VALIDITY_OVERLAPS');
  expect(await admit([code('INSEE', '21001'), code('INSEE', '21002')])).toBe('VALIDITY_OVERLAPS');
  expect(await written(service)).toEqual(before);
  const sirets = [code('SIRET', '21210001000017'), code('SIRET', '21210001000025')];
  expect(await admit([siren(0, '', '2019-12-31'), siren(1, '2020-01-01', ''), ...sirets])).toBe('done');

  // A code that had ended is not overtaken by the next one's past.
  const two = await register(service, 'Deux', [{ ...code('INSEE', '21003', '2001-01-01'), validUntil: '2010-12-31' }]);
  const insee = { scheme: 'IDENTIFIER_SCHEME_INSEE', value: '21004' };
  await change(service, two, '2015-01-01', { $case: 'identifierChange', value: insee });
  const codeOn = async (day: string) => (await asOf(service, two, day)).identifiers.map(({ value }) => value);
  expect(await Promise.all(['2010-12-31', '2014-12-31', '2015-01-01'].map(codeOn))).toEqual([['21003'], [], ['21004']]);
});

const written = ({ db }: Service) =>
  db.query(`select (select json_agg(m order by member_id) from member m) as members,
    (select json_agg(i order by identifier_id) from identifier i) as identifiers,
    (select count(*)::int from past_description) as past, (select count(*)::int from outbox) as events`);

test('a body that was known is admitted under its id, once, with what is known of it', async () => {
  await using service = await membership();
  const memberId = await register(service, 'Une', [code('INSEE', '21001')]);
  const asked = { memberId, kind: 'ORGANIZATION_KIND_COMMUNE' as const, name: 'autre', departementCode: '21' };
  const identifiers = [code('INSEE', '21001'), code('SIREN', SIRENS[0] ?? '')];
  const admit = () =>
    service.ask('admitMember', { ...asked, identifiers, requestId: requestId(), admittedOn: '2026-01-01' });
  const outcomes = await Promise.all([reasonOf(admit()), reasonOf(admit())]);
  expect(outcomes.sort()).toEqual(['ALREADY_EXISTS', 'done']);
  const { member } = await service.ask('getMember', { memberId });
  expect(member).toMatchObject({ name: 'Une', status: 'MEMBER_STATUS_ACTIVE', admittedOn: '2026-01-01' });
  expect(member?.identifiers.map(({ value }) => value).sort()).toEqual(['21001', SIRENS[0]].sort());
  expect(await service.db.query(`select from outbox where type like '%MemberAdmitted'`)).toHaveLength(1);
});

test('another operator sees nothing of it, and may register the same body', async () => {
  await using service = await membership();
  const memberId = await register(service, 'Une', [code('INSEE', '21001')]);
  const idf = { operator: 'idf', subject: 'idf-admin' };
  expect((await service.ask('listOrganizations', {}, idf)).members).toEqual([]);
  expect((await service.ask('searchOrganizations', { query: 'Une' }, idf)).members).toEqual([]);
  const renaming = { memberId, effectiveOn: '2020-01-01', change: { $case: 'renaming', value: { name: 'Deux' } } };
  expect(await reasonOf(service.ask('recordChange', { requestId: requestId(), change: renaming }, idf))).toBe(
    'NOT_FOUND',
  );
});

test('whatever changes in whatever order, each day has one description, and the changes before a day are what one reads of it', async () => {
  await using service = await membership();
  const days = fc.uniqueArray(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(days, async (offsets) => {
      const memberId = await register(service, 'nom 0');
      const dayOf = (offset: number) => new Date(Date.UTC(2015, 0, 1 + offset)).toISOString().slice(0, 10);
      let latest = -1;
      const kept: number[] = [];
      for (const offset of offsets) {
        const what = { $case: 'renaming', value: { name: `nom ${offset + 1}` } };
        const outcome = await reasonOf(change(service, memberId, dayOf(offset), what));
        expect(outcome).toBe(offset < latest ? 'DATES_CONTRADICT' : 'done');
        if (outcome === 'done') kept.push(offset);
        latest = Math.max(latest, offset);
      }
      for (const offset of [...offsets, ...offsets.map((one) => one - 1), 4_000]) {
        const last = kept.findLast((one) => one <= offset);
        const { name } = await asOf(service, memberId, dayOf(offset));
        expect(name).toBe(last === undefined ? 'nom 0' : `nom ${last + 1}`);
      }
    }),
    { numRuns: 15, seed: 4 },
  );
});

test('a name is found without its accents, in part, and with typing errors, the most inhabited of equal names first', async () => {
  await using service = await membership();
  const names = [
    'Bussières',
    'Bussières',
    'Bussières',
    'Bussières',
    'Bussières',
    'Boussières',
    'Dijon',
    'Châtillon-sur-Seine',
  ];
  for (const [at, name] of names.entries()) await register(service, name, [], { municipalPopulation: at * 10 });
  const found = async (query: string) =>
    (await service.ask('searchOrganizations', { query })).members.map(
      (one) => `${one.name} ${one.municipalPopulation}`,
    );
  const bussieres = [40, 30, 20, 10, 0].map((count) => `Bussières ${count}`);
  expect((await found('bussieres')).slice(0, 5)).toEqual(bussieres);
  expect((await found('Busieres')).slice(0, 5)).toEqual(bussieres);
  expect((await found('chatillon'))[0]).toBe('Châtillon-sur-Seine 70');
  expect(await found('Chatilon sur Siene')).toEqual(['Châtillon-sur-Seine 70']);
  expect(await found('xyzzy')).toEqual([]);
});
