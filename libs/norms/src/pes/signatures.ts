import { createHash, verify, type X509Certificate } from 'node:crypto';
import type { XmlDocument, XmlElement } from 'libxml2-wasm';
import { certificateFrom, fingerprint, isTrusted, isValidAt, rsaBits } from '../signed/certificate.ts';
import { exclusive, type Reason } from '../xml/index.ts';
import { alone, childrenOf, elementsOf, whereIs } from './dom.ts';
import { type Code, MOST_ALIKE, reason } from './reason.ts';
import { type Digest, Misshapen, type SignatureShape, shapeOf } from './signature-shape.ts';

/** The policies of the DGFiP: their identifier, and the digests of their text. The newest is last. */
const POLICIES: Record<string, Record<string, string>> = {
  'urn:oid:1.2.250.1.131.1.5.18.21.1.4': { sha1: 'Jkdb+aba0Hz6+ZPKmKNhPByzQ+Q=' },
  'urn:oid:1.2.250.1.131.1.5.18.21.1.7': { sha256: 'roF9+cfRHNPtVJolhdqfIqGMVuUXX8aR4rpiquf0u5E=' },
};
const NEWEST = Object.keys(POLICIES).at(-1);
/** What the identifiers of this family begin with, before the number of the version. */
const FAMILY = 'urn:oid:1.2.250.1.131.1.5.18.21.1.';
/** RGS v2.0, annexe B1: no RSA key below 2,048 bits. */
const LEAST_BITS = 2048;

export interface SignatureOptions {
  /** Whom one trusts; undefined when that is not to be judged. */
  trusted?: readonly X509Certificate[] | undefined;
  now: Date;
}

/**
 * Verifies every signature of a PES: what stands in a bordereau signs that bordereau, what stands in the root signs
 * all. The very elements that a reader of `document` sees are digested; nothing is found by an Id that stands twice.
 *
 * @NOTE Call it last: signed elements are taken out of the document and digested alone, which keeps the time in
 * proportion to the size. Afterwards the document can only be freed.
 */
export function verifySignatures(document: XmlDocument, options: SignatureOptions): Reason[] {
  const signatures = elementsOf(document, '//ds:Signature');
  if (signatures.length === 0) return [];
  const reasons = duplicatesIn(document);
  const most = reasons.length + MOST_ALIKE;
  const shapes: Placed[] = [];
  // All shapes before any digest: a place is a path in the whole document.
  for (const signature of signatures) {
    if (reasons.length > most) break;
    const shape = placedShape(signature, document.root);
    if ('code' in shape) reasons.push(shape);
    else shapes.push(shape);
  }
  if (!options.trusted) reasons.push(reason('TRUST_NOT_JUDGED', whereIs(signatures[0]!)));
  // The whole first: what it signs contains the signatures of the bordereaux.
  shapes.sort((a, b) => Number(b.whole) - Number(a.whole));
  using apart = new DisposableStack();
  return [...reasons, ...shapes.flatMap((shape) => judge(shape, apart, options))];
}

interface Placed extends SignatureShape {
  signed: XmlElement;
  whole: boolean;
  where: string;
}

/** Where the schema lets a signature stand: last in a bordereau of expenses or revenue, or last in the root. */
function placedShape(signature: XmlElement, root: XmlElement): Placed | Reason {
  const where = whereIs(signature);
  const signed = signature.parent;
  const whole = signed?.isSameNode(root) === true;
  const last = signed && childrenOf(signed).at(-1)?.isSameNode(signature);
  if (!signed || !last || !(whole || isBordereau(signed, root))) return reason('SIGNATURE_MISPLACED', where);
  try {
    return { ...shapeOf(signature, signed), signed, whole, where };
  } catch (error) {
    if (error instanceof Misshapen) return reason(error.code, whereIs(error.element));
    throw error;
  }
}

function isBordereau({ name, namespaceUri, parent }: XmlElement, root: XmlElement): boolean {
  const inDomain = parent?.parent?.isSameNode(root) && ['PES_DepenseAller', 'PES_RecetteAller'].includes(parent.name);
  return name === 'Bordereau' && !namespaceUri && inDomain === true;
}

/** Whatever an attribute is called that a reader may take for an Id, its values must differ throughout. */
function duplicatesIn(document: XmlDocument): Reason[] {
  const seen = new Set<string>();
  const reasons: Reason[] = [];
  for (const element of elementsOf(document, '//*[@*[translate(local-name(), "ID", "id") = "id"]]')) {
    const ids = element.attrs.filter(({ name }) => name.toLowerCase() === 'id').map(({ value }) => value);
    const repeated = ids.some((id) => seen.has(id)) || new Set(ids).size < ids.length;
    for (const id of ids) seen.add(id);
    if (repeated) reasons.push(reason('ID_DUPLICATE', whereIs(element)));
    if (reasons.length > MOST_ALIKE) break;
  }
  return reasons;
}

function judge(shape: Placed, apart: DisposableStack, options: SignatureOptions): Reason[] {
  const certificate = certificateFrom(shape.certificates[0] ?? '');
  const found: Code[] = certificate
    ? [...integrityOf(shape, certificate, apart), ...signerOf(shape, certificate, options), ...policyOf(shape)]
    : ['CERTIFICATE_MISSING'];
  return found.map((code) => reason(code, shape.where));
}

/** Whether the content and the properties are those that were signed. Takes both out of the document. */
function integrityOf(shape: Placed, certificate: X509Certificate, apart: DisposableStack): Code[] {
  const found: Code[] = [];
  if ([shape.content, shape.properties, shape].some(({ algorithm }) => algorithm === 'sha1')) found.push('SHA1');
  // The enveloped-signature transform: the content without this signature, and without that one only.
  alone(shape.signature, apart);
  if (!matches(shape.content, exclusive(alone(shape.signed, apart)))) found.push('CONTENT_ALTERED');
  if (!matches(shape.properties, exclusive(shape.signedProperties))) found.push('PROPERTIES_ALTERED');
  const info = exclusive(shape.signedInfo);
  const isTrue = rsaBits(certificate) > 0 && verify(shape.algorithm, info, certificate.publicKey, shape.value);
  return isTrue ? found : [...found, 'SIGNATURE_FALSE'];
}

function matches({ algorithm, value }: Digest, bytes: Buffer): boolean {
  return createHash(algorithm).update(bytes).digest().equals(value);
}

function signerOf(shape: Placed, certificate: X509Certificate, { trusted, now }: SignatureOptions): Code[] {
  const { certificateDigest, certificateSerial, signingTime, certificates } = shape;
  const found: Code[] = [];
  const sameDigest = fingerprint(certificate, certificateDigest.algorithm).equals(certificateDigest.value);
  const sameSerial =
    /^\d+$/.test(certificateSerial) && BigInt(certificateSerial) === BigInt(`0x${certificate.serialNumber}`);
  if (!sameDigest || !sameSerial) found.push('SIGNING_CERTIFICATE');
  if (certificateDigest.algorithm === 'sha1') found.push('SHA1_CERTIFICATE');
  if (rsaBits(certificate) < LEAST_BITS) found.push('KEY_SHORT');
  // A date that cannot be read is outside of every validity.
  if (signingTime > now) found.push('SIGNING_TIME_FUTURE');
  if (!isValidAt(certificate, signingTime)) found.push('CERTIFICATE_DATES');
  else if (trusted) {
    const others = certificates.slice(1).flatMap((one) => certificateFrom(one) ?? []);
    if (!isTrusted(certificate, { trusted, others, at: signingTime })) found.push('NOT_TRUSTED');
  }
  return found;
}

function policyOf({ policy, policyDigest }: Placed): Code[] {
  const texts = Object.hasOwn(POLICIES, policy) ? POLICIES[policy] : undefined;
  if (!texts) return [new RegExp(`^${FAMILY}\\d+$`).test(policy) ? 'POLICY_NOT_COMPARED' : 'POLICY_UNKNOWN'];
  const old: Code[] = policy === NEWEST ? [] : ['POLICY_OLD'];
  const text = texts[policyDigest.algorithm];
  if (text === undefined) return [...old, 'POLICY_NOT_COMPARED'];
  return policyDigest.value.equals(Buffer.from(text, 'base64')) ? old : [...old, 'POLICY_DIGEST'];
}
