import { createHash, X509Certificate } from 'node:crypto';
import { GeneralizedTime, ObjectIdentifier, OctetString, Sequence, UTCTime } from 'asn1js';
import { ContentInfo, SignedData } from 'pkijs';
import type { Reason } from '../xml/index.ts';
import { isTrusted, isValidAt, rsaBits } from './certificate.ts';
import { type PdfRange, rangesOf } from './pdf-ranges.ts';
import rules from './rules.json' with { type: 'json' };

export interface PdfOptions {
  /** Whom one trusts; undefined when that is not to be judged. */
  trusted?: readonly X509Certificate[];
  now: Date;
}

export interface PdfSigner {
  certificate: X509Certificate;
  /** As the signature claims it; undefined when it claims none. */
  at?: Date;
}

/** Who signed a PDF, and what is wrong with it. A PDF that nobody signed has no signer and no reason. */
export interface PdfSignatures {
  signers: PdfSigner[];
  reasons: Reason[];
}

type Code = keyof typeof rules;

const DIGESTS: Record<string, string> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const SIGNING_TIME = '1.2.840.113549.1.9.5';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
/** What the messages give as their rule. */
const RULE = 'PAdES, ETSI EN 319 142-1';
/** RGS v2.0, annexe B1: no RSA key below 2,048 bits. */
const LEAST_BITS = 2048;

/**
 * Verifies the PAdES signatures of a PDF: each covers, in one piece around itself, all that the PDF was when it was made, and
 * the last one covers the whole file; digest and signature are right; the certificate is the one that is named and was valid.
 * Revocation and time stamps are not judged.
 */
export async function verifyPdf(pdf: Buffer, options: PdfOptions): Promise<PdfSignatures> {
  const signers: PdfSigner[] = [];
  const reasons: Reason[] = [];
  const ranges = rangesOf(pdf);
  for (const [i, range] of ranges.entries()) {
    const judged = 'cms' in range ? await judge(pdf, range, options) : { codes: ['PDF_RANGE' as const] };
    if ('signer' in judged && judged.signer) signers.push(judged.signer);
    reasons.push(...judged.codes.map((code) => reason(code, `signature ${i + 1}`)));
  }
  const end = Math.max(...ranges.map((range) => ('cms' in range ? range.end : 0)));
  if (ranges.length > 0 && end !== pdf.length) reasons.push(reason('PDF_ADDED', `${end}`));
  if (ranges.length > 0 && !options.trusted) reasons.push(reason('PDF_TRUST_NOT_JUDGED', 'signature 1'));
  return { signers, reasons };
}

function reason(code: Code, where: string): Reason {
  const { severity, fr, en } = rules[code];
  const told = ({ message, fix }: typeof fr) => ({ message: `${message} [${RULE}]`, fix });
  return { code, severity: severity as Reason['severity'], where, fr: told(fr), en: told(en) };
}

async function judge(
  pdf: Buffer,
  range: PdfRange,
  options: PdfOptions,
): Promise<{ codes: Code[]; signer?: PdfSigner }> {
  const signed = signedDataOf(range.cms);
  const info = signed?.signerInfos[0];
  const detached = signed && !signed.encapContentInfo.eContent;
  if (!info || !detached || signed.signerInfos.length !== 1 || !range.detached) return { codes: ['PDF_FORMAT'] };
  const data = Buffer.concat([pdf.subarray(0, range.from), pdf.subarray(range.to, range.end)]);
  const certificate = await signerOf(signed, data);
  if (!certificate) return { codes: ['PDF_ALTERED'] };
  const codes: Code[] = [];
  const digest = DIGESTS[info.digestAlgorithm.algorithmId];
  // A signature algorithm names its own digest: both must be strong.
  if (!digest || /1\.1\.[2-5]$/.test(info.signatureAlgorithm.algorithmId)) codes.push('PDF_ALGORITHM');
  else if (rsaBits(certificate) < LEAST_BITS) codes.push('PDF_ALGORITHM');
  const attributes = new Map((info.signedAttrs?.attributes ?? []).map(({ type, values }) => [type, values[0]]));
  const named = namedIn(attributes.get(SIGNING_CERTIFICATE_V2));
  if (named === undefined ? range.subFilter === 'ETSI.CAdES.detached' : !named(certificate))
    codes.push('PDF_CERTIFICATE');
  const at = timeIn(attributes.get(SIGNING_TIME)) ?? range.at;
  codes.push(...trustOf(certificate, signed, { ...options, at: at ?? options.now }));
  return { codes, signer: { certificate, ...(at && { at }) } };
}

function trustOf(certificate: X509Certificate, signed: SignedData, options: PdfOptions & { at: Date }): Code[] {
  const { trusted, at } = options;
  if (!isValidAt(certificate, at)) return ['PDF_CERTIFICATE_DATES'];
  const others = certificatesIn(signed);
  return !trusted || isTrusted(certificate, { trusted, others, at }) ? [] : ['PDF_NOT_TRUSTED'];
}

function signedDataOf(cms: Buffer): SignedData | undefined {
  try {
    const content = ContentInfo.fromBER(new Uint8Array(cms));
    return new SignedData({ schema: content.content });
  } catch {
    return undefined; // no CMS: the caller says so
  }
}

/** The certificate whose key made the signature over these bytes; undefined when there is none. */
async function signerOf(signed: SignedData, data: Buffer): Promise<X509Certificate | undefined> {
  try {
    const bytes = new Uint8Array(data).buffer;
    const said = await signed.verify({ signer: 0, data: bytes, checkChain: false, extendedMode: true });
    if (said.signatureVerified !== true || !said.signerCertificate) return undefined;
    return new X509Certificate(Buffer.from(said.signerCertificate.toSchema().toBER()));
  } catch {
    return undefined; // pkijs throws what is not verified: digest, key or algorithm
  }
}

function certificatesIn(signed: SignedData): X509Certificate[] {
  return (signed.certificates ?? []).flatMap((one) => {
    try {
      const certificate = new X509Certificate(Buffer.from(one.toSchema().toBER()));
      return certificate.publicKey ? [certificate] : [];
    } catch {
      return []; // of another kind, or damaged: it leads nowhere
    }
  });
}

/** Reads SigningCertificateV2: its first ESSCertIDv2 is a digest of the certificate of the signer. */
function namedIn(value: unknown): ((certificate: X509Certificate) => boolean) | undefined {
  if (!(value instanceof Sequence)) return undefined;
  const [list] = value.valueBlock.value;
  const [first] = list instanceof Sequence ? list.valueBlock.value : [];
  const parts = first instanceof Sequence ? first.valueBlock.value : [];
  const [algorithm] = parts[0] instanceof Sequence ? parts[0].valueBlock.value : [];
  const digest = algorithm instanceof ObjectIdentifier ? DIGESTS[algorithm.getValue()] : 'sha256';
  const octets = parts.find((part) => part instanceof OctetString);
  if (!digest || !octets) return () => false;
  const hash = Buffer.from(octets.getValue());
  return ({ raw }) => createHash(digest).update(raw).digest().equals(hash);
}

function timeIn(value: unknown): Date | undefined {
  return value instanceof UTCTime || value instanceof GeneralizedTime ? value.toDate() : undefined;
}
