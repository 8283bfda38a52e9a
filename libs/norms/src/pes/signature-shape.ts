import type { XmlElement } from 'libxml2-wasm';
import { childrenOf, isCommented, NS, textOf } from './dom.ts';
import type { Code } from './reason.ts';

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = `${NS.ds}enveloped-signature`;
/** XAdES 1.1.1 is the one of the PES schemas, 1.2.2 stands beside it and is what parapheurs write. */
const XADES = ['http://uri.etsi.org/01903/v1.1.1#', 'http://uri.etsi.org/01903/v1.2.2#'];

const DIGESTS: Record<string, string> = {
  [`${NS.ds}sha1`]: 'sha1',
  'http://www.w3.org/2001/04/xmlenc#sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384': 'sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
};
const SIGNATURES: Record<string, string> = {
  [`${NS.ds}rsa-sha1`]: 'sha1',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384': 'sha384',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': 'sha512',
};

/** A signature as it is written, read whole before any part of it is believed. */
export interface SignatureShape {
  signature: XmlElement;
  signedInfo: XmlElement;
  signedProperties: XmlElement;
  algorithm: string;
  value: Buffer;
  /** What it says of the element it signs, and of its own SignedProperties. */
  content: Digest;
  properties: Digest;
  /** The texts of X509Certificate, the signer's first. */
  certificates: string[];
  signingTime: Date;
  /** What SigningCertificate says of the signer's certificate. */
  certificateDigest: Digest;
  certificateSerial: string;
  policy: string;
  policyDigest: Digest;
}

export interface Digest {
  algorithm: string;
  value: Buffer;
}

/** A part of a signature is not what Helios signatures have. */
export class Misshapen extends Error {
  readonly code: Code;
  readonly element: XmlElement;

  constructor(code: Code, element: XmlElement) {
    super(code);
    this.code = code;
    this.element = element;
  }
}

/**
 * Reads a signature that must have exactly the parts of the Helios policy: one SignedInfo with two references, by Id,
 * to `signed` (which it stands in) and to its own SignedProperties; the transforms named by the policy and no others;
 * one Object with the qualifying properties and nothing else. Throws Misshapen with what is not so.
 */
export function shapeOf(signature: XmlElement, signed: XmlElement): SignatureShape {
  if (isCommented(signature)) throw new Misshapen('SIGNATURE_SHAPE', signature);
  const [signedInfo, value, keyInfo, object] = exactly(signature, 'SignedInfo', 'SignatureValue', 'KeyInfo', 'Object');
  const [method, signatureMethod, first, second] = exactly(
    signedInfo,
    'CanonicalizationMethod',
    'SignatureMethod',
    'Reference',
    'Reference',
  );
  if (algorithmOf(method) !== EXCLUSIVE) throw new Misshapen('ALGORITHM', method);
  const { signedProperties, ...qualified } = qualifiedBy(object, signature);
  return {
    ...{ signature, signedInfo, signedProperties },
    algorithm: known(SIGNATURES, signatureMethod),
    value: bytesOf(value),
    content: referenceTo(signed, first, [ENVELOPED, EXCLUSIVE]),
    properties: referenceTo(signedProperties, second, [EXCLUSIVE]),
    certificates: certificatesIn(keyInfo),
    ...qualified,
  };
}

/** The children of an element, which must be these, in this order, of the namespace of signatures. */
function exactly<Names extends string[]>(element: XmlElement, ...names: Names): { [K in keyof Names]: XmlElement } {
  const children = childrenOf(element);
  const same = children.every((one, i) => one.name === names[i] && one.namespaceUri === NS.ds);
  if (!same || children.length !== names.length) throw new Misshapen('SIGNATURE_SHAPE', element);
  return children as { [K in keyof Names]: XmlElement };
}

function referenceTo(target: XmlElement, reference: XmlElement, transforms: string[]): Digest {
  const [list, method, value] = exactly(reference, 'Transforms', 'DigestMethod', 'DigestValue');
  const written = childrenOf(list).map(algorithmOf);
  const same = written.length === transforms.length && written.every((one, i) => one === transforms[i]);
  if (!same) throw new Misshapen('TRANSFORMS', list);
  const id = target.attr('Id')?.value ?? '';
  if (id === '' || reference.attr('URI')?.value !== `#${id}`) throw new Misshapen('REFERENCE', reference);
  return { algorithm: known(DIGESTS, method), value: bytesOf(value) };
}

/** The algorithm that an element names; '' when parameters stand inside, which change what the name means. */
function algorithmOf(element: XmlElement): string {
  return childrenOf(element).length > 0 ? '' : (element.attr('Algorithm')?.value ?? '');
}

function known(algorithms: Record<string, string>, element: XmlElement): string {
  const name = algorithmOf(element);
  const algorithm = Object.hasOwn(algorithms, name) ? algorithms[name] : undefined;
  if (!algorithm) throw new Misshapen('ALGORITHM', element);
  return algorithm;
}

function bytesOf(element: XmlElement): Buffer {
  const text = textOf(element)?.replace(/\s+/g, '');
  // Padding may be missing: the policy digest of a widespread signer lacks it.
  if (!text || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new Misshapen('SIGNATURE_SHAPE', element);
  return Buffer.from(text, 'base64');
}

function certificatesIn(keyInfo: XmlElement): string[] {
  const data = childrenOf(keyInfo).filter((one) => one.name === 'X509Data' && one.namespaceUri === NS.ds);
  const found = data.flatMap((one) => childrenOf(one).filter((inner) => inner.name === 'X509Certificate'));
  if (found.length === 0) throw new Misshapen('CERTIFICATE_MISSING', keyInfo);
  return found.map((one) => textOf(one) ?? '');
}

function qualifiedBy(object: XmlElement, signature: XmlElement) {
  const [qualifying, ...others] = childrenOf(object);
  const namespace = qualifying?.namespaceUri ?? '';
  if (qualifying?.name !== 'QualifyingProperties' || others.length > 0 || !XADES.includes(namespace))
    throw new Misshapen('SIGNATURE_SHAPE', object);
  if (qualifying.attr('Target')?.value !== `#${signature.attr('Id')?.value}`)
    throw new Misshapen('REFERENCE', qualifying);
  // XAdES before 1.3 has DigestMethod and DigestValue of its own, and the serial number of XML signatures.
  const only = (from: XmlElement, ...path: string[]): XmlElement => onlyAt(from, path, [namespace, NS.ds]);
  const signedProperties = only(qualifying, 'SignedProperties');
  const properties = only(signedProperties, 'SignedSignatureProperties');
  const cert = only(properties, 'SigningCertificate', 'Cert');
  const policy = only(properties, 'SignaturePolicyIdentifier', 'SignaturePolicyId');
  const digestIn = (holder: XmlElement): Digest => ({
    algorithm: known(DIGESTS, only(holder, 'DigestMethod')),
    value: bytesOf(only(holder, 'DigestValue')),
  });
  return {
    signedProperties,
    signingTime: new Date(textOf(only(properties, 'SigningTime')) ?? ''),
    certificateDigest: digestIn(only(cert, 'CertDigest')),
    certificateSerial: textOf(only(cert, 'IssuerSerial', 'X509SerialNumber')) ?? '',
    policy: textOf(only(policy, 'SigPolicyId', 'Identifier')) ?? '',
    policyDigest: digestIn(only(policy, 'SigPolicyHash')),
  };
}

/** The element at a path of which each step must be there once, in one of these namespaces. */
function onlyAt(from: XmlElement, path: string[], namespaces: string[]): XmlElement {
  return path.reduce((parent, name) => {
    const [one, another] = childrenOf(parent).filter((child) => child.name === name);
    if (!one || another || !namespaces.includes(one.namespaceUri)) throw new Misshapen('SIGNATURE_SHAPE', parent);
    return one;
  }, from);
}
