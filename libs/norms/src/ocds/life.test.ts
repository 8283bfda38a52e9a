import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normsDir } from '@jonction/stack';
import type { ValidateFunction } from 'ajv';
import Ajv04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compiled, recordOf, recordPackage, releasePackage } from './compile.ts';
import type { LotFacts, Operator, Process, ProcessEvent, TenderFacts } from './events.ts';
import { INVENTED_PREFIX, nextRelease, releasesOf } from './mapping.ts';
import type { Release, TenderStatus } from './release.ts';

const ocds = join(normsDir(), 'procurement/ocds');
const json = (name: string) => JSON.parse(readFileSync(join(ocds, name), 'utf8'));
const SEEDED = { seed: 41, numRuns: 300 };

const process: Process = {
  prefix: INVENTED_PREFIX,
  id: '01932f5e-8a3b-7c4d-9e2f-1a2b3c4d5e6f',
  buyer: { siret: '21750001600019', name: 'Ville de Paris' },
};
const publication = {
  uri: 'https://jonction.example/ocds/1.json',
  publishedDate: '2026-11-25T09:00:00Z',
  publisher: { name: 'Jonction' },
};

const dates = fc
  .date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true })
  .map((date) => new Date(date));
const siret = fc.constantFrom('73282932000074', '35600000000048', '21750001600019');
const operator: fc.Arbitrary<Operator> = fc.oneof(
  siret.map((id) => ({ typeIdentifiant: 'SIRET', id })),
  fc.constant({ typeIdentifiant: 'HORS-UE', id: 'CHACME' }),
);
const operators = fc.array(operator, { minLength: 1, maxLength: 3 });
const words = fc.string({ minLength: 1, maxLength: 20 });
const cents = fc.bigInt({ min: 1n, max: 300_000_000_000n });

/** All of this shape, with as many lots as asked for. */
const tenders = (count: number): fc.Arbitrary<TenderFacts> =>
  fc.record(
    {
      title: words,
      summary: words,
      procedure: fc.constantFrom('ADAPTED', 'OPEN', 'RESTRICTED', 'CONCESSION', 'WITHOUT_COMPETITION'),
      nature: fc.constantFrom('WORKS', 'SUPPLIES', 'SERVICES', 'SOCIAL_SERVICES'),
      consulted: fc.integer({ min: 1, max: 5 }),
      deadline: dates,
      enquiriesUntil: dates,
      durationMonths: fc.integer({ min: 1, max: 180 }),
      social: fc.subarray(['CLAUSE', 'CRITERION', 'RESERVED'] as const).map((all) => [...all]),
      environmental: fc.subarray(['CLAUSE', 'CRITERION'] as const).map((all) => [...all]),
      lots: fc.tuple(...Array.from({ length: count }, (_, index) => lots(index + 1))),
    },
    {
      requiredKeys: [
        ...(['title', 'procedure', 'nature', 'deadline', 'durationMonths', 'social', 'environmental', 'lots'] as const),
      ],
    },
  ) as fc.Arbitrary<TenderFacts>;
const lots = (number: number): fc.Arbitrary<LotFacts> =>
  fc.record(
    {
      number: fc.constant(number),
      title: words,
      cpvCode: fc.constantFrom('45261910', '45261910-6', '79000000'),
      placeCodes: fc.subarray(['FRC11', 'FRC12', 'FR101'], { minLength: 1 }) as fc.Arbitrary<[string]>,
      reservation: fc.constantFrom('HANDICAP', 'INTEGRATION', 'SOCIAL_ECONOMY'),
    },
    { requiredKeys: ['number', 'title', 'cpvCode', 'placeCodes'] },
  );

/** Where a lot of the life stands: what a reader of the compiled release should find. */
interface Stand {
  status: TenderStatus;
  award?: { status: string; amount: number; suppliers: Set<string>; tenders: number };
  contract?: { status: string; amount: number; days: number; amendments: number; subcontractors: string[] };
}
interface Life {
  events: ProcessEvent[];
  tender: TenderFacts;
  isPublic: boolean;
  lots: Map<number, Stand>;
  opened?: Date;
}

type Draw = fc.GeneratorValue;
const nameOf = ({ typeIdentifiant, id }: Operator) =>
  `${typeIdentifiant === 'SIRET' ? 'FR-RCS' : typeIdentifiant}-${id}`;
type Step = (draw: Draw, life: Life, at: Date, lot: number) => void;

function announce(draw: Draw, life: Life, at: Date, kind: 'planned' | 'published'): void {
  const tender = draw(tenders, draw(fc.integer, { min: 1, max: 3 }));
  const before = [...life.lots.keys()];
  life.tender = tender;
  life.isPublic = kind === 'published';
  life.lots = new Map(before.map((lot) => [lot, { status: 'withdrawn' }]));
  for (const { number } of tender.lots) life.lots.set(number, { status: life.isPublic ? 'active' : 'planned' });
  life.events.push({ kind, at, tender });
}

/** What may happen to a lot that stands somewhere; each changes the stand as the trade says, and tells it. */
const STEPS: { [status: string]: Step[] } = {
  active: [award, award, close],
  pending: [notify, notify, close],
  inForce: [modify, subcontract, complete, close],
};

function award(draw: Draw, life: Life, at: Date, lot: number): void {
  const suppliers = draw(() => operators);
  const amountCents = draw(() => cents);
  const tendersReceived = draw(fc.integer, { min: 1, max: 9 });
  const names = new Set(suppliers.map(nameOf));
  life.lots.set(lot, {
    status: 'complete',
    award: { status: 'pending', amount: Number(amountCents) / 100, suppliers: names, tenders: tendersReceived },
  });
  life.events.push({ kind: 'awarded', at, lot, decidedAt: at, suppliers, amountCents, tendersReceived });
}

function close(draw: Draw, life: Life, at: Date, lot: number): void {
  const as = draw(fc.constantFrom, 'UNSUCCESSFUL' as const, 'DISCONTINUED' as const, 'ANNULLED' as const);
  const stand = life.lots.get(lot) as Stand;
  if (stand.award && as === 'UNSUCCESSFUL') return;
  stand.status = as === 'UNSUCCESSFUL' ? 'unsuccessful' : 'cancelled';
  if (stand.award) stand.award.status = 'cancelled';
  if (stand.contract) stand.contract.status = 'terminated';
  life.events.push({ kind: 'closedWithoutContract', at, lot, decidedAt: at, as });
}

function notify(draw: Draw, life: Life, at: Date, lot: number): void {
  const durationMonths = draw(fc.integer, { min: 1, max: 180 });
  const stand = life.lots.get(lot) as Required<Stand>;
  stand.award.status = 'active';
  const days = Math.floor((durationMonths * 61) / 2);
  stand.contract = { status: 'active', amount: stand.award.amount, days, amendments: 0, subcontractors: [] };
  life.events.push({ kind: 'notified', at, lot, signedAt: at, notifiedAt: at, durationMonths });
}

function modify(draw: Draw, life: Life, at: Date, lot: number): void {
  const { award, contract } = life.lots.get(lot) as Required<Stand>;
  const more = draw(() => fc.record({ amountCents: cents, suppliers: operators }, { requiredKeys: [] }));
  if (more.amountCents !== undefined) contract.amount = Number(more.amountCents) / 100;
  for (const supplier of more.suppliers ?? []) award.suppliers.add(nameOf(supplier));
  contract.amendments += 1;
  life.events.push({
    ...{ kind: 'modified', at, lot, modification: { number: contract.amendments, notifiedAt: at, ...more } },
  });
}

function subcontract(draw: Draw, life: Life, at: Date, lot: number): void {
  const { contract } = life.lots.get(lot) as Required<Stand>;
  const subcontractor = draw(() => operator);
  const number = contract.subcontractors.push(nameOf(subcontractor));
  life.events.push({ kind: 'subcontracted', at, lot, number, subcontractor });
}

function complete(_draw: Draw, life: Life, at: Date, lot: number): void {
  (life.lots.get(lot) as Required<Stand>).contract.status = 'terminated';
  life.events.push({ kind: 'completed', at, lot });
}

function happensToAll(draw: Draw, life: Life, at: Date): void {
  const kind = draw(fc.constantFrom, 'rectified' as const, 'answered' as const, 'opened' as const);
  if (kind === 'answered') {
    const document = { id: `q${life.events.length}`, title: draw(() => words), url: 'https://jonction.example/q' };
    life.events.push({ kind, at, document });
  } else if (kind === 'opened') {
    life.opened = at;
    life.events.push({ kind, at, openedAt: at });
  } else {
    life.tender = draw(tenders, life.tender.lots.length);
    life.events.push({ kind, at, tender: life.tender, changedFields: ['title'] });
  }
}

function happensToLot(draw: Draw, life: Life, at: Date): void {
  const lot = draw(fc.constantFrom, ...life.lots.keys());
  const { status, award: given, contract } = life.lots.get(lot) as Stand;
  const inForce = contract?.status === 'active' ? 'inForce' : 'over';
  const stage = contract ? inForce : given?.status === 'pending' ? 'pending' : status;
  const possible = STEPS[stage];
  if (possible) draw(fc.constantFrom, ...possible)(draw, life, at, lot);
}

/** A life of any length, with what is true at its end. Days follow each other; some events become public at one moment. */
const anyLife: fc.Arbitrary<Life> = fc.gen().map((draw) => {
  const life = { events: [], lots: new Map(), isPublic: false } as unknown as Life;
  const steps = draw(fc.integer, { min: 1, max: 25 });
  let at = Date.parse('2026-01-01T08:00:00Z');
  for (let step = 0; step < steps; step++) {
    at += draw(fc.constantFrom, 0, 1_000, 86_400_000);
    if (!life.isPublic)
      announce(draw, life, new Date(at), draw(fc.constantFrom, 'planned' as const, 'published' as const));
    else if (draw(fc.boolean)) happensToAll(draw, life, new Date(at));
    else happensToLot(draw, life, new Date(at));
  }
  return life;
});

/** The whole, from its lots, as the trade says it. */
function wholeOf({ isPublic, lots: all }: Life): TenderStatus {
  const every = [...all.values()].map(({ status }) => status).filter((status) => status !== 'withdrawn');
  if (!isPublic) return 'planned';
  for (const first of ['active', 'complete', 'unsuccessful'] as const) if (every.includes(first)) return first;
  return 'cancelled';
}

/** What a reader finds in a compiled release about the last state. */
function readFrom({ tender, awards = [], contracts = [], bids }: Release) {
  return {
    whole: tender?.status,
    title: tender?.title,
    summary: tender?.description,
    deadline: tender?.tenderPeriod?.endDate,
    enquiriesUntil: tender?.enquiryPeriod?.endDate,
    hasMethod: tender?.procurementMethod !== undefined,
    considers: tender?.sustainability?.flatMap(({ strategies = [] }) => strategies).length,
    opened: tender?.awardPeriod?.startDate,
    lots: Object.fromEntries(tender?.lots?.map(({ id, status }) => [id, status]) ?? []),
    reserved: tender?.lots?.filter(({ status, otherRequirements: other }) => status !== 'withdrawn' && other).length,
    places: Object.fromEntries(
      tender?.items?.map(({ id, deliveryAddresses: all }) => [id, all.map(({ region }) => region).join()]) ?? [],
    ),
    awards: Object.fromEntries(
      awards.map(({ relatedLots, status, value, suppliers }) => [
        relatedLots?.[0],
        value ? [status, value.amount, ...(suppliers ?? []).map(({ id }) => id).sort()] : [status],
      ]),
    ),
    tenders: Object.fromEntries(bids?.statistics.map(({ relatedLot, value }) => [relatedLot, value]) ?? []),
    subcontractors: Object.fromEntries(
      awards
        .filter(({ hasSubcontracting }) => hasSubcontracting)
        .map(({ relatedLots, subcontracting }) => [
          relatedLots?.[0],
          subcontracting?.subcontracts.map(({ subcontractor }) => subcontractor.id),
        ]),
    ),
    contracts: Object.fromEntries(
      contracts.map(({ awardID, status, value, period, amendments = [] }) => [
        awardID.replace('award-', ''),
        [status, value?.amount, period?.durationInDays, amendments.length],
      ]),
    ),
  };
}

/** The same, from the life itself. */
function lastOf(life: Life): ReturnType<typeof readFrom> {
  const { tender, lots: all, opened } = life;
  const stands = [...all].filter(([, { status }]) => status !== 'withdrawn');
  const of = <T>(pick: (stand: Stand) => T | undefined) =>
    Object.fromEntries(stands.flatMap(([lot, stand]) => (pick(stand) === undefined ? [] : [[lot, pick(stand) as T]])));
  return {
    whole: wholeOf(life),
    title: tender.title,
    summary: tender.summary,
    deadline: tender.deadline.toISOString(),
    enquiriesUntil: tender.enquiriesUntil?.toISOString(),
    hasMethod: tender.procedure !== 'CONCESSION',
    considers: tender.social.length + tender.environmental.length,
    opened: opened?.toISOString(),
    lots: Object.fromEntries([...all].map(([lot, { status }]) => [lot, status])),
    reserved: tender.lots.filter(({ reservation }) => reservation).length,
    places: expect.objectContaining(
      Object.fromEntries(tender.lots.map(({ number, placeCodes }) => [number, placeCodes.join()])),
    ),
    awards: of(({ award: given, status }) => {
      if (given) return [given.status, given.amount, ...[...given.suppliers].sort()];
      return status === 'unsuccessful' ? [status] : undefined;
    }) as never,
    tenders: of(({ award: given }) => given?.tenders),
    subcontractors: of(({ contract: made }) => (made?.subcontractors.length ? made.subcontractors : undefined)),
    contracts: of(({ contract: made }) => made && [made.status, made.amount, made.days, made.amendments]) as never,
  };
}

const ofAnyLife = (promise: (life: Life, releases: Release[]) => void) =>
  fc.assert(
    fc.property(anyLife, (life) => {
      promise(life, releasesOf(process, life.events));
    }),
    SEEDED,
  );

describe('of any life of a process', () => {
  test('the compiled release says the last state, nothing of what was taken back', () => {
    ofAnyLife((life, releases) => expect(readFrom(compiled(releases))).toEqual(lastOf(life)));
  });

  test('lives of every kind of event were tried', () => {
    const kinds = fc.sample(anyLife, SEEDED).flatMap(({ events }) => events.map(({ kind }) => kind));
    expect(new Set(kinds).size).toBe(11);
  });

  test('a record that is compiled piece by piece says what one compiled from the start does', () => {
    ofAnyLife((_, releases) => {
      const whole = compiled(releases);
      for (let count = 1; count < releases.length; count++) {
        const early = compiled(releases.slice(0, count));
        expect(compiled([early, ...releases.slice(count)])).toEqual(whole);
      }
      expect(releases.map((release) => compiled([release])).reduce((one, other) => compiled([one, other]))).toEqual(
        compiled(releases.map((release) => compiled([release]))),
      );
    });
  });

  test('a release that comes twice changes nothing', () => {
    ofAnyLife((_, releases) =>
      expect(compiled(releases.flatMap((release) => [release, release]))).toEqual(compiled(releases)),
    );
  });

  test('the ocid never changes, whatever of it does, and no release says it otherwise', () => {
    ofAnyLife(({ events }, releases) => {
      const renamed = { ...process, buyer: { siret: '21210231300018', name: 'Dijon' } };
      const others = releasesOf(renamed, events);
      for (const { ocid } of [...releases, ...others, compiled(releases)])
        expect(ocid).toBe(`${INVENTED_PREFIX}-${process.id}`);
      expect(others.map(({ id }) => id)).toEqual(releases.map(({ id }) => id));
      expect(new Set(releases.map(({ id }) => id)).size).toBe(releases.length);
    });
  });

  test('a release that is out never changes, and the next one needs only what is known', () => {
    ofAnyLife(({ events }, releases) => {
      expect(releasesOf(process, events.slice(0, -1))).toEqual(releases.slice(0, -1));
      const before = releases.slice(0, -1);
      const known =
        before.length > 0 ? { count: before.length, compiled: recordOf(before).compiledRelease } : undefined;
      expect(nextRelease(process, known, events.at(-1) as ProcessEvent)).toEqual(releases.at(-1));
    });
  });

  test('every organisation that is named stands among the parties of its release, with its role', () => {
    ofAnyLife((_, releases) => {
      for (const { parties, buyer, awards = [] } of [...releases, compiled(releases)]) {
        const having = (role: string) =>
          parties.filter(({ roles }) => roles.includes(role as never)).map(({ id }) => id);
        expect(having('buyer')).toContain(buyer.id);
        for (const { suppliers = [] } of awards)
          expect(having('supplier')).toEqual(expect.arrayContaining(suppliers.map(({ id }) => id)));
      }
    });
  });
});

describe.runIf(existsSync(ocds))('by the official schemas, of any life', () => {
  const validate = (name: string, others: string[]): ValidateFunction => {
    const ajv = new Ajv04.default({ strict: false, allErrors: true });
    addFormats.default(ajv);
    for (const other of others) ajv.addSchema(json(other));
    return ajv.compile(json(name));
  };
  const others = ['release-schema.json', 'versioned-release-validation-schema.json'];
  const judged = (valid: ValidateFunction, told: object) =>
    expect([valid(told), valid.errors?.slice(0, 3)]).toEqual([true, undefined]);

  test('every release, record and compiled release is valid, at its end and before', () => {
    const releasesValid = validate('release-package-schema.json', others);
    const recordsValid = validate('record-package-schema.json', others);
    ofAnyLife((_, releases) => {
      const record = recordOf(releases);
      judged(releasesValid, releasePackage(publication, releases));
      judged(releasesValid, releasePackage(publication, [record.compiledRelease]));
      judged(recordsValid, recordPackage(publication, [record]));
    });
    expect(releasesValid(releasePackage(publication, [{ ocid: 'x' } as Release]))).toBe(false);
    expect(recordsValid(recordPackage(publication, [{ ocid: 'x' } as never]))).toBe(false);
  });

  test('what the extensions add is valid by the European profile that holds them', () => {
    const valid = validate('eforms_profile_release-schema.json', []);
    ofAnyLife((_, releases) => {
      for (const release of [...releases, compiled(releases)]) judged(valid, release);
    });
    const [release] = releasesOf(process, fc.sample(anyLife, { ...SEEDED, numRuns: 1 })[0]?.events ?? []);
    const lot = { id: '1', status: 'open' };
    expect(valid({ ...release, tender: { ...release?.tender, lots: [lot] } })).toBe(false);
  });
});
