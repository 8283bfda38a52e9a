import { createHash, X509Certificate } from 'node:crypto';

/** Certificates that are trusted by whoever asks, from a file of PEM. Throws an Error when there is none in it. */
export function certificatesOf(pem: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw new Error('there is no certificate in it (-----BEGIN CERTIFICATE-----)');
  return found.map((one) => new X509Certificate(one));
}

/** A certificate from the text of an X509Certificate element, or undefined when it, or its key, is none. */
export function certificateFrom(base64: string): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    return certificate.publicKey && certificate; // the key is read when it is asked for, and may be damaged
  } catch {
    return undefined; // what is written there is no certificate: the caller says so
  }
}

/** Whether `at` lies in the validity of a certificate. */
export function isValidAt(certificate: X509Certificate, at: Date): boolean {
  return certificate.validFromDate <= at && at <= certificate.validToDate;
}

/** The bits of an RSA key; 0 for another kind of key. */
export function rsaBits({ publicKey }: X509Certificate): number {
  return publicKey.asymmetricKeyType === 'rsa' ? (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
}

/** The longest chain of the RGS has four certificates. */
const LONGEST = 6;

/**
 * Whether a certificate was issued, over the certificates that came with it, by one that is trusted, all of them
 * valid at that moment. Revocation is not judged: it needs the network.
 */
export function isTrusted(
  certificate: X509Certificate,
  { trusted, others, at }: { trusted: readonly X509Certificate[]; others: readonly X509Certificate[]; at: Date },
  length = 1,
): boolean {
  if (!isValidAt(certificate, at) || length > LONGEST) return false;
  if (trusted.some((one) => one.raw.equals(certificate.raw))) return true;
  const issuers = [...trusted, ...others].filter((one) => one.ca && issued(one, certificate));
  return issuers.some((issuer) => isTrusted(issuer, { trusted, others, at }, length + 1));
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** The digest of the bytes of a certificate. */
export function fingerprint(certificate: X509Certificate, algorithm: string): Buffer {
  return createHash(algorithm).update(certificate.raw).digest();
}
