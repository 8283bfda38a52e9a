import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type CheckOptions,
  checkArchive,
  checkDuplicate,
  nothingSeen,
  readClassification,
} from '@jonction/norms/actes';
import { verdictOf } from '@jonction/norms/xml';
import { describe, expect, test } from 'vitest';
import rules from '../../libs/norms/src/actes/rules.json' with { type: 'json' };
import { issue } from '../../libs/norms/src/samples/authority.ts';
import {
  ACT_ID,
  act,
  answer,
  archiveOf,
  chunksOf,
  classification,
  DIRS,
  edited,
  PNG,
  packed,
  pdfOf,
  piece,
  renamed,
  type SampleArchive,
  schema,
  sender,
  TODAY,
} from './sample.ts';

const options: CheckOptions = { schema, today: TODAY, classification, authority: sender };
const judge = (name: string, bytes: Buffer, more: Partial<CheckOptions> = {}) =>
  checkArchive(name, chunksOf(bytes), { ...options, ...more });

const manifest: { file: string; expect: string }[] = JSON.parse(
  readFileSync(join(DIRS.synthetic, 'manifest.json'), 'utf8'),
);
const ofActes = manifest.filter(({ file }) => file.startsWith('actes/'));

test('every archive of the synthetic set gets the verdict of its manifest, in any order, once', async () => {
  expect(ofActes.length).toBeGreaterThan(10);
  const seen = nothingSeen();
  for (const { file, expect: expected } of ofActes) {
    const checked = await judge(basename(file), readFileSync(join(DIRS.synthetic, file)), {
      authority: { siren: '000000018' },
    });
    const reasons = [...checked.reasons, ...checkDuplicate(checked, seen)];
    expect(`${verdictOf(reasons)} ${reasons.map(({ code }) => code).join(' ')}`.trim(), file).toBe(expected);
  }
});

/** What is done to a good archive, and what is then said of it, by code. Whatever else is said makes the test fail. */
interface Case {
  code: keyof typeof rules | 'SCHEMA' | 'DOCTYPE' | 'WINDOWS_1252' | 'ENCODING_MISMATCH';
  title: string;
  change?: (archive: SampleArchive) => SampleArchive;
  archive?: () => Promise<SampleArchive>;
  options?: Partial<CheckOptions>;
  /** Codes that come with it. */
  also?: string[];
}

const MESSAGE = /-1-1_0\.xml$/;
const ENVELOPE = /^EACT/;
const message = (edit: (text: string) => string) => (archive: SampleArchive) => edited(archive, MESSAGE, edit);
const envelope = (edit: (text: string) => string) => (archive: SampleArchive) => edited(archive, ENVELOPE, edit);
const document =
  (bytes: Buffer, which = '99_DE') =>
  ({ name, files }: SampleArchive) => ({
    name,
    files: files.map((file) => (file.name.startsWith(which) ? { ...file, bytes } : file)),
  });
const withFile =
  (name: string, bytes = pdfOf('x')) =>
  (archive: SampleArchive) => ({
    ...archive,
    files: [...archive.files, { name, bytes }],
  });
const without =
  (which: RegExp) =>
  ({ name, files }: SampleArchive) => ({
    name,
    files: files.filter((file) => !which.test(file.name)),
  });
const tail = '\nstartxref\n0\n%%EOF\n';
const locked = pdfOf('a').toString('latin1').replace('/Root 1 0 R', '/Root 1 0 R /Encrypt 4 0 R');
const zipEnd = Buffer.from(`504b0506${'00'.repeat(18)}`, 'hex');

const cases: Case[] = [
  { code: 'ARCHIVE_NAME', title: 'a free name', change: (all) => ({ ...all, name: 'archive.tar.gz' }) },
  { code: 'ENTRY_PATH', title: 'a path upwards', change: withFile('../../etc/passwd') },
  { code: 'ENTRY_PATH', title: 'a folder in front', change: withFile('./a.pdf') },
  { code: 'ENTRY_PATH', title: 'an absolute path', change: withFile('/tmp/a.pdf') },
  { code: 'ENTRY_PATH', title: 'a backslash', change: withFile('..\\a.pdf') },
  { code: 'ENTRY_PATH', title: 'a space', change: withFile('decision 1.pdf') },
  { code: 'ENTRY_TWICE', title: 'a name twice', change: (all) => withFile(all.files[2]?.name ?? '')(all) },
  { code: 'ENVELOPE_MISSING', title: 'no envelope', change: without(ENVELOPE) },
  {
    code: 'ENVELOPE_MISSING',
    title: 'another serial than the envelope',
    change: (all) => ({ ...all, name: all.name.replace('-1.tar', '-2.tar') }),
  },
  {
    code: 'ENVELOPE_ROOT',
    title: 'a message as envelope',
    change: envelope(
      () =>
        '<a:Annulation xmlns:a="http://www.interieur.gouv.fr/ACTES#v1.1-20040216" a:IDActe="021-000000018-20260310-A-DE"/>',
    ),
    also: ['ENCODING_UTF8'],
  },
  {
    code: 'SENDER_DIFFERS',
    title: 'the SIREN of another in the envelope',
    change: envelope((xml) => xml.replace('insee:SIREN="000000018"', 'insee:SIREN="217500016"')),
    options: { authority: { siren: '217500016' } },
  },
  { code: 'AUTHORITY_DIFFERS', title: 'another authority', options: { authority: { siren: '217500016' } } },
  {
    code: 'AUTHORITY_DIFFERS',
    title: 'another arrondissement',
    options: { authority: { ...sender, arrondissement: '3' } },
  },
  {
    code: 'SIREN_KEY',
    title: 'a SIREN with a wrong key',
    change: (all) => ({ ...renamed(all, '000000018', '000000019'), name: all.name.replace('000000018', '000000019') }),
    options: { authority: { siren: '000000019' } },
  },
  {
    code: 'DEPARTEMENT_UNKNOWN',
    title: 'a département that the schema alone knows',
    change: envelope((xml) => xml.replace('Departement="021"', 'Departement="03A"')),
    options: { authority: { siren: '000000018' } },
    also: ['SENDER_DIFFERS'],
  },
  {
    code: 'AUTHORITY_NATURE',
    title: 'a nature that nobody published',
    change: envelope((xml) => xml.replace('Nature="44"', 'Nature="48"')),
    options: { authority: { siren: '000000018' } },
  },
  {
    code: 'MESSAGE_MISSING',
    title: 'an announced message that is not there',
    change: without(MESSAGE),
    also: ['FILE_UNDECLARED'],
  },
  {
    code: 'MESSAGE_NAME',
    title: 'a message under a free name',
    change: (all) => renamed(all, `${ACT_ID}-1-1_0.xml`, 'message.xml'),
  },
  {
    code: 'MESSAGE_NUMBER',
    title: 'a message with number 3',
    change: (all) => renamed(all, '-1-1_0.xml', '-1-1_3.xml'),
  },
  {
    code: 'MESSAGE_ROOT',
    title: 'a message of the prefecture',
    change: message((xml) =>
      xml.replace(
        /<actes:Acte .*/s,
        `<actes:ARAnnulation xmlns:actes="http://www.interieur.gouv.fr/ACTES#v1.1-20040216" actes:IDActe="${ACT_ID}" actes:DateReception="2026-03-12"/>`,
      ),
    ),
    also: ['FILE_UNDECLARED'],
  },
  { code: 'MESSAGE_TYPE', title: 'another type in the name', change: (all) => renamed(all, '-1-1_', '-2-2_') },
  {
    code: 'NAME_DIFFERS',
    title: 'another number in the name',
    change: message((xml) => xml.replace('NumeroInterne="DEL2026_031"', 'NumeroInterne="DEL2026_032"')),
  },
  { code: 'NAME_DIFFERS', title: 'another nature in the name', change: (all) => renamed(all, '-DE-1-1', '-AI-1-1') },
  {
    code: 'NAME_DIFFERS',
    title: 'a day in the name that is neither of the decision nor of sending',
    change: (all) => renamed(all, '-20260310-', '-20260309-'),
  },
  {
    code: 'ACT_OF_ANOTHER',
    title: 'an answer about the act of another authority',
    archive: () => archiveOf([{ root: 'Annulation', actId: '021-217500016-20260310-A-DE' }]),
    also: ['SENDER_DIFFERS'],
  },
  {
    code: 'XML_TOO_LARGE',
    title: 'a message of 5 MiB',
    change: message((xml) => xml.replace('</actes:Acte>', `${' '.repeat(5 * 1024 * 1024)}</actes:Acte>`)),
    also: ['FILE_UNDECLARED'],
  },
  {
    code: 'ENCODING_UTF8',
    title: 'a message in UTF-8',
    change: message((xml) => Buffer.from(xml.replace('ISO-8859-1', 'UTF-8')).toString('latin1')),
  },
  {
    code: 'ENCODING_MISMATCH',
    title: 'UTF-8 under a header of ISO-8859-1',
    change: message((xml) => Buffer.from(xml).toString('latin1')),
    also: ['FILE_UNDECLARED'],
  },
  {
    code: 'WINDOWS_1252',
    title: 'windows-1252 under a header of ISO-8859-1',
    change: message((xml) => xml.replace('<actes:Objet>', '<actes:Objet>\x92')),
    also: ['FILE_UNDECLARED'],
  },
  {
    code: 'DOCTYPE',
    title: 'a DOCTYPE',
    change: message((xml) => xml.replace('?>\n', '?>\n<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>')),
    also: ['FILE_UNDECLARED'],
  },
  {
    code: 'SCHEMA',
    title: 'an element that is missing',
    change: message((xml) => xml.replace(/<actes:DocumentPapier>.*<\/actes:DocumentPapier>/, '')),
  },
  {
    code: 'OBJET_LENGTH',
    title: 'a subject of 500 characters, which the schema takes',
    change: message((xml) =>
      xml.replace(/<actes:Objet>.*<\/actes:Objet>/, `<actes:Objet>${'x'.repeat(500)}</actes:Objet>`),
    ),
  },
  {
    code: 'OBJET_LENGTH',
    title: 'an empty subject, which the schema takes',
    change: message((xml) => xml.replace(/<actes:Objet>.*<\/actes:Objet>/, '<actes:Objet> </actes:Objet>')),
  },
  {
    code: 'NUMBER_FORM',
    title: 'a number in small letters, which the schema takes',
    change: (all) => renamed(all, 'DEL2026_031', 'del2026_031'),
  },
  {
    code: 'NUMBER_FORM',
    title: 'a number that ends in a dash below',
    change: (all) => renamed(all, 'DEL2026_031', 'DEL2026_'),
  },
  { code: 'DATE_FUTURE', title: 'a decision of tomorrow', options: { today: '2026-03-09' } },
  {
    code: 'NATURE_UNKNOWN',
    title: 'a nature that the prefecture has not',
    change: message((xml) => xml.replace('CodeNatureActe="1"', 'CodeNatureActe="7"')),
  },
  {
    code: 'CLASSIFICATION_OLD',
    title: 'the classification of last year',
    change: message((xml) => xml.replace('2019-04-18', '2018-04-18')),
  },
  {
    code: 'MATIERE_UNKNOWN',
    title: 'a matter that is not in the classification',
    change: message((xml) => xml.replace('CodeMatiere2 actes:CodeMatiere="1"', 'CodeMatiere2 actes:CodeMatiere="99"')),
  },
  {
    code: 'PIECE_CODE_UNKNOWN',
    title: 'a code of contracts for a deliberation',
    change: (all) => renamed(all, '99_DE-', '99_DC-'),
  },
  {
    code: 'ANNEX_COUNT',
    title: 'three annexes announced and two written',
    change: message((xml) => xml.replace('Nombre="2"', 'Nombre="3"')),
  },
  {
    code: 'DOCUMENT_ORDER',
    title: 'annexes in another order than their numbers',
    change: message((xml) =>
      xml.replace(/(<actes:Annexe>.*<\/actes:Annexe>)(<actes:Annexe>.*<\/actes:Annexe>)/, '$2$1'),
    ),
  },
  {
    code: 'PAPER_VALUE',
    title: 'a paper value of neither',
    change: message((xml) => xml.replace('Papier>N<', 'Papier>oui<')),
  },
  { code: 'DOCUMENT_MISSING', title: 'an annex that is not there', change: without(/^21_RP/) },
  { code: 'DOCUMENT_NAME', title: 'a document without a code', change: (all) => renamed(all, '21_RP-', '') },
  {
    code: 'DOCUMENT_NAME',
    title: 'a document of another act',
    change: (all) => renamed(all, `21_RP-${ACT_ID}`, '21_RP-021-000000018-20260310-DEL2026_030-DE'),
  },
  {
    code: 'DOCUMENT_TWICE',
    title: 'a document named twice',
    change: message((xml) =>
      xml.replace('Nombre="2"', 'Nombre="3"').replace(/(<actes:Annexe>.*?<\/actes:Annexe>)/, '$1$1'),
    ),
    also: ['DOCUMENT_ORDER'],
  },
  { code: 'DOCUMENT_EMPTY', title: 'a document of zero bytes', change: document(Buffer.alloc(0)) },
  { code: 'DOCUMENT_FORMAT', title: 'a picture called PDF', change: document(PNG) },
  { code: 'DOCUMENT_FORMAT', title: 'a text called PDF', change: document(Buffer.from('not a PDF')) },
  { code: 'DOCUMENT_FORMAT', title: 'a program called picture', change: document(Buffer.from('#!/bin/sh\n'), '43_AC') },
  {
    code: 'DOCUMENT_FORBIDDEN',
    title: 'an act that is a picture',
    archive: () => archiveOf([{ ...act, document: piece('99_DE', PNG, 'png') }]),
  },
  {
    code: 'DOCUMENT_FORBIDDEN',
    title: 'an act in XML that is no budget',
    archive: () => archiveOf([{ ...act, annexes: [], document: piece('99_DE', Buffer.from('<a/>'), 'xml') }]),
  },
  { code: 'DOCUMENT_LOCKED', title: 'a locked PDF', change: document(Buffer.from(locked, 'latin1')) },
  { code: 'DOCUMENT_CUT', title: 'a PDF without its end', change: document(pdfOf('a').subarray(0, -20)) },
  {
    code: 'DOCUMENT_CUT',
    title: 'a PDF with something behind',
    change: document(Buffer.concat([pdfOf('a'), Buffer.from('MZ\x90')])),
  },
  { code: 'DOCUMENT_CUT', title: 'a PNG without its end', change: document(PNG.subarray(0, -5), '43_AC') },
  {
    code: 'DOCUMENT_DAMAGED',
    title: 'a PDF whose table is elsewhere',
    change: document(Buffer.from(`%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>${tail}`)),
  },
  { code: 'DOCUMENT_POLYGLOT', title: 'a PDF that is a ZIP', change: document(Buffer.concat([pdfOf('a'), zipEnd])) },
  {
    code: 'DOCUMENT_POLYGLOT',
    title: 'a picture that is a program',
    change: document(
      Buffer.concat([PNG.subarray(0, 60), Buffer.from('<?php system($_GET[1]);'), PNG.subarray(60)]),
      '43_AC',
    ),
  },
  {
    code: 'DOCUMENT_NOT_READ',
    title: 'an annex in XML of 5 MiB',
    archive: () =>
      archiveOf([{ ...act, annexes: [piece('21_RP', Buffer.from(`<a>${' '.repeat(5 * 1024 * 1024)}</a>`), 'xml')] }]),
  },
  {
    code: 'DOCTYPE',
    title: 'an annex in XML with a DOCTYPE',
    archive: () => archiveOf([{ ...act, annexes: [piece('21_RP', Buffer.from('<!DOCTYPE a><a/>'), 'xml')] }]),
  },
  {
    code: 'FILE_UNDECLARED',
    title: 'a file that nobody names',
    change: withFile('99_DE-021-000000018-20260310-DEL2026_031-DE-1-1_9.pdf'),
  },
];

describe('a good archive is refused, or warned of, for one fault', () => {
  test.each(cases)('$code: $title', async ({ code, change, archive, also = [], options: more }) => {
    const good = await (archive?.() ?? archiveOf());
    const changed = change?.(good) ?? good;
    const { reasons } = await judge(changed.name, await packed(changed), more);
    expect([...new Set(reasons.map((one) => one.code))].sort()).toEqual([code, ...also].sort());
    for (const one of reasons)
      for (const words of [one.fr, one.en]) expect(words.message && words.fix && one.where).toBeTruthy();
  });
});

test('every rule that an archive can break alone has its case', () => {
  const elsewhere =
    /^(END_MISSING|SIGNATURE_NOT_READ|ARCHIVE_(EMPTY|TOO_LARGE|DAMAGED|TRAILING|BOMB|ENTRIES)|ENTRY_(KIND|BEHIND)|DUPLICATE_.*|LIMIT_.*|READER_DIED|FILE_UNREADABLE|VIRUS|ANTIVIRUS_SILENT)$/;
  const covered = new Set<string>(cases.map(({ code }) => code));
  expect(Object.keys(rules).filter((code) => !elsewhere.test(code) && !covered.has(code))).toEqual([]);
});

const signedPdf = readFileSync(join(DIRS.pdfs, 'signed_pades.pdf'));
const saidOf = async (pdf: Buffer, more: Partial<CheckOptions> = {}, change: Partial<typeof act> = {}) => {
  const archive = await archiveOf([{ ...act, ...change, document: piece(change.document?.code ?? '99_DE', pdf) }]);
  return (await judge(archive.name, await packed(archive), more)).reasons.map(({ code }) => code);
};

test('a signed PDF is verified: what was changed since, or comes of nobody who is trusted, is refused', async () => {
  const { certificate } = await issue('Autorité de test');
  const changed = Buffer.from(signedPdf);
  changed[1_000]! ^= 1;
  expect(await saidOf(signedPdf)).toEqual([]);
  expect(await saidOf(changed)).toEqual(['PDF_ALTERED']);
  expect(await saidOf(signedPdf, { trusted: [certificate] })).toEqual(['PDF_NOT_TRUSTED']);
});

test('of the signatures of a public contract (nature 4, matter 1.1) the certificates are not judged', async () => {
  const { certificate } = await issue('Autorité de test');
  const contract = (matieres: number[]) => ({
    nature: { code: '4', abbreviation: 'CC' },
    matieres,
    document: piece('99_DC'),
    annexes: [],
  });
  expect(await saidOf(signedPdf, { trusted: [certificate] }, contract([1, 1]))).toEqual([]);
  expect(await saidOf(signedPdf, { trusted: [certificate] }, contract([1, 2]))).toEqual(['PDF_NOT_TRUSTED']);
});

test('a signed PDF that is too large to be verified is a warning', async () => {
  const [head, rest] = [signedPdf.subarray(0, 9), signedPdf.subarray(9)];
  const large = Buffer.concat([head, Buffer.alloc(6 * 1024 * 1024, '% large\n'), rest]);
  const table = Number(/startxref\s+(\d+)\s+%%EOF\s*$/.exec(large.toString('latin1'))?.[1]);
  const moved = large.toString('latin1').replace(/startxref\s+\d+(?=\s+%%EOF\s*$)/, () => {
    return `startxref\n${table + 6 * 1024 * 1024}`;
  });
  expect(await saidOf(Buffer.from(moved, 'latin1'))).toEqual(['SIGNATURE_NOT_READ']);
});

test('a budget in XML may be the act itself, with annexes in PDF alone', async () => {
  const budget = {
    ...act,
    nature: { code: '5', abbreviation: 'BF' },
    document: piece('99_BU', Buffer.from('<a/>'), 'xml'),
  };
  const good = await archiveOf([{ ...budget, annexes: [piece('70_DE')] }]);
  expect((await judge(good.name, await packed(good))).reasons).toEqual([]);
  const bad = await archiveOf([{ ...budget, annexes: [piece('70_DE', PNG, 'png')] }]);
  expect((await judge(bad.name, await packed(bad))).reasons.map(({ code }) => code)).toEqual(['DOCUMENT_FORBIDDEN']);
});

test('the day of sending may stand in a name, as Stela writes it', async () => {
  const archive = renamed(await archiveOf(), '-20260310-', '-20260312-');
  expect((await judge(archive.name, await packed(archive))).reasons).toEqual([]);
});

test('what comes twice is seen: the archive, the envelope, the number of the act', async () => {
  const seen = nothingSeen();
  const codes = async ({ name }: SampleArchive, bytes: Buffer) =>
    checkDuplicate(await judge(name, bytes), seen).map(({ code }) => code);
  const first = await archiveOf();
  expect(await codes(first, await packed(first))).toEqual([]);
  expect(await codes(first, await packed(first))).toEqual(['DUPLICATE_ARCHIVE']);
  const again = await archiveOf([{ ...act, number: 'B' }]);
  expect(await codes(again, await packed(again))).toEqual(['DUPLICATE_ENVELOPE']);
  const other = await archiveOf([act], 2);
  expect(await codes(other, await packed(other))).toEqual(['DUPLICATE_ACT']);
  const pair = await archiveOf(
    [
      { ...act, number: 'C' },
      { ...act, number: 'C', date: '2026-03-09' },
    ],
    3,
  );
  expect(await codes(pair, await packed(pair))).toEqual(['DUPLICATE_ACT']);
});

test('the number of an act that was refused is free', async () => {
  const seen = nothingSeen();
  const refused = await archiveOf([{ ...act, subject: '' }]);
  const first = await judge(refused.name, await packed(refused));
  expect(checkDuplicate(first, seen)).toEqual([]);
  const corrected = await archiveOf();
  expect(checkDuplicate(await judge(corrected.name, await packed(corrected)), seen)).toEqual([]);
});

test('without a classification codes and matters are taken as they are', async () => {
  const archive = await archiveOf([{ ...act, matieres: [9, 42], document: piece('ZZ_ZZ'), annexes: [] }]);
  const { reasons } = await checkArchive(archive.name, chunksOf(await packed(archive)), { schema, today: TODAY });
  expect(reasons).toEqual([]);
});

test('answers may bear any code of the classification, and no other', async () => {
  const archive = await archiveOf([answer('PieceComplementaire', [piece('99_AU'), piece('10_AV'), piece('ZZ_ZZ')])]);
  const { reasons } = await judge(archive.name, await packed(archive));
  expect(reasons.map(({ code, where }) => `${code} ${where.slice(0, 5)}`)).toEqual(['PIECE_CODE_UNKNOWN ZZ_ZZ']);
});

test('a classification is read in the encodings that prefectures write, and its codes are numbers in order', () => {
  const other = readClassification(
    readFileSync(join(DIRS.classification, '../RetourClassification-2017-12-08.xml')),
    schema,
  );
  expect(other.natures.get('5')?.pieces.get('70_DE')).toBe('Délibération');
  expect([classification.date, classification.natures.size]).toEqual(['2019-04-18', 6]);
  expect([...classification.natures.values()].reduce((sum, { pieces }) => sum + pieces.size, 0)).toBe(115);
  expect(classification.matieres.get('1.1.10')).toBe('marchés passés selon une procédure adaptée (MAPA)');
  expect(classification.natures.get('1')?.pieces.get('99_SE')).toBe('Fichier de signature électronique');
});
