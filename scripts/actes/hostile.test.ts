import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openReader, type Reader } from '@jonction/norms/actes';
import { verdictOf } from '@jonction/norms/xml';
import { Header } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { act, archiveOf, DIRS, edited, packed, pdfOf, piece, TODAY } from './sample.ts';

let folder: string;
let reader: Reader;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  reader = await openReader({ schemas: DIRS.schemas, today: TODAY }, [folder]);
});

afterAll(async () => {
  await reader[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const NAME = 'abc-EACT--000000018--20260312-1.tar.gz';
const MIB = 1024 * 1024;

async function judge(bytes: Buffer) {
  const path = join(folder, NAME);
  writeFileSync(path, bytes);
  const { reasons, cost } = await reader.check({ path, name: NAME });
  return { verdict: verdictOf(reasons), codes: [...new Set(reasons.map(({ code }) => code))], cost };
}

type Block = Partial<ConstructorParameters<typeof Header>[0] & object> & { body?: Buffer };

/** A tar of these entries, whatever they are, as bytes. */
function tarOf(...entries: Block[]): Buffer {
  const blocks = entries.flatMap(({ body = Buffer.alloc(0), ...fields }) => {
    const header = new Header({
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: body.length,
      mtime: new Date(0),
      type: 'File',
      ...fields,
    });
    header.encode();
    return [header.block ?? Buffer.alloc(512), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The good archive as a bare tar, and the same with entries behind its files. */
async function goodTar(...more: Block[]): Promise<Buffer> {
  const { files } = await archiveOf();
  return tarOf(...files.map(({ name, bytes }) => ({ path: name, body: Buffer.from(bytes) })), ...more);
}

const withMessage = async (xml: string | ((text: string) => string)) =>
  packed(edited(await archiveOf(), /-1-1_0\.xml$/, (text) => (typeof xml === 'string' ? xml : xml(text))));
const doctyped = (declarations: string, use: string) =>
  withMessage((xml) => xml.replace('?>\n', `?>\n<!DOCTYPE a [${declarations}]>\n`).replace('été', use));
const laughs = Array.from({ length: 12 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');

function pax(fields: Record<string, string>): Block {
  const lines = Object.entries(fields).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const length = rest.length + String(rest.length + 3).length;
    return `${length}${rest}`;
  });
  return { path: 'PaxHeader/x', type: 'ExtendedHeader', body: Buffer.from(lines.join('')) };
}

const cases: [title: string, code: string | RegExp, make: () => Buffer | Promise<Buffer>][] = [
  ['a file of zero bytes', 'ARCHIVE_EMPTY', () => Buffer.alloc(0)],
  ['a tar without files', 'ARCHIVE_EMPTY', () => gzipSync(Buffer.alloc(1024))],
  ['random text', 'ARCHIVE_DAMAGED', () => Buffer.from('not an archive '.repeat(50))],
  ['a ZIP', 'ARCHIVE_DAMAGED', () => Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(600, 7)])],
  ['a tar that is not packed', 'ARCHIVE_DAMAGED', () => goodTar()],
  ['a tar.gz packed twice', 'ARCHIVE_DAMAGED', async () => gzipSync(gzipSync(await goodTar()))],
  ['gzip of text', 'ARCHIVE_DAMAGED', () => gzipSync(Buffer.alloc(5_000, 'text '))],
  ['an archive cut in the middle', 'ARCHIVE_DAMAGED', async () => (await packed(await archiveOf())).subarray(0, 900)],
  ['a tar cut within a file', 'ARCHIVE_DAMAGED', async () => gzipSync((await goodTar()).subarray(0, 512 * 2))],
  [
    'bytes behind the archive',
    'ARCHIVE_DAMAGED',
    async () => Buffer.concat([await packed(await archiveOf()), Buffer.from('behind')]),
  ],
  [
    'zeros and bytes behind the archive',
    'ARCHIVE_TRAILING',
    async () => Buffer.concat([await packed(await archiveOf()), Buffer.alloc(64), Buffer.from('behind')]),
  ],
  [
    'files behind the end of the tar',
    'ARCHIVE_TRAILING',
    async () => gzipSync(Buffer.concat([await goodTar(), tarOf({ path: 'hidden.pdf', body: pdfOf('x') })])),
  ],
  [
    'a file behind one block of zeros, where others stop reading',
    'ARCHIVE_TRAILING',
    async () => {
      const tar = await goodTar();
      const end = tar.length - 1_024;
      return gzipSync(Buffer.concat([tar.subarray(0, end + 512), tarOf({ path: 'hidden.pdf', body: pdfOf('x') })]));
    },
  ],
  [
    '300 MiB of zeros in a document',
    'ARCHIVE_BOMB',
    () => gzipSync(tarOf({ path: 'a.pdf', body: Buffer.alloc(300 * MIB) }), { level: 1 }),
  ],
  [
    '300 MiB of zeros in an XML',
    'ARCHIVE_BOMB',
    () => gzipSync(tarOf({ path: 'a.xml', body: Buffer.alloc(300 * MIB) }), { level: 1 }),
  ],
  [
    '2,000 files',
    'ARCHIVE_ENTRIES',
    () => gzipSync(tarOf(...Array.from({ length: 2_000 }, (_, i) => ({ path: `a${i}.pdf` })))),
  ],
  [
    'a symbolic link',
    'ENTRY_KIND',
    async () => gzipSync(await goodTar({ path: 'passwd.pdf', type: 'SymbolicLink', linkpath: '/etc/passwd' })),
  ],
  [
    'a hard link',
    'ENTRY_KIND',
    async () => gzipSync(await goodTar({ path: 'passwd.pdf', type: 'Link', linkpath: '/etc/passwd' })),
  ],
  ['a folder', 'ENTRY_KIND', async () => gzipSync(await goodTar({ path: 'folder/', type: 'Directory' }))],
  ['a device', 'ENTRY_KIND', async () => gzipSync(await goodTar({ path: 'zero.pdf', type: 'CharacterDevice' }))],
  ['a pipe', 'ENTRY_KIND', async () => gzipSync(await goodTar({ path: 'pipe.pdf', type: 'FIFO' }))],
  [
    'a path upwards',
    'ENTRY_PATH',
    async () => gzipSync(await goodTar({ path: '../../etc/cron.d/x', body: pdfOf('x') })),
  ],
  [
    'a path upwards in an extended header',
    'ENTRY_PATH',
    async () => gzipSync(await goodTar(pax({ path: '../../etc/cron.d/x' }), { path: 'a.pdf' })),
  ],
  [
    'a size that lies, in an extended header',
    'ARCHIVE_DAMAGED',
    async () => gzipSync(await goodTar(pax({ size: '99999999999' }), { path: 'a.pdf' })),
  ],
  [
    'an extended header of 200 MiB',
    /ARCHIVE_(BOMB|DAMAGED)|ENTRY_KIND/,
    () =>
      gzipSync(tarOf({ path: 'x', type: 'ExtendedHeader', body: Buffer.alloc(200 * MIB, ' ') }, { path: 'a.pdf' }), {
        level: 1,
      }),
  ],
  [
    'the same name twice',
    'ENTRY_TWICE',
    async () => gzipSync(await goodTar({ path: 'EACT--000000018--20260312-1.xml', body: Buffer.from('<a/>') })),
  ],
  ['an external entity', 'DOCTYPE', () => doctyped('<!ENTITY x SYSTEM "file:///etc/passwd">', '&x;')],
  ['an entity from the network', 'DOCTYPE', () => doctyped('<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;', 'x')],
  ['a billion laughs', 'DOCTYPE', () => doctyped(`<!ENTITY l0 "lol">${laughs}`, '&l12;')],
  [
    '100 KiB of entity, a thousand times',
    'DOCTYPE',
    () => doctyped(`<!ENTITY x "${'x'.repeat(100_000)}">`, '&x;'.repeat(1_000)),
  ],
  ['XML 10,000 deep', 'TOO_DEEP', () => withMessage(`${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`)],
  [
    'an element with 100,000 attributes',
    'TOO_MANY_ATTRIBUTES',
    () => withMessage(`<a ${Array.from({ length: 100_000 }, (_, i) => `a${i}=""`).join(' ')}/>`),
  ],
  ['4 MiB of small elements', /SCHEMA|LIMIT_MEMORY|LIMIT_CPU/, () => withMessage(`<a>${'<b/>'.repeat(1_000_000)}</a>`)],
  [
    'an e-mail address that makes a pattern search long',
    'SCHEMA',
    async () =>
      packed(edited(await archiveOf(), /^EACT/, (xml) => xml.replace('retour.actes@', `${'a.'.repeat(50_000)}!@`))),
  ],
  [
    'windows-1252 under a header of ISO-8859-1',
    'WINDOWS_1252',
    () => withMessage((xml) => xml.replace('été', 'l\x92\xe9t\xe9')),
  ],
  ['UTF-16', 'ENCODING_UNKNOWN', () => withMessage(`\xff\xfe${[...'<a/>'].map((one) => `${one}\0`).join('')}`)],
  ['a message of zero bytes', 'EMPTY_FILE', () => withMessage('')],
];

describe('a hostile file is refused with its reason, in 2 s of CPU and 64 MiB at most', () => {
  test.each(cases)('%s', { timeout: 30_000 }, async (_, code, make) => {
    const { verdict, codes, cost } = await judge(await make());
    expect(verdict).toBe('rejet');
    if (typeof code === 'string') expect(codes).toContain(code);
    else expect(codes.join(' ')).toMatch(code);
    if (!cost) return; // it was stopped at the limit, or this system does not tell
    expect(cost.cpuMs).toBeLessThanOrEqual(2_000);
    expect(cost.growthMiB).toBeLessThanOrEqual(64);
  });
});

test('what is behind the end of an archive, and no file, is a warning; padding of zeros is nothing', async () => {
  const tar = await goodTar();
  expect(await judge(gzipSync(Buffer.concat([tar, Buffer.from('used before '.repeat(50))])))).toMatchObject({
    verdict: 'avertissement',
    codes: ['ENTRY_BEHIND'],
  });
  const second = Buffer.from(tar).fill('x', tar.length - 512, tar.length - 500);
  expect(await judge(gzipSync(second))).toMatchObject({ verdict: 'avertissement', codes: ['ENTRY_BEHIND'] });
  const padded = Buffer.concat([gzipSync(Buffer.concat([tar, Buffer.alloc(8_000)])), Buffer.alloc(300)]);
  expect(await judge(padded)).toMatchObject({ verdict: 'valide', codes: [] });
});

test('an archive whose end is cut off behind its last file is a warning, as tar reads it', async () => {
  const tar = await goodTar();
  for (const left of [512, 1_024]) {
    expect(await judge(gzipSync(tar.subarray(0, tar.length - left)))).toMatchObject({
      verdict: 'avertissement',
      codes: ['END_MISSING'],
    });
  }
});

test('an honest archive of 140 MiB is read within the limits', { timeout: 60_000 }, async () => {
  // Bytes that do not compress, as those of scanned pages: of a small generator, so that they are the same each time.
  const scan = Buffer.alloc(140 * MIB);
  for (let at = 0, word = 1; at < scan.length; at += 4) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    scan.writeInt32LE(word, at);
  }
  const { files } = await archiveOf();
  const big = Buffer.concat([
    pdfOf('a').subarray(0, 9),
    scan,
    Buffer.from('\nxref\nstartxref\n'),
    Buffer.from(`${9 + scan.length + 1}\n%%EOF\n`),
  ]);
  const bodies = files.map(({ name, bytes }) => ({
    path: name,
    body: name.startsWith('99_DE') ? big : Buffer.from(bytes),
  }));
  const { verdict, codes, cost } = await judge(gzipSync(tarOf(...bodies), { level: 1 }));
  expect([verdict, codes]).toEqual(['valide', []]);
  if (cost) expect(cost.growthMiB).toBeLessThanOrEqual(64);
});

test('signed documents, as many as are kept, are verified within the limits', async () => {
  const signed = readFileSync(join(DIRS.pdfs, 'signed_pades.pdf'));
  const annexes = Array.from({ length: 80 }, () => piece('21_RP', signed));
  const { verdict, codes, cost } = await judge(await packed(await archiveOf([{ ...act, annexes }])));
  expect([verdict, codes]).toEqual(['valide', []]);
  if (cost) expect(cost.growthMiB).toBeLessThanOrEqual(64);
});

test('after all of these the reader still judges a good archive', async () => {
  expect(await judge(await packed(await archiveOf()))).toMatchObject({ verdict: 'valide', codes: [] });
});
