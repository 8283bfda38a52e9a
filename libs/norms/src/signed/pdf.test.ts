import { createHash, webcrypto } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ObjectIdentifier, OctetString, Sequence, UTCTime } from 'asn1js';
import {
  Attribute,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs';
import { beforeAll, expect, test } from 'vitest';
import { type Identity, issue } from '../samples/authority.ts';
import { verifyPdf } from './pdf.ts';

const at = new Date('2026-03-12T10:00:00Z');
const now = new Date('2026-03-13T10:00:00Z');
let authority: Identity;
let mayor: Identity;
let thief: Identity;

beforeAll(async () => {
  authority = await issue('Autorité de test');
  mayor = await issue('Maire de test', { by: authority });
  thief = await issue('Un autre');
});

const SIZE = 6_000;

/** A document in the form of a PDF as far as signatures go: objects, and no page. */
function unsignedPdf(before = '%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n'): Buffer {
  const range = '/ByteRange [0 0000000000 0000000000 0000000000]';
  const dictionary = `2 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached${range}/Contents `;
  const pdf = `${before}${dictionary}<${'0'.repeat(SIZE)}>/M(D:20260312100000Z)>>\nendobj\n%%EOF\n`;
  const from = pdf.lastIndexOf('<000');
  const to = from + SIZE + 2;
  const numbers = [from, to, pdf.length - to].map((one) => String(one).padStart(10, '0')).join(' ');
  const place = pdf.lastIndexOf('/ByteRange');
  return Buffer.from(`${pdf.slice(0, place)}/ByteRange [0 ${numbers}]${pdf.slice(place + range.length)}`, 'latin1');
}

interface Signing {
  as?: Identity;
  with?: Identity['keys']['privateKey'];
  named?: Identity;
  digest?: string;
}

const attribute = (type: string, value: unknown) => new Attribute({ type, values: [value] });

async function signedPdf(pdf = unsignedPdf(), options: Signing = {}): Promise<Buffer> {
  const { as = mayor, with: key = as.keys.privateKey, named = as, digest = 'SHA-256' } = options;
  const from = pdf.lastIndexOf('<000');
  const to = from + SIZE + 2;
  const data = Buffer.concat([pdf.subarray(0, from), pdf.subarray(to)]);
  const print = createHash('sha256').update(named.certificate.raw).digest();
  const essCert = new Sequence({ value: [new OctetString({ valueHex: print })] });
  const signedAttrs = new SignedAndUnsignedAttributes({
    type: 0,
    attributes: [
      attribute('1.2.840.113549.1.9.3', new ObjectIdentifier({ value: '1.2.840.113549.1.7.1' })),
      attribute('1.2.840.113549.1.9.5', new UTCTime({ valueDate: at })),
      attribute('1.2.840.113549.1.9.4', new OctetString({ valueHex: await webcrypto.subtle.digest(digest, data) })),
      attribute('1.2.840.113549.1.9.16.2.47', new Sequence({ value: [new Sequence({ value: [essCert] })] })),
    ],
  });
  const sid = new IssuerAndSerialNumber({ issuer: as.issued.issuer, serialNumber: as.issued.serialNumber });
  const signed = new SignedData({
    version: 1,
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: '1.2.840.113549.1.7.1' }),
    signerInfos: [new SignerInfo({ version: 1, sid, signedAttrs })],
    certificates: [as.issued],
  });
  await signed.sign(key, 0, digest, new Uint8Array(data));
  const cms = new ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: signed.toSchema(true) });
  const hex = Buffer.from(cms.toSchema().toBER()).toString('hex').padEnd(SIZE, '0');
  return Buffer.concat([pdf.subarray(0, from + 1), Buffer.from(hex), pdf.subarray(to - 1)]);
}

async function codes(pdf: Buffer): Promise<string[]> {
  return (await verifyPdf(pdf, { trusted: [authority.certificate], now })).reasons.map(({ code }) => code);
}

test('an honest signature is accepted, with its signer and time; a document without one has nothing to be said of', async () => {
  const { signers, reasons } = await verifyPdf(await signedPdf(), { trusted: [authority.certificate], now });
  expect(reasons).toEqual([]);
  expect(signers.map((one) => [one.certificate.subject, one.at])).toEqual([['CN=Maire de test', at]]);
  expect(await verifyPdf(Buffer.from('%PDF-1.7\n%%EOF'), { now })).toEqual({ signers: [], reasons: [] });
});

test('a second signature, made over the first, is accepted with it', async () => {
  const first = await signedPdf();
  const second = await signedPdf(unsignedPdf(first.toString('latin1')), {
    as: await issue('Adjoint', { by: authority }),
  });
  expect(await codes(second)).toEqual([]);
  // Taken alone, the first no longer covers the file.
  expect(await codes(Buffer.concat([first, Buffer.from('3 0 obj\n<<>>\nendobj\n%%EOF\n')]))).toEqual(['PDF_ADDED']);
});

const swap = (pdf: Buffer, from: RegExp | string, to: string | ((...found: string[]) => string)) =>
  Buffer.from(pdf.toString('latin1').replace(from, to as string), 'latin1');

test.each<[string, string, (pdf: Buffer) => Buffer]>([
  ['a changed byte', 'PDF_ALTERED', (pdf) => swap(pdf, 'Catalog', 'Katalog')],
  ['a changed byte behind the signature', 'PDF_ALTERED', (pdf) => swap(pdf, '%%EOF', '%%EOG')],
  ['a space added at the end', 'PDF_ADDED', (pdf) => Buffer.concat([pdf, Buffer.from(' ')])],
  ['a range that begins later', 'PDF_RANGE', (pdf) => swap(pdf, '/ByteRange [0', '/ByteRange [1')],
  ['a range beyond the file', 'PDF_RANGE', (pdf) => swap(pdf, /(\/ByteRange \[0 \d+ \d+ )\d+/, '$19999999999')],
  [
    'a hole that is larger than the signature',
    'PDF_RANGE',
    (pdf) =>
      swap(
        pdf,
        /(\/ByteRange \[0 \d+ )(\d+) (\d+)/,
        (_, head, to = '', rest = '') => `${head}${pad(+to + 9)} ${pad(+rest - 9)}`,
      ),
  ],
  [
    'a range of another object',
    'PDF_RANGE',
    (pdf) => swap(pdf, '/Type/Catalog', pdf.toString('latin1').match(/\/ByteRange \[[^\]]*\]/)![0]),
  ],
  ['a value that is no CMS', 'PDF_FORMAT', (pdf) => swap(pdf, /<[0-9a-f]{6000}>/, `<${'00'.repeat(3_000)}>`)],
  [
    'a kind of signature that holds its content',
    'PDF_FORMAT',
    (pdf) => swap(pdf, 'ETSI.CAdES.detached', 'adbe.pkcs7.sha1....'),
  ],
])('%s is refused', async (_, code, change) => {
  const pdf = await signedPdf();
  const changed = change(pdf);
  expect(changed.equals(pdf)).toBe(false);
  expect(await codes(changed)).toContain(code);
});

const pad = (value: number) => String(value).padStart(10, '0');

test('the key, the certificate and its time are those that the signature claims', async () => {
  const sign = (options: Signing) => signedPdf(unsignedPdf(), options);
  const expired = await issue('Ancien maire', { by: authority, to: new Date('2026-03-01') });
  const short = await issue('Petite clé', { by: authority, bits: 1024 });
  expect(await codes(await sign({ with: thief.keys.privateKey }))).toEqual(['PDF_ALTERED']);
  expect(await codes(await sign({ named: thief }))).toEqual(['PDF_CERTIFICATE']);
  expect(await codes(await sign({ as: thief }))).toEqual(['PDF_NOT_TRUSTED']);
  expect(await codes(await sign({ as: expired }))).toEqual(['PDF_CERTIFICATE_DATES']);
  expect(await codes(await sign({ as: short }))).toEqual(['PDF_ALGORITHM']);
  expect(await codes(await sign({ digest: 'SHA-1' }))).toEqual(['PDF_ALGORITHM']);
  const { reasons } = await verifyPdf(await sign({}), { now });
  expect(reasons.map(({ code, severity }) => [code, severity])).toEqual([['PDF_TRUST_NOT_JUDGED', 'warning']]);
});

const real = resolve(import.meta.dirname, '../../../../..', 'shared/data/teletransmission/pdf/signed_pades.pdf');
if (!existsSync(real)) console.log('the data of norms are not beside the checkout: their signed PDF is not judged');

test.skipIf(!existsSync(real))(
  'a PDF signed by a parapheur in use is right, and no more when a byte of it has changed',
  async () => {
    const pdf = readFileSync(real);
    const { signers, reasons } = await verifyPdf(pdf, { now });
    expect(reasons.map(({ code }) => code)).toEqual(['PDF_TRUST_NOT_JUDGED']);
    expect(signers[0]!.at).toEqual(new Date('2022-02-15T08:56:24Z'));
    pdf[2_000] = (pdf[2_000] ?? 0) ^ 1;
    expect((await verifyPdf(pdf, { now })).reasons.map(({ code }) => code)).toContain('PDF_ALTERED');
  },
);
