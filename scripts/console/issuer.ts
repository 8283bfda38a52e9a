import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';

/** A token lives no longer than this, in seconds: who is removed is soon out. */
export const MAX_TTL_SECONDS = 900;

const ALGORITHM = 'ES256';

export type TokenRequest = {
  /** Who the token is for. It says nothing else: rights are membership's. */
  subject: string;
  audience?: string;
  /** The `iss` of the token: the address under which the console publishes the key. */
  issuer: string;
  /** A whole number of seconds, from 1 to `MAX_TTL_SECONDS`. */
  ttlSeconds: number;
};

export type Issuer = {
  /** The public key alone, as `/jwks` serves it. */
  jwks: { keys: JWK[] };
  /** Throws a RangeError when the subject is empty or the time to live is out of bounds. */
  sign(request: TokenRequest): Promise<string>;
  /** The subject of a token that is ours and good now, whatever it is for; rejects otherwise. */
  subjectOf(token: string, issuer: string): Promise<string>;
};

/**
 * Opens the key that signs the tokens of the embedded run, and makes it the first time. Processes that do this at the
 * same time end with the same key.
 * Throws an Error when `issuer.json` is there and does not hold a key.
 */
export async function openIssuer(dataDir: string): Promise<Issuer> {
  const file = issuerFile(dataDir);
  const privateJwk = await readKey(file).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await createKey(dataDir, file);
    return readKey(file);
  });
  const { kty, crv, x, y, kid } = privateJwk;
  const publicJwk = { kty, crv, x, y, kid, alg: ALGORITHM, use: 'sig' } as JWK;
  const key = await importJWK(privateJwk, ALGORITHM);

  return {
    jwks: { keys: [publicJwk] },
    async sign({ subject, audience = 'jonction', issuer, ttlSeconds }) {
      if (subject.trim() === '') throw new RangeError('A token needs a subject: the one it is for.');
      if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) {
        throw new RangeError(`A token lives from 1 to ${MAX_TTL_SECONDS} seconds, not ${ttlSeconds}.`);
      }
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT()
        .setProtectedHeader({ alg: ALGORITHM, kid: kid as string, typ: 'JWT' })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + ttlSeconds)
        .sign(key);
    },
    async subjectOf(token, issuer) {
      const keys = createLocalJWKSet({ keys: [publicJwk] });
      const { payload } = await jwtVerify(token, keys, { issuer, requiredClaims: ['sub', 'exp'] });
      return payload.sub ?? '';
    },
  };
}

/** Where the private key of the embedded run is kept. */
export function issuerFile(dataDir: string): string {
  return join(dataDir, 'issuer.json');
}

async function readKey(file: string): Promise<JWK> {
  const text = await readFile(file, 'utf8');
  try {
    const jwk = JSON.parse(text) as JWK;
    await importJWK(jwk, ALGORITHM);
    if (!jwk.d || !jwk.kid) throw new Error('d or kid is missing');
    return jwk;
  } catch (cause) {
    throw new Error(`${file} does not hold a private ${ALGORITHM} key. Delete it and start again: a new one is made.`, {
      cause,
    });
  }
}

async function createKey(dataDir: string, file: string): Promise<void> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const content = JSON.stringify({ ...jwk, kid: await calculateJwkThumbprint(jwk), alg: ALGORITHM, use: 'sig' });
  await mkdir(dataDir, { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeAndSync(draft, `${content}\n`);
    // A link appears whole or not at all, and fails when another process was first: then its key is the one.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeAndSync(file: string, content: string): Promise<void> {
  await using handle = await open(file, 'wx', 0o600);
  await handle.writeFile(content);
  await handle.sync();
}
