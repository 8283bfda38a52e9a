import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Act, type Answer, buildArchive, buildMessage, checkArchive, type Message } from '@jonction/norms/actes';
import { readXml } from '@jonction/norms/xml';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ACT_ID,
  act,
  archiveOf,
  chunksOf,
  classification,
  DIRS,
  everyMessage,
  packed,
  pdfOf,
  piece,
  schema,
  sender,
  TODAY,
} from './sample.ts';

const hasXmllint = spawnSync('xmllint', ['--version']).status === 0;
const options = { schema, today: TODAY, classification, authority: sender };

/** What xmllint and the tar of the system think of an archive: nothing when they have no objection. */
function objections(bytes: Buffer): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'actes-'));
  try {
    writeFileSync(join(folder, 'a.tar.gz'), bytes);
    const tar = spawnSync('tar', ['-xzf', 'a.tar.gz'], { cwd: folder, encoding: 'utf8' });
    if (tar.status !== 0) return [tar.stderr];
    const names = spawnSync('tar', ['-tzf', 'a.tar.gz'], { cwd: folder, encoding: 'utf8' }).stdout.trim().split('\n');
    return names.filter((name) => name.endsWith('.xml')).flatMap((name) => xsdObjections(join(folder, name)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function xsdObjections(file: string): string[] {
  if (hasXmllint) {
    const args = ['--nonet', '--noout', '--schema', join(DIRS.schemas, 'actesv1_1.xsd'), file];
    const lint = spawnSync('xmllint', args, { encoding: 'utf8' });
    if (lint.status !== 0) return [lint.stderr];
  }
  using read = readXml(readFileSync(file));
  return schema.faultsOf(read.document).map(({ where }) => where);
}

async function codesOf(name: string, bytes: Buffer): Promise<string[]> {
  const { reasons } = await checkArchive(name, chunksOf(bytes), options);
  return reasons.map(({ code, where }) => `${code} ${where}`);
}

test('each of the ten messages that an authority sends is valid, for the checker, for xmllint and for tar', async () => {
  expect(new Set(everyMessage.map(({ root }) => root)).size).toBe(10);
  for (const message of everyMessage) {
    const { name, bytes } = await buildArchive(sender, [message], { trigram: 'abc', day: TODAY, serial: 7 });
    expect(await codesOf(name, bytes), message.root).toEqual([]);
    expect(objections(bytes), message.root).toEqual([]);
  }
});

// Text as people paste it: accents, what ISO-8859-1 has no byte for, what XML must escape.
const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'abcdéèàçÉÇœŒ’“”€–…&<>"\' ºÿ'.split('')) },
  { weight: 1, arbitrary: fc.integer({ min: 0x20, max: 0x2fff }).map((code) => String.fromCodePoint(code)) },
  { weight: 1, arbitrary: fc.integer({ min: 0x1f300, max: 0x1f5ff }).map((code) => String.fromCodePoint(code)) },
);
const text = fc
  .array(character, { minLength: 1, maxLength: 499 })
  .map((all) => all.join(''))
  .filter((one) => one.trim() !== '');
const number = fc.stringMatching(/^([A-Z0-9][A-Z0-9_]{0,13})?[A-Z0-9]$/);
const day = fc
  .date({ min: new Date('2020-01-01'), max: new Date(TODAY), noInvalidDate: true })
  .map((one) => one.toISOString().slice(0, 10));
const natures = [...classification.natures.values()];
const matieres = [...classification.matieres.keys()].filter((code) => code.includes('.'));

const anyAct: fc.Arbitrary<Act> = fc.constantFrom(...natures).chain((nature) => {
  const code = fc.constantFrom(...nature.pieces.keys());
  const document = fc.tuple(code, text).map(([one, said]) => piece(one, pdfOf(Buffer.from(said).toString('hex'))));
  return fc.record({
    root: fc.constant('Acte' as const),
    date: day,
    number,
    nature: fc.constant({ code: nature.code, abbreviation: nature.abbreviation }),
    matieres: fc.constantFrom(...matieres).map((one) => one.split('.').map(Number)),
    subject: text,
    classificationDate: fc.constant(classification.date),
    document,
    annexes: fc.array(document, { maxLength: 4 }),
    onPaper: fc.boolean(),
  });
});

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  { weight: 3, arbitrary: anyAct },
  { weight: 2, arbitrary: fc.constantFrom(...everyMessage) },
);

test('whatever is built is judged valid, and the judges of the system agree', async () => {
  const property = fc.asyncProperty(anyMessage, fc.integer({ min: 1, max: 9_999 }), async (message, serial) => {
    const { name, bytes } = await buildArchive(sender, [message], { trigram: 'SLO', day: TODAY, serial });
    expect(await codesOf(name, bytes)).toEqual([]);
    expect(objections(bytes)).toEqual([]);
  });
  await fc.assert(property, { seed: 20260312, numRuns: 60 });
});

test('a text is read back as it was written, in bytes of ISO-8859-1 alone', () => {
  const property = fc.property(text, (subject) => {
    const { form } = buildMessage(sender, { ...act, subject });
    // No byte that is a control character in ISO-8859-1, and a letter in windows-1252.
    expect([...form.bytes].filter((byte) => byte >= 0x7f && byte < 0xa0)).toEqual([]);
    using read = readXml(form.bytes);
    expect(read.encodings.declared).toBe('ISO-8859-1');
    expect(read.document.get('//*[local-name()="Objet"]')?.content).toBe(subject);
  });
  fc.assert(property, { seed: 20260312, numRuns: 300 });
});

test('a message is written as the norm shows it, to the byte', () => {
  const short: Act = {
    ...act,
    subject: 'Été & “solde”',
    annexes: [piece('21_RP')],
    previousId: '021-000000018-20260101-A-DE',
  };
  expect(Buffer.from(buildMessage(sender, short).form.bytes).toString('latin1')).toBe(
    `<?xml version="1.0" encoding="ISO-8859-1"?>
<actes:Acte xmlns:actes="http://www.interieur.gouv.fr/ACTES#v1.1-20040216" xmlns:insee="http://xml.insee.fr/schema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.interieur.gouv.fr/ACTES#v1.1-20040216 actesv1_1.xsd" actes:Date="2026-03-10" actes:NumeroInterne="DEL2026_031" actes:CodeNatureActe="1">\
<actes:CodeMatiere1 actes:CodeMatiere="7"/><actes:CodeMatiere2 actes:CodeMatiere="1"/><actes:CodeMatiere3 actes:CodeMatiere="2"/>\
<actes:Objet>Été &#38; &#8220;solde&#8221;</actes:Objet>\
<actes:PrecedentIdentifiantActe actes:IDActe="021-000000018-20260101-A-DE"/>\
<actes:ClassificationDateVersion>2019-04-18</actes:ClassificationDateVersion>\
<actes:Document><actes:NomFichier>99_DE-${ACT_ID}-1-1_1.pdf</actes:NomFichier></actes:Document>\
<actes:Annexes actes:Nombre="1"><actes:Annexe><actes:NomFichier>21_RP-${ACT_ID}-1-1_2.pdf</actes:NomFichier></actes:Annexe></actes:Annexes>\
<actes:DocumentPapier>N</actes:DocumentPapier></actes:Acte>
`,
  );
});

test('annexes keep their order, and their numbers follow it', async () => {
  const codes = ['21_RP', '43_AC', '22_PN', '22_NE', '10_AV', '99_SE', '22_TA', '41_DA', '22_RE', '22_PE', '22_AC'];
  const { files } = await archiveOf([{ ...act, annexes: codes.map((code) => piece(code)) }]);
  const named = files.slice(3).map(({ name }) => `${name.slice(0, 5)} ${/_(\d+)\.pdf$/.exec(name)?.[1]}`);
  expect(named).toEqual(codes.map((code, i) => `${code} ${i + 2}`));
});

test('documents are in the archive bit by bit as they were given, and the same archive is built twice', async () => {
  const archive = await archiveOf();
  const given = [act.document, ...act.annexes].map(({ bytes }) => bytes);
  expect(archive.files.slice(2).map(({ bytes }) => bytes)).toEqual(given);
  expect(await packed(archive)).toEqual(await packed(await archiveOf()));
});

test('the year in a name is that of the calendar, in the days around New Year too', () => {
  for (const date of ['2024-12-30', '2025-12-29', '2026-01-03', '2027-01-01']) {
    expect(buildMessage(sender, { ...act, date }).form.name).toContain(`-${date.replaceAll('-', '')}-`);
  }
});

test('several messages share one envelope, each with its documents', async () => {
  const messages = [act, { ...act, number: 'DEL2026_032' }, { root: 'Annulation', actId: ACT_ID } satisfies Message];
  const { name, bytes, files } = await buildArchive(sender, messages, { trigram: 'abc', day: TODAY, serial: 1 });
  expect(files).toHaveLength(1 + 3 + 6);
  expect(await codesOf(name, bytes)).toEqual([]);
  expect(objections(bytes)).toEqual([]);
});

test('a text that XML cannot have is refused before anything is built', () => {
  for (const subject of ['a\u0000b', 'bell \u0007', 'half \ud83d a character']) {
    expect(() => buildMessage(sender, { ...act, subject })).toThrow(RangeError);
  }
});

test('what the platform sends by itself names no document', () => {
  for (const root of ['ARDemandePieceComplementaire', 'ARLettreObservations'] satisfies Answer['root'][]) {
    const { form, documents } = buildMessage(sender, { root, actId: ACT_ID, letterDate: '2026-03-21', documents: [] });
    expect(documents).toEqual([]);
    expect(Buffer.from(form.bytes).toString('latin1')).not.toContain('NomFichier');
  }
});
