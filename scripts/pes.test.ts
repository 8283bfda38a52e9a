import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { issue } from '../libs/norms/src/samples/authority.ts';
import { samplePes } from '../libs/norms/src/samples/pes.ts';
import { signBordereaux } from '../libs/norms/src/samples/sign-pes.ts';

const ROOT = resolve(import.meta.dirname, '..');
const NORMS = resolve(ROOT, process.env.NORMS_DIR || '../shared/data');
const DATA = join(NORMS, 'teletransmission');
const hasData = existsSync(join(DATA, 'synthetique/manifest.json'));
if (!hasData) console.log(`the data of norms are not in ${NORMS}: their files are not judged in this run`);

interface Line {
  file: string;
  verdict: string;
  reasons: { code: string; where: string; message: string; fix: string }[];
}

let folder: string;
const latin1 = (text: string) => Buffer.from(text, 'latin1');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pes-command-'));
  const authority = await issue('Autorité de test');
  const signer = { ...(await issue('Maire de test', { by: authority })), at: new Date('2026-03-12') };
  writeFileSync(join(folder, 'ca.pem'), authority.certificate.toString());
  writeFileSync(join(folder, 'plain.xml'), latin1(samplePes({ info: '0', nomFic: 'plain.xml' })));
  writeFileSync(join(folder, 'signed.xml'), signBordereaux(latin1(samplePes()), signer));
  writeFileSync(join(folder, 'unsigned.xml'), latin1(samplePes({ nomFic: 'unsigned.xml' })));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command as anybody would, from this folder. */
async function pes(args: string[], cwd = folder) {
  const child = spawn('npm', ['--prefix', ROOT, 'run', '-s', 'pes', '--', ...args], {
    env: { ...process.env, NORMS_DIR: NORMS, INIT_CWD: cwd },
    cwd,
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (part) => {
    out += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part) => {
    err += part;
  });
  const code = await new Promise<number | null>((done) => child.on('close', done));
  const lines = out.split('\n').filter((line) => line.startsWith('{'));
  return { code, out, err, lines, judged: lines.map((line): Line => JSON.parse(line)) };
}

/** Without schemas there is a warning in each line: these promises are of the command, not of the schemas. */
const schemas = existsSync(join(DATA, 'helios/xsd')) ? [] : ['SCHEMA_MISSING'];
const codesOf = ({ reasons }: Line) => reasons.map(({ code }) => code).filter((code) => code !== 'SCHEMA_MISSING');

test('one line of JSON a file, in order, named as it was given, with the keys that are promised', async () => {
  const { code, lines, judged } = await pes(['check', 'signed.xml', './unsigned.xml', '--trust', 'ca.pem']);
  expect(code).toBe(2);
  expect(judged.map(({ file }) => file)).toEqual(['signed.xml', './unsigned.xml']);
  expect(judged.map(codesOf)).toEqual([[], ['DEMAT_UNSIGNED']]);
  expect(Object.keys(judged[1]!)).toEqual(['file', 'verdict', 'reasons']);
  expect(Object.keys(judged[1]!.reasons[0]!)).toEqual(['code', 'where', 'message', 'fix']);
  expect(lines).toHaveLength(2);
  expect(judged[1]).toMatchObject({
    verdict: 'rejet',
    reasons: [
      {
        code: 'DEMAT_UNSIGNED',
        where: '7 /n:PES_Aller/PES_DepenseAller/Bordereau',
        message: "InfoDematerialisee vaut 1 mais ce bordereau n'est pas signé : Hélios rejetterait tout le flux.",
        fix: 'Signez chaque bordereau, ou le fichier entier, ou mettez InfoDematerialisee à 0.',
      },
      ...schemas.map((one) => ({ code: one })),
    ],
  });
});

test('the exit code is that of the worst file: 0 valid, 1 a warning, 2 a refusal', async () => {
  const valid = schemas.length > 0 ? 1 : 0;
  expect((await pes(['check', 'plain.xml', 'signed.xml', '--trust', 'ca.pem'])).code).toBe(valid);
  const warned = await pes(['check', 'plain.xml', 'signed.xml']);
  expect([warned.code, codesOf(warned.judged[1]!)]).toEqual([1, ['TRUST_NOT_JUDGED']]);
  expect(warned.judged[1]!.verdict).toBe('avertissement');
});

test('files are judged in order: the second time a name comes it is a duplicate', async () => {
  const { judged, code } = await pes(['check', 'plain.xml', 'plain.xml']);
  expect([code, judged.map(codesOf)]).toEqual([2, [[], ['DUPLICATE_CONTENT']]]);
});

test('a file that is missing, a folder, and a file of zero bytes are refused, and the others judged', async () => {
  writeFileSync(join(folder, 'empty.xml'), '');
  const { judged, code, err } = await pes(['check', 'nothing.xml', '.', 'empty.xml', 'plain.xml']);
  expect([code, err]).toEqual([2, '']);
  expect(judged.map(codesOf)).toEqual([['FILE_UNREADABLE'], ['FILE_UNREADABLE'], ['EMPTY_FILE'], []]);
});

test('it is called from any folder, with absolute paths too', async () => {
  const { judged } = await pes(
    ['check', join(folder, 'plain.xml'), `../${folder.split('/').at(-1)}/plain.xml`],
    folder,
  );
  expect(judged.map(codesOf)).toEqual([[], ['DUPLICATE_CONTENT']]);
  const elsewhere = await pes(['check', 'scripts/pes.ts'], ROOT);
  expect(elsewhere.judged.map(codesOf)).toEqual([['NOT_XML']]);
});

test('English is given when it is asked for', async () => {
  const { judged } = await pes(['check', 'unsigned.xml', '--lang', 'en']);
  expect(judged[0]!.reasons[0]!.message).toBe(
    'InfoDematerialisee is 1, but this bordereau is not signed: Helios would reject the whole flow.',
  );
});

test.each<[string, string[], string]>([
  ['no verb', [], 'say what to check'],
  ['no file', ['check'], 'say what to check'],
  ['an unknown language', ['check', 'plain.xml', '--lang', 'de'], '--lang is fr or en'],
  ['an unknown option', ['check', 'plain.xml', '--sign'], '--sign'],
  ['authorities that are none', ['check', 'plain.xml', '--trust', 'plain.xml'], '--trust plain.xml cannot be used'],
  ['authorities that are not there', ['check', 'plain.xml', '--trust', 'no.pem'], '--trust no.pem cannot be used'],
])('%s: exit code 2, a sentence, and no line of JSON', async (_, args, sentence) => {
  const { code, err, lines } = await pes(args);
  expect([code, lines]).toEqual([2, []]);
  expect(err).toContain(sentence);
});

test('--help tells the promise', async () => {
  const { code, out } = await pes(['--help']);
  expect(code).toBe(0);
  for (const words of ['--trust', '--lang', 'valide, avertissement or', 'NORMS_DIR']) expect(out).toContain(words);
});

const EXPECTED: [RegExp, string, (string | RegExp)[]][] = [
  [/^valide$|^signature valide|^\d signatures valides|^EtatAck=1 partout/, 'valide', []],
  [/^rejet du bordereau 42, PJ acceptée$/, 'rejet', [/bordereau de dépense 42\/2026 \(pièce 777, ligne 1\)/]],
];

test.skipIf(!hasData)('every file of the synthetic set gets the verdict of its manifest', async () => {
  const manifest: { file: string; expect: string }[] = JSON.parse(
    readFileSync(join(DATA, 'synthetique/manifest.json'), 'utf8'),
  );
  const files = manifest.filter(({ file }) => file.startsWith('helios/'));
  expect(files.length).toBeGreaterThanOrEqual(7);
  const paths = files.map(({ file }) => join(DATA, 'synthetique', file));
  const { judged } = await pes(['check', ...paths, '--trust', join(DATA, 'synthetique/pki/ca.pem')]);
  for (const [i, { file, expect: said }] of files.entries()) {
    const [, verdict, messages] = EXPECTED.find(([words]) => words.test(said)) ?? ['', 'unknown words', []];
    expect([file, judged[i]!.verdict]).toEqual([file, verdict]);
    expect(judged[i]!.reasons.map(({ message }) => message)).toEqual(messages.map((one) => expect.stringMatching(one)));
  }
});

test.skipIf(!hasData)('files in use get the verdict that they got in life', async () => {
  const names = [
    'helios/aller/HELIOS_SIMU_ALR2_1496987735_826268894.xml',
    'helios/aller/HELIOS_SIMU_ALR2_1529593767_signed.xml',
    'helios/acquit/pes_acquit_ok.xml',
    'helios/acquit/006111_190130123456-ACK-A3020100_A0000SDP_KO.xml',
    's2low-fixtures/PES_ACQUIT_RETOUR.xml',
    's2low-fixtures/PES_Exemple_NAck.xml',
  ];
  const { judged } = await pes(['check', ...names.map((name) => join(DATA, name))]);
  expect(judged.map((line) => [line.verdict, ...codesOf(line)])).toEqual([
    ['valide'],
    // It is signed though InfoDematerialisee is 0, and has an attachment out of place; the signature itself verifies.
    ['rejet', 'SCHEMA', 'DEMAT_SIGNED', 'TRUST_NOT_JUDGED', 'SHA1_CERTIFICATE'],
    ['valide'],
    ['rejet', 'REJECTED', 'REJECTED', 'SCHEMA_RECEIVED', 'ACK_UNMATCHED'],
    ['avertissement', 'SCHEMA_RECEIVED', 'SCHEMA_RECEIVED', 'RETOUR_CODCOL'],
    ['rejet', 'REJECTED'],
  ]);
});
