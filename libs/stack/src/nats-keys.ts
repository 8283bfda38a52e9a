import { createHash, createHmac } from 'node:crypto';
import { nkeys } from '@nats-io/nats-core';

/** A key pair of NATS: what it is for is the first letter of its public half (O, A or U). */
export type Key = ReturnType<typeof nkeys.createUser>;

/** The first byte of a key, by what it is for, as NATS writes it. */
const KINDS = { operator: 14 << 3, account: 0, user: 20 << 3 };
const SEED = 18 << 3;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The key that the secret gives for a label: the same, wherever it is asked for. */
export function keyOf(kind: keyof typeof KINDS, secret: string, label: string): Key {
  const raw = createHmac('sha256', secret).update(`nats ${kind} ${label}`).digest();
  const kindByte = KINDS[kind];
  const body = Buffer.from([SEED | (kindByte >> 5), (kindByte & 31) << 3, ...raw]);
  const sum = crc16(body);
  return nkeys.fromSeed(Buffer.from(base32(Buffer.concat([body, Buffer.from([sum & 255, sum >> 8])]))));
}

/** A user's key that nothing derives: it is in the file of the one who is given it, and nowhere else. */
export const newUserKey = (): Key => nkeys.createUser();

export const seedOf = (key: Key): string => Buffer.from(key.getSeed()).toString();

/** What is said of a key: its name, its rights. Times are in seconds since 1970. */
export interface Claims {
  name: string;
  /** The public key that it is said of. */
  sub: string;
  iat?: number;
  exp?: number;
  nats: Record<string, unknown> & { type: 'operator' | 'account' | 'user' | 'generic' };
}

/** The claims as a JWT of NATS, signed. */
export function sign(signer: Key, { iat = Math.floor(Date.now() / 1_000), ...claims }: Claims): string {
  const body = { ...claims, iat, iss: signer.getPublicKey(), nats: { ...claims.nats, version: 2 } };
  const jti = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const text = [
    { typ: 'JWT', alg: 'ed25519-nkey' },
    { ...body, jti },
  ]
    .map(encoded)
    .join('.');
  return `${text}.${Buffer.from(signer.sign(Buffer.from(text))).toString('base64url')}`;
}

/** What a JWT says. Who signed it is not checked: nats-server keeps only those that the operator's key signed. */
export function claimsOf(jwt: string): Claims {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** CRC-16/XMODEM, which closes every key of NATS. */
function crc16(bytes: Buffer): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = ((sum << 1) ^ (sum & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return sum;
}
