import { createHash, type KeyObject, sign, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { XmlDocument } from 'libxml2-wasm';
import { alone, elementsOf, NS } from '../pes/dom.ts';
import { exclusive, readXml } from '../xml/index.ts';

/** Who signs, and when. What is optional lets a test sign what must be refused. */
export interface Signer {
  key: KeyObject;
  certificate: X509Certificate;
  /** Of those between the signer and the authority. */
  others?: X509Certificate[];
  at: Date;
  digest?: 'sha1' | 'sha256';
  policy?: string;
  /** The certificate that the signed properties name. */
  named?: X509Certificate;
}

const METHODS = {
  sha1: { digest: `${NS.ds}sha1`, signature: `${NS.ds}rsa-sha1` },
  sha256: {
    digest: 'http://www.w3.org/2001/04/xmlenc#sha256',
    signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  },
};
const POLICY = 'urn:oid:1.2.250.1.131.1.5.18.21.1.7';
/** White space between elements is signed too: the file has it for its reader, a signature has none. */
const TEMPLATE = readFileSync(join(import.meta.dirname, 'signature.xml'), 'utf8')
  .replace(/>\s+</g, '><')
  .trim();

/**
 * Signs each bordereau of a PES, in the XAdES of Helios, by putting the signature into the bytes and changing no
 * other.
 */
export function signBordereaux(bytes: Uint8Array, signer: Signer): Buffer {
  return spliced(bytes, signer, '//Bordereau', '</Bordereau>');
}

/** Signs a PES as a whole. */
export function signWhole(bytes: Uint8Array, signer: Signer): Buffer {
  const [end = ''] = /<\/[\w:]*PES_Aller\s*>/.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  return spliced(bytes, signer, '/aller:PES_Aller', end);
}

function spliced(bytes: Uint8Array, signer: Signer, xpath: string, end: string): Buffer {
  using read = readXml(bytes);
  const parts = Buffer.from(bytes).toString('latin1').split(end);
  const elements = elementsOf(read.document, xpath);
  if (elements.length !== parts.length - 1) throw new Error(`${end} does not end each of the elements to be signed`);
  using apart = new DisposableStack();
  const signed = elements.map((element, i) => `${parts[i]}${signatureOf(alone(element, apart), signer)}${end}`);
  return Buffer.from(`${signed.join('')}${parts.at(-1)}`, 'latin1');
}

/** The signature to be put last into an element, which has an Id and is the root of this document. */
export function signatureOf(document: XmlDocument, signer: Signer): string {
  const { digest = 'sha256', certificate, key, others = [], named = certificate, at, policy = POLICY } = signer;
  const hash = (data: Buffer) => createHash(digest).update(data).digest('base64');
  const known = filled(TEMPLATE, {
    id: document.root.attr('Id')?.value ?? '',
    digestMethod: METHODS[digest].digest,
    signatureMethod: METHODS[digest].signature,
    contentDigest: hash(exclusive(document)),
    certificates: [certificate, ...others].map(asElement).join(''),
    signingTime: at.toISOString(),
    certificateDigest: createHash('sha256').update(named.raw).digest('base64'),
    issuer: named.issuer.split('\n').reverse().join(','),
    serial: String(BigInt(`0x${named.serialNumber}`)),
    policy,
  });
  const digested = filled(known, { propertiesDigest: hash(partOf(known, 'SignedProperties')) });
  return filled(digested, { value: sign(digest, partOf(digested, 'SignedInfo'), key).toString('base64') });
}

function filled(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
}

function asElement({ raw }: X509Certificate): string {
  return `<ds:X509Certificate>${raw.toString('base64')}</ds:X509Certificate>`;
}

/** The canonical bytes of one part of a signature. Exclusive: they are the same wherever the signature is put. */
function partOf(signature: string, name: string): Buffer {
  using read = readXml(Buffer.from(signature));
  const [part] = elementsOf(read.document, `//*[local-name() = "${name}"]`);
  if (!part) throw new Error(`${name} is not in the template of a signature`);
  return exclusive(part);
}
