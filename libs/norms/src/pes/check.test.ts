import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { attachments, samplePes } from '../samples/pes.ts';
import { checkPes } from './check.ts';
import { checkDuplicate, nothingSubmitted } from './duplicates.ts';

const options = { norms: '/nowhere', now: new Date('2026-03-13') };
const latin1 = (text: string) => Buffer.from(text, 'latin1');

async function reasonsOf(text: string): Promise<string[]> {
  const { reasons } = await checkPes(latin1(text), options);
  for (const { fr, en } of reasons) for (const words of [fr, en]) expect(Object.values(words)).not.toContain('');
  return reasons.map(({ code, where }) => `${code} ${where}`).filter((one) => !one.startsWith('SCHEMA_MISSING'));
}

const unsigned = (more = {}) => samplePes({ info: '0', ...more });

test('a plain flow is right, and nothing is said of it', async () => {
  expect(await reasonsOf(unsigned())).toEqual([]);
});

test.each<[string, string, string]>([
  ['no NomFic', unsigned({ nomFic: '' }), 'NOMFIC_MISSING 3 /n:PES_Aller/Enveloppe'],
  ['a NomFic of spaces', unsigned({ nomFic: '  ' }), 'NOMFIC_MISSING 3 /n:PES_Aller/Enveloppe'],
  ['a CodCol of zeros', unsigned({ codCol: '000' }), 'CODCOL_INVALID 5 /n:PES_Aller/EnTetePES'],
  ['a CodCol of two digits', unsigned({ codCol: '12' }), 'CODCOL_INVALID 5 /n:PES_Aller/EnTetePES'],
  [
    'CodColl, as a PES_Retour has it',
    unsigned().replaceAll('CodCol ', 'CodColl '),
    'CODCOL_INVALID 5 /n:PES_Aller/EnTetePES',
  ],
  ['nothing to be done', unsigned({ bordereaux: [] }), 'FLOW_EMPTY 2'],
  ['an amount of zero', unsigned({ amount: '0.00' }), 'AMOUNT_NOT_POSITIVE 7 /n:PES_Aller/PES_DepenseAller/Bordereau'],
  [
    'an InfoDematerialisee of 2',
    unsigned({ info: '2' }),
    'DEMAT_INVALID 6 /n:PES_Aller/PES_DepenseAller/EnTeteDepense/InfoDematerialisee',
  ],
  ['InfoDematerialisee without signature', samplePes(), 'DEMAT_UNSIGNED 7 /n:PES_Aller/PES_DepenseAller/Bordereau'],
  [
    'a bordereau that is not dematerialised among two that are signed',
    unsigned().replace('</Bordereau>', '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/></Bordereau>'),
    'DEMAT_SIGNED 6 /n:PES_Aller/PES_DepenseAller/EnTeteDepense/InfoDematerialisee',
  ],
  [
    'no yearly total though dematerialised',
    samplePes().replace(/<MtCumulAnnuel[^>]*>/, ''),
    'CUMUL_MISSING 7 /n:PES_Aller/PES_DepenseAller/Bordereau',
  ],
  ['UTF-8 in the header', unsigned({ encoding: 'UTF-8' }).replaceAll('\u00e9', 'e'), 'NOT_LATIN1 1:1'],
  ['UTF-8 bytes under a Latin-1 header', unsigned().replaceAll('\u00e9', '\u00c3\u00a9'), 'ENCODING_MISMATCH 9:83'],
  ['a windows-1252 euro', unsigned().replace('INVENTE', '\x80'), 'WINDOWS_1252 4:43'],
  ['another root', '<PES_Aller/>', 'ROOT_UNKNOWN 1 /PES_Aller'],
  ['the root of another namespace', '<n:PES_Aller xmlns:n="urn:x"/>', 'ROOT_UNKNOWN 1 /n:PES_Aller'],
])('%s is told, with its place', async (_, text, reason) => {
  expect(await reasonsOf(text)).toContain(reason);
});

const gzip = (content: string | Buffer) => gzipSync(content).toString('base64');
const withPj = (...contents: { id: string; base64: string }[]) =>
  samplePes({ bordereaux: [], rest: attachments(...contents) });

test('attachments alone are a flow, and each may be wrapped in lines', async () => {
  const lines = gzip('%PDF-1.7 '.repeat(50)).replace(/.{40}/g, '$&\n');
  expect(await reasonsOf(withPj({ id: 'A', base64: gzip('%PDF') }, { id: 'B', base64: lines }))).toEqual([]);
});

test.each<[string, string, string]>([
  ['an empty attachment', ' ', 'PJ_EMPTY'],
  ['an attachment of nothing, compressed', gzip(''), 'PJ_EMPTY'],
  ['what is no base64', 'pas du base64 !', 'PJ_BASE64'],
  ['a document that was not compressed', Buffer.from('%PDF-1.7').toString('base64'), 'PJ_GZIP'],
  ['a gzip cut short', gzip('%PDF-1.7').slice(0, 20), 'PJ_GZIP'],
  ['a gzip whose checksum is wrong', gzip('a').replace(/.{8}$/, 'AAAAAAA='), 'PJ_GZIP'],
  ['a bomb', gzip(Buffer.alloc(30 * 1024 * 1024)), 'PJ_TOO_LARGE'],
])('%s is refused', async (_, base64, code) => {
  const [reason, ...others] = await reasonsOf(withPj({ id: 'A', base64 }));
  expect(others).toEqual([]);
  expect(reason).toBe(`${code} 6 /n:PES_Aller/PES_PJ/PJ/Contenu/Fichier`);
});

test('two attachments of one IdUnique are refused', async () => {
  const twice = [1, 2].map(() => ({ id: 'A', base64: gzip('%PDF') }));
  expect(await reasonsOf(withPj(...twice))).toEqual(['PJ_ID_DUPLICATE 6 /n:PES_Aller/PES_PJ/PJ[2]']);
});

test('the same name for the same body is a duplicate, another body or name is none, nor what was refused before', async () => {
  const submitted = nothingSubmitted();
  const told = async (text: string) => {
    const checked = await checkPes(latin1(text), options);
    return checkDuplicate(checked, submitted).map(({ code }) => code);
  };
  expect(await told(samplePes())).toEqual([]); // refused: it is not signed
  expect(await told(unsigned())).toEqual([]);
  expect(await told(unsigned())).toEqual(['DUPLICATE_CONTENT']);
  expect(await told(unsigned({ amount: '1.00' }))).toEqual(['DUPLICATE_NAME']);
  expect(await told(unsigned({ codCol: '124' }))).toEqual([]);
  expect(await told(unsigned({ nomFic: 'another' }))).toEqual([]);
});

test('of a thousand faults of one kind twenty are told, and that there are more', async () => {
  const reasons = await reasonsOf(samplePes({ bordereaux: Array.from({ length: 1_000 }, (_, i) => `B${i}`) }));
  expect(reasons.slice(18)).toEqual([
    'DEMAT_UNSIGNED 151 /n:PES_Aller/PES_DepenseAller/Bordereau[19]',
    'DEMAT_UNSIGNED 159 /n:PES_Aller/PES_DepenseAller/Bordereau[20]',
    'MORE 1',
  ]);
});

test('the bytes that were judged are left as they were', async () => {
  const bytes = latin1(unsigned());
  const before = Buffer.from(bytes);
  await checkPes(bytes, options);
  expect(bytes.equals(before)).toBe(true);
});
