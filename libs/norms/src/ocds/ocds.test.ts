import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normsDir } from '@jonction/stack';
import { describe, expect, test } from 'vitest';
import { compiled, recordOf, releasePackage, WHOLE_LISTS } from './compile.ts';
import type { Process, ProcessEvent, TenderFacts } from './events.ts';
import { INVENTED_PREFIX, releasesOf } from './mapping.ts';
import type { Release } from './release.ts';

const ocds = join(normsDir(), 'procurement/ocds');
const json = (name: string) => JSON.parse(readFileSync(join(ocds, name), 'utf8'));

const process: Process = {
  prefix: INVENTED_PREFIX,
  id: '01932f5e-8a3b-7c4d-9e2f-1a2b3c4d5e6f',
  buyer: { siret: '21750001600019', name: 'Ville de Paris' },
};
const ocid = `${INVENTED_PREFIX}-${process.id}`;
const tender: TenderFacts = {
  title: 'Réfection de l’école',
  summary: 'Toiture et peinture',
  procedure: 'OPEN',
  nature: 'WORKS',
  deadline: new Date('2026-02-01T11:00:00Z'),
  enquiriesUntil: new Date('2026-01-25T11:00:00Z'),
  durationMonths: 12,
  social: ['CLAUSE'],
  environmental: ['CRITERION'],
  lots: [
    { number: 1, title: 'Toiture', cpvCode: '45261910', placeCodes: ['FR101'] },
    { number: 2, title: 'Peinture', cpvCode: '45442110', placeCodes: ['FR101'], reservation: 'INTEGRATION' },
  ],
};
const holder = { typeIdentifiant: 'SIRET', id: '73282932000074' };
const at = (day: string) => new Date(`${day}T08:00:00Z`);
const document = { id: 'dce', title: 'Règlement', url: 'https://jonction.example/dce' };

const award = (day: string, lot = 1, suppliers = [holder]): ProcessEvent => ({
  ...{ kind: 'awarded', at: at(day), lot, decidedAt: at(day), suppliers, amountCents: 8_450_050n, tendersReceived: 3 },
});
const notification = (day: string, lot = 1): ProcessEvent => ({
  ...{ kind: 'notified', at: at(day), lot, signedAt: at(day), notifiedAt: at(day), durationMonths: 12 },
});
const close = (day: string, lot: number, as: 'UNSUCCESSFUL' | 'DISCONTINUED' | 'ANNULLED'): ProcessEvent => ({
  ...{ kind: 'closedWithoutContract', at: at(day), lot, decidedAt: at(day), as, rationale: 'Aucune offre' },
});
const PUBLISHED: ProcessEvent = { kind: 'published', at: at('2026-01-02'), tender, documents: [document] };
/** A whole life, one event of each kind; the second lot comes to nothing. */
const LIFE: ProcessEvent[] = [
  { kind: 'planned', at: at('2025-12-01'), tender },
  PUBLISHED,
  { kind: 'answered', at: at('2026-01-10'), document: { ...document, id: 'q1', title: 'Question 1' } },
  {
    ...{ kind: 'rectified', at: at('2026-01-15'), changedFields: ['deadline'] },
    tender: { ...tender, deadline: new Date('2026-02-10T11:00:00Z') },
  },
  { kind: 'opened', at: at('2026-02-11'), openedAt: new Date('2026-02-10T14:00:00Z') },
  award('2026-02-20'),
  close('2026-02-21', 2, 'UNSUCCESSFUL'),
  notification('2026-03-05'),
  {
    ...{ kind: 'modified', at: at('2026-06-02'), lot: 1 },
    modification: { number: 1, notifiedAt: at('2026-06-01'), amountCents: 9_900_000n, durationMonths: 18 },
  },
  {
    ...{ kind: 'subcontracted', at: at('2026-07-01'), lot: 1, number: 1 },
    subcontractor: { typeIdentifiant: 'HORS-UE', id: 'CHACME' },
  },
  { kind: 'completed', at: at('2026-12-01'), lot: 1 },
];
const tagsOf = (events: ProcessEvent[]) => releasesOf(process, events).map(({ tag }) => tag.join());
const known = (...events: ProcessEvent[]) => compiled(releasesOf(process, events));

describe('the releases of a process', () => {
  test('are one an event, tagged by what it is, numbered under one ocid of our own id', () => {
    expect(tagsOf(LIFE)).toEqual([
      'planning',
      'tender',
      'tenderUpdate',
      'tenderAmendment',
      'tenderUpdate',
      'award',
      'tenderUpdate',
      'contract',
      'contractAmendment',
      'contractUpdate',
      'contractTermination',
    ]);
    expect(releasesOf(process, LIFE).map((release) => [release.ocid, release.id])).toEqual(
      LIFE.map((_, index) => [ocid, `${ocid}-${index + 1}`]),
    );
  });

  test('say together what is known at the end', () => {
    expect(known(...LIFE)).toMatchObject({
      ...{ id: `${ocid}-2026-12-01T08:00:00.000Z`, tag: ['compiled'] },
      tender: {
        status: 'complete',
        procurementMethod: 'open',
        procurementMethodDetails: "Appel d'offres ouvert",
        mainProcurementCategory: 'works',
        tenderPeriod: { startDate: '2026-01-02T08:00:00.000Z', endDate: '2026-02-10T11:00:00.000Z' },
        awardPeriod: { startDate: '2026-02-10T14:00:00.000Z' },
        sustainability: [
          { goal: 'social', strategies: ['contractPerformanceConditions'] },
          { goal: 'environmental', strategies: ['awardCriteria'] },
        ],
        lots: [
          { id: '1', title: 'Toiture', status: 'complete' },
          { id: '2', status: 'unsuccessful', otherRequirements: { reservedParticipation: ['shelteredWorkshop'] } },
        ],
        items: [{ classification: { scheme: 'CPV', id: '45261910' }, deliveryAddresses: [{ region: 'FR101' }] }, {}],
        documents: [{ documentType: 'biddingDocuments' }, { documentType: 'clarifications' }],
        amendments: [{ description: 'Champs modifiés : deadline' }, { rationale: 'Aucune offre', relatedLots: ['2'] }],
      },
      bids: { statistics: [{ measure: 'bids', value: 3, relatedLot: '1' }] },
      awards: [
        {
          ...{ status: 'active', value: { amount: 84_500.5, currency: 'EUR' }, relatedLots: ['1'] },
          subcontracting: { subcontracts: [{ id: '1-1', subcontractor: { id: 'HORS-UE-CHACME' } }] },
        },
        { status: 'unsuccessful', relatedLots: ['2'] },
      ],
      contracts: [
        {
          ...{ id: 'contract-1', awardID: 'award-1', status: 'terminated', value: { amount: 99_000 } },
          period: { startDate: '2026-03-05T08:00:00.000Z', durationInDays: 549 },
          amendments: [
            { id: 'modification-1', amendsReleaseID: `${ocid}-8`, description: 'Modification : montant, durée' },
          ],
        },
      ],
    });
  });

  test('say of an opening its moment alone, nothing of what was opened', () => {
    const { parties, awards, bids, tender: told } = releasesOf(process, LIFE)[4] as Release;
    expect(told).toEqual({ id: ocid, awardPeriod: { startDate: '2026-02-10T14:00:00.000Z' } });
    expect([parties.map(({ roles }) => roles), awards, bids]).toEqual([[['buyer']], undefined, undefined]);
  });

  test('say of an award that it is pending while the rejected may go to the judge, of a notified contract that it is active', () => {
    expect(known(PUBLISHED, award('2026-02-20')).awards).toMatchObject([{ status: 'pending' }]);
    const { awards, contracts } = known(PUBLISHED, award('2026-02-20'), notification('2026-03-05'));
    expect([awards, contracts]).toMatchObject([[{ status: 'active' }], [{ status: 'active' }]]);
  });

  test('tell a lot that comes to nothing from a consultation that does', () => {
    const one = [PUBLISHED, close('2026-02-20', 1, 'UNSUCCESSFUL')];
    expect([tagsOf(one).at(-1), known(...one).tender?.status]).toEqual(['tenderUpdate', 'active']);
    const both = [...one, close('2026-02-21', 2, 'DISCONTINUED')];
    expect([tagsOf(both).at(-1), known(...both).tender?.status]).toEqual(['tenderCancellation', 'unsuccessful']);
    const givenUp = [PUBLISHED, close('2026-02-20', 1, 'DISCONTINUED'), close('2026-02-20', 2, 'ANNULLED')];
    expect(known(...givenUp).tender?.status).toBe('cancelled');
    const annulled = [PUBLISHED, award('2026-02-20'), close('2026-02-21', 1, 'ANNULLED')];
    expect([tagsOf(annulled).at(-1), known(...annulled).awards]).toMatchObject([
      'awardCancellation',
      [{ status: 'cancelled' }],
    ]);
    const signed = [PUBLISHED, award('2026-02-20'), notification('2026-03-05'), close('2026-04-01', 1, 'ANNULLED')];
    expect([tagsOf(signed).at(-1), known(...signed).contracts]).toMatchObject([
      'contractTermination',
      [{ status: 'terminated' }],
    ]);
  });

  test('take back what a rectification leaves out, and withdraw a lot that is planned no longer', () => {
    const { summary: _, enquiriesUntil: __, ...less } = tender;
    const rectified: ProcessEvent = {
      kind: 'rectified',
      at: at('2026-01-15'),
      changedFields: ['summary'],
      tender: less,
    };
    expect(releasesOf(process, [PUBLISHED, rectified])[1]?.tender).toMatchObject({
      description: null,
      enquiryPeriod: { endDate: null },
    });
    const after = known(PUBLISHED, rectified).tender ?? {};
    expect([Object.keys(after).includes('description'), Object.keys(after).includes('enquiryPeriod')]).toEqual([
      false,
      false,
    ]);
    const single: ProcessEvent = { ...PUBLISHED, tender: { ...tender, lots: [tender.lots[0]] } } as ProcessEvent;
    expect(known(LIFE[0] as ProcessEvent, single).tender?.lots).toMatchObject([
      { status: 'active' },
      { status: 'withdrawn' },
    ]);
  });

  test('name a holder once, and keep the roles of a party that gets another', () => {
    const buyer = { typeIdentifiant: 'SIRET', id: process.buyer.siret };
    const { awards, parties } = known(PUBLISHED, award('2026-02-20', 1, [buyer, buyer]));
    expect(awards?.[0]?.suppliers).toHaveLength(1);
    expect(parties).toMatchObject([{ name: 'Ville de Paris', roles: ['buyer', 'supplier'] }]);
  });

  test('say how open the procedure was, and nothing where its name does not tell', () => {
    const method = (facts: Partial<TenderFacts>) =>
      known({ ...PUBLISHED, tender: { ...tender, ...facts } } as ProcessEvent).tender?.procurementMethod;
    expect(method({ procedure: 'RESTRICTED' })).toBe('selective');
    expect(method({ procedure: 'NEGOTIATED' })).toBe('selective');
    expect(method({ procedure: 'COMPETITIVE_DIALOGUE' })).toBe('selective');
    expect(method({ procedure: 'ADAPTED' })).toBe('open');
    expect(method({ procedure: 'ADAPTED', consulted: 3 })).toBe('selective');
    expect(method({ procedure: 'WITHOUT_COMPETITION' })).toBe('direct');
    expect(method({ procedure: 'WITHOUT_COMPETITION', consulted: 3 })).toBe('limited');
    expect(method({ procedure: 'CONCESSION' })).toBeUndefined();
  });

  test('are refused when they cannot follow', () => {
    const refused = (...events: ProcessEvent[]) => expect(() => releasesOf(process, events));
    refused(...LIFE.toReversed()).toThrow('completed before it was published');
    refused(PUBLISHED, PUBLISHED).toThrow('not published again');
    refused(PUBLISHED, award('2026-01-01')).toThrow('in the order');
    refused(PUBLISHED, award('2026-02-20', 3)).toThrow('no lot 3');
    refused(PUBLISHED, award('2026-02-20'), award('2026-02-21')).toThrow('lot 1 is awarded, and it is complete');
    refused(PUBLISHED, notification('2026-03-01')).toThrow('its award is not known');
    refused(PUBLISHED, close('2026-02-20', 1, 'ANNULLED'), close('2026-02-21', 1, 'ANNULLED')).toThrow(
      'it is cancelled',
    );
    refused(PUBLISHED, award('2026-02-20'), { kind: 'completed', at: at('2026-03-01'), lot: 1 }).toThrow('not known');
    expect(() => releasesOf({ ...process, prefix: 'jonction' }, LIFE)).toThrow('no prefix');
  });
});

describe('the compiled release', () => {
  const merged = (...parts: object[]) =>
    compiled(
      parts.map((part, index) => ({ ocid, id: `${index}`, date: `2026-01-0${index + 1}T00:00:00Z`, ...part })),
    ) as object;

  test('joins objects name by name and lists by id, replaces lists of words, adds what has no id, takes away what is null', () => {
    expect(
      merged(
        {
          tender: {
            title: 'a',
            description: 'b',
            additionalProcurementCategories: ['x', 'y'],
            items: [{ id: 1, quantity: 2 }],
          },
        },
        {
          tender: {
            description: null,
            additionalProcurementCategories: ['z'],
            items: [{ id: 2 }, { id: 1, unit: { name: 'm' } }],
          },
        },
        { tender: { notes: [{ text: 'n' }], period: { endDate: null } } },
        { tender: { notes: [{ text: 'n' }], items: [{ id: 1, additionalClassifications: [{ id: 'q' }] }] } },
        { tender: { items: [{ id: 1, additionalClassifications: [{ id: 'r' }] }] } },
      ),
    ).toMatchObject({
      tender: {
        title: 'a',
        additionalProcurementCategories: ['z'],
        items: [{ id: 1, quantity: 2, unit: { name: 'm' }, additionalClassifications: [{ id: 'r' }] }, { id: 2 }],
        notes: [{ text: 'n' }, { text: 'n' }],
      },
    });
    expect(merged({ tender: { description: 'b' } }, { tender: { description: null } })).not.toHaveProperty('tender');
  });

  test('is that of the dates, in whatever order releases are given; without a release there is none', () => {
    const releases = releasesOf(process, LIFE);
    expect(compiled(releases.toReversed())).toEqual(compiled(releases));
    expect(() => recordOf([])).toThrow('no compiled release');
  });
});

describe.runIf(existsSync(ocds))('by the data of the standard', () => {
  test('lists are replaced, and fields left out, where the schemas say so and nowhere else', () => {
    const flagged =
      (flag: string) =>
      (name: string, node: unknown): string[] => {
        if (typeof node !== 'object' || node === null) return [];
        const here = (node as { [flag: string]: unknown })[flag] === true ? [name] : [];
        return [...here, ...Object.entries(node).flatMap(([child, value]) => flagged(flag)(child, value))];
      };
    const core = json('release-schema.json');
    const profile = json('eforms_profile_release-schema.json');
    const [release] = releasesOf(process, [PUBLISHED]);
    const own = Object.entries(release ?? {}).filter(([name, value]) => {
      return JSON.stringify(known(PUBLISHED)[name as keyof Release]) !== JSON.stringify(value);
    });
    // The date of a process is that of its last release.
    expect(new Set([...own.map(([name]) => name), 'date'])).toEqual(new Set(flagged('omitWhenMerged')('', core)));
    const whole = new Set(flagged('wholeListMerge')('', profile));
    expect([...WHOLE_LISTS].filter((name) => !whole.has(name))).toEqual([]);
    expect(flagged('wholeListMerge')('', core).filter((name) => !WHOLE_LISTS.has(name))).toEqual([]);
    const named = (node: unknown): string[] =>
      typeof node === 'object' && node !== null
        ? Object.entries(node).flatMap(([name, value]) => [...(Array.isArray(value) ? [name] : []), ...named(value)])
        : [];
    const ours = new Set(named(releasesOf(process, LIFE)));
    expect([...ours].filter((name) => whole.has(name) && !WHOLE_LISTS.has(name))).toEqual([]);
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

  test('codes are of the lists of the standard, the open ones too', () => {
    const listed = (name: string) => {
      const lines = readFileSync(join(ocds, 'codelists', name), 'utf8').split('\n');
      const column = lines[0]?.trim().split(',').indexOf('Code') ?? -1;
      return new Set(lines.map((line) => line.split(',')[column]));
    };
    const { parties, tender: told } = known(...LIFE);
    // The extension of subcontracting adds this role.
    const roles = parties.flatMap((party) => party.roles).filter((role) => role !== 'subcontractor');
    for (const role of roles) expect(listed('partyRole.csv').has(role)).toBe(true);
    for (const { documentType } of told?.documents ?? [])
      expect(listed('documentType.csv').has(documentType)).toBe(true);
    for (const { classification } of told?.items ?? [])
      expect(listed('itemClassificationScheme.csv').has(classification.scheme)).toBe(true);
  });

  test.each(['001_marche_simple', '001b_duplicate_supplier'])(
    'a contract of %s becomes what it is in the national files',
    (name) => {
      const [old] = json(`decp2ocds/source__${name}.json`).marches;
      const [expected] = json(`decp2ocds/expectedResult__${name}.json`).releases;
      const moment = new Date(`${old.dateNotification}T00:00:00Z`);
      const lot = { number: 1, title: old.objet, cpvCode: old.codeCPV, placeCodes: ['FRI21'] as [string] };
      const facts: TenderFacts = { ...tender, title: old.objet, procedure: 'ADAPTED', nature: 'SUPPLIES', lots: [lot] };
      const release = compiled(
        releasesOf({ ...process, buyer: { siret: old.acheteur.id, name: old.acheteur.nom } }, [
          { kind: 'published', at: moment, tender: facts },
          {
            ...{
              kind: 'awarded',
              at: moment,
              lot: 1,
              decidedAt: moment,
              suppliers: old.titulaires,
              tendersReceived: 1,
            },
            amountCents: BigInt(old.montant) * 100n,
          },
          {
            ...{ kind: 'notified', at: moment, lot: 1, signedAt: moment, notifiedAt: moment },
            durationMonths: old.dureeMois,
          },
        ]),
      );
      const { value, description, items, status } = expected.awards[0];
      const { period } = expected.contracts[0];
      expect(release.awards).toMatchObject([
        { status, value, description, items: [{ classification: items[0].classification }] },
      ]);
      expect(Date.parse(release.awards?.[0]?.date ?? '')).toBe(Date.parse(expected.awards[0].date));
      expect(release.contracts).toMatchObject([{ value, description, period }]);
      const identifiers = (parties: { identifier: { scheme: string; id: string }; roles: string[] }[]) =>
        parties.map(({ identifier: { scheme, id }, roles }) => [scheme, id, roles]);
      expect(identifiers(release.parties)).toEqual(identifiers(expected.parties));
      // There a notified contract is pending, which the standard says of one not yet in force.
      expect([release.contracts?.[0]?.status, expected.contracts[0].status]).toEqual(['active', 'pending']);
    },
  );

  test('a package names the extensions that it uses, and each is one of the profile', () => {
    const { extensions } = releasePackage(
      { uri: 'https://jonction.example/1', publishedDate: '2026-11-25T09:00:00Z', publisher: { name: 'Jonction' } },
      releasesOf(process, LIFE),
    );
    expect(extensions).toHaveLength(6);
    for (const url of extensions) expect(URL.canParse(url)).toBe(true);
  });
});
