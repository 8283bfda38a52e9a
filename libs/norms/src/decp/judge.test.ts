import { existsSync } from 'node:fs';
import { normsDir } from '@jonction/stack';
import { describe, expect, test } from 'vitest';
import type { Kind, Loose, Marche } from './contract.ts';
import { Duplicates, isPublishable, isV1, type Judge, judgeBy, Numbers, repaired } from './judge.ts';
import { readNorms } from './norms.ts';
import { sampleConcession, sampleMarche } from './sample.ts';

const TODAY = '2026-11-25';

test('without the reference data it is said which file is missing, and what to set', () => {
  expect(() => readNorms('/nowhere')).toThrow(
    /schema_decp_v2\.0\.4\.json cannot be read: set NORMS_DIR[\s\S]*illisible/,
  );
});

// The schema and the CPV are others' (decision 010): where they are not, these tests are shown as skipped.
describe.runIf(existsSync(normsDir()))('a contract', () => {
  let made: Judge | undefined;
  const judge = () => {
    made ??= judgeBy(readNorms(normsDir()), TODAY);
    return made;
  };
  const judged = (record: object, kind: Kind = 'marche') =>
    judge().judge({ kind, record: record as Loose, reasons: [] });
  const codesOf = (record: object, kind: Kind = 'marche') => {
    const { schema, ministry, reasons } = judged(record, kind);
    return [schema, ministry, ...reasons.map(({ code }) => code)];
  };
  const marche = (other: { [Field in keyof Marche]?: unknown }) => sampleMarche(1, other as Partial<Marche>);
  const holders = (...ids: [string, string][]) => ({
    titulaires: ids.map(([typeIdentifiant, id]) => ({ titulaire: { typeIdentifiant, id } })),
  });

  test('in order is kept, of either kind, and nothing is said of it', () => {
    expect(codesOf(sampleMarche(1))).toEqual(['ok', 'kept']);
    expect(codesOf(sampleConcession(1), 'contrat-concession')).toEqual(['ok', 'kept']);
  });

  test('that the schema refuses is dropped before the Ministry’s own rules, each fault with its place', () => {
    const { ccag: _, ...without } = sampleMarche(1);
    expect(codesOf(without)).toEqual(['invalid', 'set-aside', 'SCHEMA_REQUIRED']);
    const wrong: [Parameters<typeof marche>[0], string, string][] = [
      [{ montant: '84500' }, 'SCHEMA_TYPE', '/montant'],
      [{ montant: Number.POSITIVE_INFINITY }, 'SCHEMA_TYPE', '/montant'],
      [{ marcheInnovant: 'oui' }, 'SCHEMA_TYPE', '/marcheInnovant'],
      [{ ccag: 'Maîtrise d’œuvre' }, 'SCHEMA_VALUE', '/ccag'],
      [{ id: '12345678901234567' }, 'SCHEMA_LENGTH', '/id'],
      [{ acheteur: { id: '2175000160001' } }, 'SCHEMA_PATTERN', '/acheteur/id'],
      [{ techniques: { technique: [] } }, 'SCHEMA_LIST', '/techniques/technique'],
      [{ offresRecues: 0 }, 'SCHEMA_RANGE', '/offresRecues'],
    ];
    for (const [other, code, at] of wrong) {
      expect(judged(marche(other)).reasons[0], at).toMatchObject({ code, at, effect: 'refused' });
    }
    expect(codesOf({ ...sampleMarche(1), _type: 'Marché' })).toContain('SCHEMA_UNKNOWN_FIELD');
  });

  test('leaves out what is not known: null, "", [] and "NC" are all refused', () => {
    for (const value of [null, '', [], 'NC']) {
      for (const field of ['tauxAvance', 'origineUE', 'actesSousTraitance', 'modifications']) {
        expect(judged({ ...sampleMarche(1), [field]: value }).schema, `${field} ${value}`).toBe('invalid');
      }
    }
    // The documentation says an empty string for what is no marché subséquent; both schemas refuse it.
    expect(codesOf(marche({ idAccordCadre: '' }))).toEqual(['invalid', 'set-aside', 'SCHEMA_LENGTH']);
  });

  test('is set aside at the first value beyond each bound of the Ministry, and kept on it', () => {
    const bounds: [object, object, string][] = [
      [{ montant: 3_000_000_000 }, { montant: 3_000_000_001 }, 'AMOUNT_HIGH'],
      [{ dureeMois: 180 }, { dureeMois: 181 }, 'DURATION_LONG'],
      [{ dateNotification: TODAY }, { dateNotification: '2026-11-26' }, 'DATE_FUTURE'],
      [{ dateNotification: '2010-01-01' }, { dateNotification: '2009-12-31' }, 'DATE_FORMAT'],
      [{ montant: 111_111_022 }, { montant: 111_111_102 + 10 }, 'AMOUNT_REPEATED'],
      [{ montant: 12_345_678 }, { montant: 123_456_789 }, 'AMOUNT_SEQUENCE'],
      [{ objet: 'Toits', codeCPV: '45261910' }, { objet: 'Toit', codeCPV: '45261910' }, 'OBJECT_SHORT'],
      [{ id: 'A/b-c_d .#1' }, { id: 'A,b' }, 'ID_FORMAT'],
    ];
    for (const [inside, beyond, code] of bounds) {
      expect(codesOf(marche(inside)), `${code} inside`).not.toContain('set-aside');
      expect(codesOf(marche(beyond)), code).toEqual(expect.arrayContaining(['ok', 'set-aside', code]));
    }
    const concession = (other: object) => codesOf({ ...sampleConcession(1), ...other }, 'contrat-concession');
    expect(concession({ valeurGlobale: 15_000_000_000, dureeMois: 360 })).toEqual(['ok', 'kept']);
    expect(concession({ valeurGlobale: 15_000_000_001 })).toContain('AMOUNT_HIGH');
    expect(concession({ dureeMois: 361 })).toContain('DURATION_LONG');
  });

  test('may have many zeros or sixes in its amount: the Ministry counts neither', () => {
    expect(codesOf(marche({ montant: 200_000_000 }))).toEqual(['ok', 'kept']);
    expect(codesOf(marche({ montant: 666_666_666 }))).toEqual(['ok', 'kept']);
    expect(codesOf(marche({ montant: 777_777_777 }))).toEqual(['ok', 'set-aside', 'AMOUNT_REPEATED']);
    expect(codesOf(marche({ montant: 7_777_777 }))).toEqual(['ok', 'kept']); // below 100 million nothing is counted
  });

  test('has days without a time zone that the calendar knows, though the schema asks for neither', () => {
    for (const day of ['2026-01-15+02:00', '2026-99-99', '2026-02-30', 'le 2026-01-15', '0002-11-30', '5021-02-18']) {
      expect(codesOf(marche({ dateNotification: day })), day).toEqual(['ok', 'set-aside', 'DATE_FORMAT']);
    }
    expect(codesOf(marche({ dateNotification: '15/01/2026' }))).toContain('SCHEMA_PATTERN');
  });

  test('does not say that there is no consideration and one beside it', () => {
    const social = { considerationSociale: ['Clause sociale', 'Pas de considération sociale'] };
    expect(codesOf(marche({ considerationsSociales: social }))).toEqual([
      'ok',
      'set-aside',
      'CONSIDERATIONS_CONTRADICT',
    ]);
  });

  test('of La Poste is set aside by the Ministry, and published all the same', () => {
    const verdict = judged(marche(holders(['SIRET', '35600000049837'])));
    expect(verdict).toMatchObject({ schema: 'ok', ministry: 'set-aside', reasons: [{ code: 'SIRET_LA_POSTE' }] });
    expect(isPublishable(verdict)).toBe(true);
    expect(codesOf(marche(holders(['SIRET', '35600000000048'])))).toEqual(['ok', 'kept']); // the head office has the key
    expect(isPublishable(judged(marche(holders(['SIRET', '35600000049838']))))).toBe(false);
  });

  test('names a buyer and holders that may exist', () => {
    expect(codesOf(marche({ acheteur: { id: '12345678901234' } }))).toEqual(['ok', 'set-aside', 'SIRET']);
    expect(codesOf(marche({ acheteur: { id: '00000000000000' } }))).toEqual(['ok', 'set-aside', 'SIRET_ZEROS']);
    expect(codesOf(marche({ acheteur: { id: '11122233344455' } }))).toEqual(['ok', 'kept', 'SIRET_DOUBTFUL']);
    expect(codesOf(marche(holders(['SIRET', ' 21750001600019'])))).toEqual(['ok', 'set-aside', 'SIRET']);
    const forms: [string, string, string][] = [
      ['TAHITI', 'A12345678', 'A1234567'],
      ['RIDET', '0012345678', '001234567'],
      ['FRWF', 'FRWF12345678901234', 'FR12345678901234'],
      ['IREP', '12345AB', '1234AB'],
      ['HORS-UE', 'CHACME', 'Chacme'],
    ];
    for (const [type, right, wrong] of forms) {
      expect(codesOf(marche(holders([type, right]))), type).toEqual(['ok', 'kept']);
      expect(codesOf(marche(holders([type, wrong]))), type).toEqual(['ok', 'set-aside', 'IDENTIFIER_FORM']);
    }
    expect(codesOf(marche(holders(['TVA', ''])))).toEqual(['ok', 'set-aside', 'MISSING']);
  });

  test('with a fourth holder that is wrong is kept, for the Ministry looks at three, and warned of', () => {
    const good = ['21750001600019', '73282932000074', '57172266900264'].map((id): [string, string] => ['SIRET', id]);
    expect(codesOf(marche(holders(...good, ['SIRET', '99999999999999'])))).toEqual(['ok', 'kept', 'IDENTIFIER_UNSEEN']);
    // The three are the first by number, wherever the file has them.
    expect(codesOf(marche(holders(...good, ['SIRET', '11111111111111'])))).toContain('set-aside');
  });

  test('has its CPV code completed or set right, with what the Ministry writes', () => {
    const codes: [string, string, string][] = [
      ['45261910', 'CPV_KEY', '45261910-6'],
      ['45261910-1', 'CPV_KEY', '45261910-6'],
      ['45999999', 'CPV_UNKNOWN', '45000000-7'],
      ['11111111-1', 'CPV_UNUSABLE', 'INX 11111111-1'],
    ];
    for (const [codeCPV, code, to] of codes) {
      const verdict = judged(marche({ codeCPV }));
      expect(verdict, codeCPV).toMatchObject({
        ministry: 'repaired',
        reasons: [{ code, repair: { from: codeCPV, to } }],
      });
      const published = repaired('marche', marche({ codeCPV }) as unknown as Loose, verdict);
      expect(judged(published.record).schema).toBe('ok');
    }
    // Seven digits never pass the schema: the repair is for the sources that are not held to it.
    expect(judged(marche({ codeCPV: '3000000' })).reasons).toContainEqual(
      expect.objectContaining({ code: 'CPV_ZERO', repair: { from: '3000000', to: '03000000-1' } }),
    );
  });

  test('with a type of identifier of before has it repaired, but only behind the schema, which refuses it', () => {
    for (const [type, to] of [
      ['HORS_UE', 'HORS-UE'],
      ['FRW', 'FRWF'],
      ['TVA-intracommunautaire', 'TVA'],
    ] as const) {
      const { schema, ministry, reasons } = judged(marche(holders([type, 'CHACME'])));
      expect({ schema, ministry }).toEqual({ schema: 'invalid', ministry: 'set-aside' });
      expect(reasons.find(({ code }) => code === 'IDENTIFIER_TYPE_REPAIRED')?.repair?.to).toBe(to);
    }
  });

  test('of food, vehicles, health or clothing says where its products come from, or is warned', () => {
    expect(codesOf(marche({ codeCPV: '15100000-9' }))).toEqual(['ok', 'kept', 'ORIGIN_MISSING', 'ORIGIN_MISSING']);
    expect(codesOf(marche({ codeCPV: '15100000-9', origineUE: 0.8, origineFrance: 0.5 }))).toEqual(['ok', 'kept']);
    expect(codesOf(marche({ origineUE: 0.2, origineFrance: 0.5 }))).toEqual(['ok', 'kept', 'ORIGIN_ORDER']);
  });

  test('numbers its modifications in the order of their days, and those of acts after acts that exist', () => {
    const modification = (id: number, day: string) => ({
      modification: { id, dateNotificationModification: day, datePublicationDonneesModification: day },
    });
    const two = [modification(1, '2026-03-01'), modification(2, '2026-04-01')];
    expect(codesOf(marche({ modifications: two }))).toEqual(['ok', 'kept']);
    expect(codesOf(marche({ modifications: two.toReversed() }))).toEqual(['ok', 'kept', 'SEQUENCE']);
    const act = {
      id: 2,
      dateNotificationModificationSousTraitance: '2026-03-01',
      datePublicationDonnees: '2026-03-02',
    };
    const acts = { modificationsActesSousTraitance: [{ modificationActeSousTraitance: act }] };
    expect(codesOf(marche(acts))).toEqual(['ok', 'kept', 'ACT_UNKNOWN']);
  });

  test('of a list without end is refused at once, not compared element by element', () => {
    const many = Array.from({ length: 50_000 }, () => ({
      titulaire: { typeIdentifiant: 'SIRET', id: '73282932000074' },
    }));
    expect(codesOf(marche({ titulaires: many }))[2]).toBe('TOO_MANY');
  });

  test('that stands twice in a file is kept once: the one published last, and of one day the last', () => {
    const early = sampleMarche(1);
    const late = sampleMarche(1, {
      modifications: [
        {
          modification: {
            id: 1,
            dateNotificationModification: '2026-03-01',
            datePublicationDonneesModification: '2026-03-02',
          },
        },
      ],
    });
    const keptOf = (...records: Marche[]) => {
      const duplicates = new Duplicates();
      const loose = records as unknown as Loose[];
      for (const record of loose) duplicates.note('marche', record, true);
      return loose.map((record, index) => duplicates.insteadOf(index + 1, 'marche', record));
    };
    expect(keptOf(early, late)).toEqual([2, undefined]);
    expect(keptOf(late, early)).toEqual([undefined, 1]);
    expect(keptOf(early, early)).toEqual([2, undefined]);
    // The Ministry cuts the cents before it compares; another amount is another contract for it.
    expect(keptOf(early, sampleMarche(1, { montant: 84_500.99 }))).toEqual([2, undefined]);
    expect(keptOf(early, sampleMarche(1, { montant: 84_501 }))).toEqual([undefined, undefined]);
    const instead = judge().judge({ kind: 'marche', record: { ...early }, reasons: [] }, 7);
    expect(instead).toMatchObject({ ministry: 'set-aside', reasons: [{ code: 'DUPLICATE' }] });
    expect(instead.reasons[0]?.fr).toContain('n° 7');
  });

  test('that is refused by the schema does not count as a duplicate', () => {
    const duplicates = new Duplicates();
    const record = { ...sampleMarche(1) } as unknown as Loose;
    duplicates.note('marche', record, true);
    duplicates.note('marche', record, false);
    expect(duplicates.insteadOf(1, 'marche', record)).toBeUndefined();
  });

  test('of the format of before 2024 is recognised, one of 2022 with a field too few is not taken for it', () => {
    expect(codesOf({ _type: 'Marché', id: '201800', titulaires: [] })).toEqual(['v1', 'set-aside', 'FORMAT_V1']);
    expect(isV1({ titulaires: [{ typeIdentifiant: 'SIRET', id: '1', denominationSociale: 'x' }] })).toBe(true);
    expect(isV1({ id: '1', titulaires: [{ titulaire: { typeIdentifiant: 'SIRET', id: '1' } }] })).toBe(false);
  });

  test('takes a number that its buyer has not given before', () => {
    const numbers = new Numbers();
    const one = { kind: 'marche' as const, record: { ...sampleMarche(1) } as unknown as Loose };
    const elsewhere = { ...one, record: { ...one.record, acheteur: { id: '73282932000074' } } };
    expect([numbers.take(one, 1), numbers.take(elsewhere, 2)]).toEqual([[], []]);
    expect(numbers.take(one, 3)).toMatchObject([{ code: 'UID_TAKEN' }]);
  });

  test('every reason is said in French and in English, with who says so, and no gap left in the sentence', () => {
    const wrong = {
      ...sampleMarche(1),
      id: 'é'.repeat(20),
      montant: 0,
      dureeMois: 999,
      codeCPV: '11111111',
      objet: '',
    };
    const { reasons } = judged({
      ...wrong,
      ...holders(['SIRET', '1'], ['TAHITI', '2']),
      acheteur: {},
      ccag: 'x',
      a: 1,
    });
    expect(reasons.length).toBeGreaterThan(10);
    for (const { en, fr, source } of reasons) {
      expect(`${en} ${fr}`).not.toMatch(/\{[a-z]|undefined/);
      expect([en.length > 20, fr.length > 20, source.length > 3, en !== fr]).toEqual([true, true, true, true]);
    }
  });
});
