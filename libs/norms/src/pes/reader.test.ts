import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { issue } from '../samples/authority.ts';
import { attachments, samplePes } from '../samples/pes.ts';
import { signBordereaux } from '../samples/sign-pes.ts';
import { openReader, type Reader } from './open-reader.ts';

let folder: string;
let reader: Reader;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  reader = await openReader({ norms: '/nowhere', now: Date.parse('2026-03-13') }, [folder]);
});

afterAll(async () => {
  await reader?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function checked(content: string | Buffer) {
  const path = join(folder, 'pes.xml');
  writeFileSync(path, typeof content === 'string' ? Buffer.from(content, 'latin1') : content);
  return reader.check({ path });
}

const ISO = '<?xml version="1.0" encoding="ISO-8859-1"?>\n';
const entities = Array.from({ length: 10 }, (_, i) => `<!ENTITY l${i} "${`&l${i - 1};`.repeat(i && 10)}x">`);
const ids = (count: number) => Array.from({ length: count }, (_, i) => `B${i}`);

/** What each must cost at most: 2 s of CPU time, 64 MiB of memory. */
test.each<[string, string, () => string | Buffer]>([
  ['nothing', 'EMPTY_FILE', () => ''],
  ['a DOCTYPE', 'DOCTYPE', () => `${ISO}<!DOCTYPE x>${samplePes().slice(ISO.length)}`],
  ['an external entity', 'DOCTYPE', () => `${ISO}<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`],
  ['a billion laughs', 'DOCTYPE', () => `${ISO}<!DOCTYPE x [${entities.join('')}]><x>&l9;</x>`],
  ['10,000 levels', 'TOO_DEEP', () => ISO + '<a>'.repeat(10_000) + '</a>'.repeat(10_000)],
  ['a million levels', 'TOO_DEEP', () => ISO + '<a>'.repeat(1_000_000)],
  ['a text without end', 'NOT_WELL_FORMED', () => `${ISO}<a>${'x'.repeat(10_000_000)}`],
  ['a PDF', 'POLYGLOT', () => '%PDF-1.7\n<a/>'],
  ['a PDF within a comment', 'POLYGLOT', () => `${ISO}<!-- %PDF-1.7 -->${samplePes().slice(ISO.length)}`],
  ['an archive behind it', 'NOT_WELL_FORMED', () => `${samplePes()}PK\x05\x06${'\0'.repeat(18)}`],
  ['an HTML page', 'ROOT_UNKNOWN', () => '<html><script>alert(1)</script></html>'],
  ['a windows-1252 euro', 'WINDOWS_1252', () => samplePes({ nomFic: '\x80' })],
  ['a bomb as attachment', 'PJ_TOO_LARGE', () => withPj(gzipSync(Buffer.alloc(100 * 1024 * 1024)))],
  [
    '3,000 signatures without shape',
    'SIGNATURE_SHAPE',
    () => stuffed(3_000, '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'),
  ],
  [
    '20,000 elements of one Id',
    'ID_DUPLICATE',
    () =>
      stuffed(
        1,
        `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${'<a Id="x"/>'.repeat(20_000)}</ds:Signature>`,
      ),
  ],
])('%s is refused, within the limits', async (_, code, content) => {
  const { reasons, cost } = await checked(content());
  expect(reasons.filter(({ severity }) => severity === 'refusal').map((one) => one.code)).toContain(code);
  if (!reader.missing.includes('limits')) {
    expect(cost!.cpuMs).toBeLessThanOrEqual(2_000);
    expect(cost!.growthMiB).toBeLessThanOrEqual(64);
  }
});

const withPj = (gzip: Buffer) =>
  samplePes({ bordereaux: [], rest: attachments({ id: 'A', base64: gzip.toString('base64') }) });
const stuffed = (count: number, inside: string) =>
  samplePes({ bordereaux: ids(count) }).replaceAll('</Bordereau>', `${inside}</Bordereau>`);

test('what takes all the memory is ended, told, and the next file is judged', async () => {
  const { reasons } = await checked(`${ISO}<a>${'<b/>'.repeat(3_000_000)}</a>`);
  expect(reasons.map(({ code }) => code)).toEqual(['LIMIT_MEMORY']);
  expect((await checked(samplePes({ info: '0' }))).kind).toBe('PES_Aller');
});

test('a large attachment that is honest is read', async () => {
  const random = Buffer.from(Array.from({ length: 12 * 1024 * 1024 }, (_, i) => (i * 2654435761) >>> 24));
  const { reasons } = await checked(withPj(gzipSync(random, { level: 0 })));
  expect(reasons.map(({ code }) => code)).toEqual(['SCHEMA_MISSING']);
});

test('500 signed bordereaux take time in proportion, not the square of it', async () => {
  const mayor = await issue('Maire de test');
  const at = new Date('2026-03-12');
  const signed = (count: number) =>
    signBordereaux(Buffer.from(samplePes({ bordereaux: ids(count) }), 'latin1'), { ...mayor, at });
  const { reasons, cost } = await checked(signed(500));
  expect(reasons.filter(({ severity }) => severity === 'refusal')).toEqual([]);
  if (cost) expect(cost.cpuMs).toBeLessThanOrEqual(2_000);
});

test('the process reads no other file than it was given', async () => {
  const outside = join(tmpdir(), `outside-${process.pid}.xml`);
  writeFileSync(outside, samplePes());
  try {
    expect((await reader.check({ path: outside })).reasons.map(({ code }) => code)).toEqual(['FILE_UNREADABLE']);
    expect((await reader.check({ path: join(folder, 'nothing.xml') })).reasons.map(({ code }) => code)).toEqual([
      'FILE_UNREADABLE',
    ]);
  } finally {
    rmSync(outside);
  }
});
