import { KeyObject, type webcrypto, X509Certificate } from 'node:crypto';
import { BitString, Integer, Utf8String } from 'asn1js';
import { AttributeTypeAndValue, BasicConstraints, Certificate, Extension } from 'pkijs';

/** A certificate with its key. Whoever holds this can sign in that name: it is for tests and simulators alone. */
export interface Identity {
  certificate: X509Certificate;
  key: KeyObject;
  keys: webcrypto.CryptoKeyPair;
  issued: Certificate;
}

export interface IssueOptions {
  by?: Identity;
  ca?: boolean;
  from?: Date;
  to?: Date;
  bits?: number;
}

let serial = 1_000;

/** Makes a key and its certificate, signed by itself or by another, valid from 2025 to 2044 unless told otherwise. */
export async function issue(name: string, options: IssueOptions = {}): Promise<Identity> {
  const { by, ca = !by, bits = 2048 } = options;
  const { from = new Date('2025-01-01'), to = new Date('2044-01-01') } = options;
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: bits };
  const publicExponent = new Uint8Array([1, 0, 1]);
  const keys = await crypto.subtle.generateKey({ ...algorithm, publicExponent }, true, ['sign', 'verify']);
  const issued = new Certificate();
  serial += 1;
  issued.version = 2;
  issued.serialNumber = new Integer({ value: serial });
  issued.subject.typesAndValues.push(
    new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: name }) }),
  );
  issued.issuer = by?.issued.subject ?? issued.subject;
  issued.notBefore.value = from;
  issued.notAfter.value = to;
  issued.extensions = [
    extension('2.5.29.19', new BasicConstraints({ cA: ca }).toSchema().toBER()),
    extension('2.5.29.15', new BitString({ valueHex: new Uint8Array([ca ? 0x06 : 0xc0]).buffer }).toBER()),
  ];
  await issued.subjectPublicKeyInfo.importKey(keys.publicKey);
  await issued.sign(by?.keys.privateKey ?? keys.privateKey, 'SHA-256');
  const certificate = new X509Certificate(Buffer.from(issued.toSchema(true).toBER()));
  return { certificate, key: KeyObject.from(keys.privateKey), keys, issued };
}

function extension(extnID: string, value: ArrayBuffer): Extension {
  return new Extension({ extnID, critical: true, extnValue: value });
}
