import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normsDir } from '@jonction/stack';
import Ajv04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleMarche } from '../decp/sample.ts';
import { compiled, recordOf, recordPackage, releasePackage } from './compile.ts';
import type { Process, ProcessEvent, TenderFacts } from './events.ts';
import { categoryOf, INVENTED_PREFIX, releasesOf } from './mapping.ts';
import type { Release } from './release.ts';

const ocds = join(normsDir(), 'procurement/ocds');
const json = (name: string) => JSON.parse(readFileSync(join(ocds, name), 'utf8'));

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
const tender: TenderFacts = {
  title: 'Toiture de l’école',
  description: 'Réfection',
  procedure: 'Procédure adaptée',
  publicised: true,
  codeCPV: '45261910-6',
  estimate: 90_000,
  deadline: '2026-02-01T11:00:00Z',
  enquiriesUntil: '2026-01-25T11:00:00Z',
};
const contract = sampleMarche(1);
const modification = { id: 1, dateNotificationModification: '2026-06-01', montant: 99_000, dureeMois: 18 };
const subcontractor = { typeIdentifiant: 'HORS-UE', id: 'CHACME' };

/** A whole life, one event of each kind but the one that ends it early. */
const LIFE: ProcessEvent[] = [
  { kind: 'planned', at: '2025-12-01T08:00:00Z', tender },
  { kind: 'published', at: '2026-01-02T08:00:00Z', tender },
  { kind: 'answered', at: '2026-01-10T08:00:00Z', document: { id: 'q1', title: 'Question 1' } },
  {
    kind: 'rectified',
    at: '2026-01-15T08:00:00Z',
    tender: { ...tender, deadline: '2026-02-10T11:00:00Z' },
    rationale: 'Plans corrigés',
  },
  { kind: 'awarded', at: '2026-02-20T08:00:00Z', contract },
  { kind: 'notified', at: '2026-03-01T08:00:00Z', contract },
  { kind: 'modified', at: '2026-06-02T08:00:00Z', contract, modification },
  { kind: 'subcontracted', at: '2026-07-01T08:00:00Z', contract, subcontractor },
  { kind: 'ended', at: '2026-12-01T08:00:00Z', contract },
];
const ABANDONED: ProcessEvent = {
  kind: 'abandoned',
  at: '2026-02-15T08:00:00Z',
  as: 'unsuccessful',
  rationale: 'Aucune offre',
};

const tags = (releases: Release[]) => releases.map(({ tag }) => tag.join());

describe('the releases of a process', () => {
  test('are one an event, tagged by what it is, under one ocid of our own id', () => {
    const releases = releasesOf(process, LIFE);
    expect(tags(releases)).toEqual([
      'planning',
      'tender',
      'tenderUpdate',
      'tenderAmendment',
      'award',
      'contract',
      'contractAmendment',
      'contractUpdate',
      'contractTermination',
    ]);
    expect(new Set(releases.map(({ ocid }) => ocid))).toEqual(new Set([`${INVENTED_PREFIX}-${process.id}`]));
    expect(releases.map(({ id }) => id)).toEqual(
      LIFE.map((_, index) => `${INVENTED_PREFIX}-${process.id}-${index + 1}`),
    );
    expect(releases.map(({ id }) => id).join()).not.toMatch(/#/);
  });

  test('never change once they are out, whatever comes after', () => {
    const all = releasesOf(process, LIFE);
    for (let count = 0; count <= LIFE.length; count++) {
      expect(releasesOf(process, LIFE.slice(0, count))).toEqual(all.slice(0, count));
    }
  });

  test('have an ocid without anything that changes, though the contract, its modifications and the buyer’s name do', () => {
    const renamed = { ...process, buyer: { ...process.buyer, name: 'Paris' } };
    const others = LIFE.map((event) =>
      'contract' in event ? { ...event, contract: sampleMarche(2, { montant: 5 }) } : event,
    );
    expect(releasesOf(renamed, others).map(({ ocid, id }) => [ocid, id])).toEqual(
      releasesOf(process, LIFE).map(({ ocid, id }) => [ocid, id]),
    );
  });

  test('are refused in another order than that in which facts became public, or under a prefix that is none', () => {
    expect(() => releasesOf(process, LIFE.toReversed())).toThrow('in the order');
    expect(() => releasesOf({ ...process, prefix: 'jonction' }, LIFE)).toThrow('no prefix');
  });

  test('say of a contract notified that it is active, of one ended that it is terminated', () => {
    const releases = releasesOf(process, LIFE);
    expect(compiled(releases.slice(0, 6)).contracts).toMatchObject([
      { status: 'active', value: { amount: 84_500.5 }, period: { durationInDays: 366 } },
    ]);
    const { contracts, tender: known, awards, parties } = compiled(releases);
    expect(contracts).toMatchObject([
      {
        status: 'terminated',
        value: { amount: 99_000 },
        period: { durationInDays: 549 },
        amendments: [{ id: 'modification-1' }],
      },
    ]);
    expect(known).toMatchObject({
      status: 'complete',
      tenderPeriod: { startDate: '2026-01-02T08:00:00Z', endDate: '2026-02-10T11:00:00Z' },
    });
    expect(awards).toMatchObject([{ status: 'active', value: { amount: 84_500.5 } }]);
    expect(parties.map(({ id, roles }) => `${id} ${roles}`)).toEqual([
      'FR-RCS-21750001600019 buyer',
      'FR-RCS-73282932000074 supplier',
      'HORS-UE-CHACME subcontractor',
    ]);
  });

  test('say why a consultation came to nothing', () => {
    const releases = releasesOf(process, [...LIFE.slice(0, 4), ABANDONED]);
    expect(tags(releases).at(-1)).toBe('tenderCancellation');
    const { tender: known } = compiled(releases);
    expect(known).toMatchObject({
      status: 'unsuccessful',
      amendments: [{ rationale: 'Plans corrigés' }, { rationale: 'Aucune offre' }],
    });
  });

  test('name a holder once, and a party with two roles once', () => {
    const holder = { titulaire: { typeIdentifiant: 'SIRET' as const, id: process.buyer.siret } };
    const twice = { ...contract, titulaires: [holder, holder] };
    const [release] = releasesOf(process, [{ kind: 'notified', at: '2026-03-01T08:00:00Z', contract: twice }]);
    expect(release?.awards?.[0]?.suppliers).toHaveLength(1);
    expect(release?.parties.map(({ roles }) => roles)).toEqual([['buyer', 'supplier']]);
  });

  test('say how open the procedure was, from what was done where the name does not tell', () => {
    const method = (facts: Partial<TenderFacts>) =>
      releasesOf(process, [{ kind: 'published', at: '2026-01-02T08:00:00Z', tender: { ...tender, ...facts } }])[0]
        ?.tender?.procurementMethod;
    expect(method({ procedure: "Appel d'offres ouvert" })).toBe('open');
    expect(method({ procedure: "Appel d'offres restreint" })).toBe('selective');
    expect(method({ procedure: 'Dialogue compétitif' })).toBe('selective');
    expect(method({ publicised: true })).toBe('open');
    expect(method({ publicised: false })).toBe('selective');
    const without = 'Marché passé sans publicité ni mise en concurrence préalable';
    expect(method({ procedure: without })).toBe('direct');
    expect(method({ procedure: without, consulted: 3 })).toBe('limited');
    expect(['45000000-7', '48000000-8', '30000000-9', '50000000-5', '98000000-3'].map(categoryOf)).toEqual([
      'works',
      'goods',
      'goods',
      'services',
      'services',
    ]);
  });
});

describe.runIf(existsSync(ocds))('by the official schemas', () => {
  function validators() {
    const ajv = new Ajv04.default({ strict: false, allErrors: true });
    addFormats.default(ajv);
    for (const name of ['release-schema.json', 'versioned-release-validation-schema.json']) ajv.addSchema(json(name));
    return {
      releases: ajv.compile(json('release-package-schema.json')),
      records: ajv.compile(json('record-package-schema.json')),
    };
  }

  test('every release, record and compiled release is valid, at every point of any life', () => {
    const { releases: validReleases, records: validRecords } = validators();
    const kinds = fc.subarray([...LIFE, ABANDONED], { minLength: 1 });
    fc.assert(
      fc.property(kinds, (events) => {
        const inOrder = events.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
        const releases = releasesOf(process, inOrder);
        expect([validReleases(releasePackage(publication, releases)), validReleases.errors]).toEqual([true, null]);
        const record = recordOf(releases);
        expect([validRecords(recordPackage(publication, [record])), validRecords.errors]).toEqual([true, null]);
        expect(validReleases(releasePackage(publication, [record.compiledRelease]))).toBe(true);
      }),
      { seed: 40, numRuns: 100 },
    );
    expect(validReleases(releasePackage(publication, [{ ocid: 'x' } as Release]))).toBe(false);
  });

  test('tags, statuses and methods are of the closed lists of the standard', () => {
    const listed = (name: string) =>
      readFileSync(join(ocds, 'codelists', name), 'utf8')
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[0]);
    const releases = releasesOf(process, [...LIFE]);
    for (const { tag, tender: told, awards = [], contracts = [] } of [...releases, compiled(releases)]) {
      expect(listed('releaseTag.csv')).toEqual(expect.arrayContaining(tag));
      if (told?.status) expect(listed('tenderStatus.csv')).toContain(told.status);
      if (told?.procurementMethod) expect(listed('method.csv')).toContain(told.procurementMethod);
      for (const { status } of awards) if (status) expect(listed('awardStatus.csv')).toContain(status);
      for (const { status } of contracts) if (status) expect(listed('contractStatus.csv')).toContain(status);
    }
  });

  test('releases of others are compiled as the standard’s own example is', () => {
    const names = readdirSync(join(ocds, 'examples')).filter((name) =>
      /^merging__updates__(tender|award)\d\.json$/.test(name),
    );
    expect(names).toHaveLength(5);
    const releases = names.flatMap((name) => json(`examples/${name}`).releases);
    const [record] = json('examples/merging__updates__merged.json').records;
    expect(compiled(releases)).toEqual(record.compiledRelease);
  });

  test('the essential data of a contract become what they become in the national files', () => {
    const old = json('decp2ocds/source__001b_duplicate_supplier.json').marches[0];
    const [expected] = json('decp2ocds/expectedResult__001b_duplicate_supplier.json').releases;
    const record = { ...old, titulaires: old.titulaires.map((titulaire: object) => ({ titulaire })) };
    const [release] = releasesOf({ ...process, buyer: { siret: old.acheteur.id, name: old.acheteur.nom } }, [
      { kind: 'notified', at: expected.date, contract: record },
    ]);
    const { date, value, description, contractPeriod, items } = expected.awards[0];
    expect(release?.awards).toMatchObject([
      { date, value, description, contractPeriod, items: [{ classification: items[0].classification }] },
    ]);
    const identifiers = (parties: { identifier: { scheme: string; id: string }; roles: string[] }[]) =>
      parties.map(({ identifier: { scheme, id }, roles }) => [scheme, id, roles]);
    expect(identifiers(release?.parties ?? [])).toEqual(identifiers(expected.parties));
    // There a notified contract is pending, which the standard says of one not yet in force.
    expect([release?.contracts?.[0]?.status, expected.contracts[0].status]).toEqual(['active', 'pending']);
  });
});
