import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { refuse } from './refusals.ts';

/** Tokens live fifteen minutes at most, so a stolen one is soon worthless. */
const LONGEST_LIFE_S = 15 * 60;
const REMEMBERED = 2_000;

/** Reads the bearer of a token: its `sub`. Throws TOKEN_REFUSED or ISSUER_UNAVAILABLE. */
export type Identify = (token: string) => Promise<string>;

/**
 * Judges tokens of one OpenID Connect issuer: signature, `iss`, `aud`, `exp`, life. A token that was good is remembered
 * until it expires: a signature check costs more than the rest of a command's edge.
 */
export function identifyBy(issuer: string, audience: string): Identify {
  const known = new Map<string, { subject: string; until: number }>();
  let keys: JWTVerifyGetKey | undefined;
  return async (token) => {
    const remembered = known.get(token);
    if (remembered && remembered.until > Date.now()) return remembered.subject;
    keys ??= await discover(issuer);
    const payload = await verify(token, keys, issuer, audience);
    if (known.size >= REMEMBERED) known.clear();
    known.set(token, { subject: payload.sub, until: payload.exp * 1_000 });
    return payload.sub;
  };
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  try {
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(3_000) });
    const { jwks_uri } = (await answer.json()) as { jwks_uri: string };
    return createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: 3_000 });
  } catch (error) {
    throw Object.assign(refuse('ISSUER_UNAVAILABLE'), { cause: error });
  }
}

async function verify(token: string, keys: JWTVerifyGetKey, issuer: string, audience: string) {
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, keys, { issuer, audience, requiredClaims: ['sub', 'exp', 'iat'] }));
  } catch (error) {
    if (error instanceof errors.JWKSTimeout || error instanceof TypeError) throw refuse('ISSUER_UNAVAILABLE');
    throw refuse('TOKEN_REFUSED', { why: error instanceof errors.JOSEError ? error.code : 'malformed' });
  }
  const { sub, exp, iat } = payload;
  if (!sub || sub.length > 128 || !exp || !iat) throw refuse('TOKEN_REFUSED', { why: 'sub, exp or iat is missing' });
  if (exp - iat > LONGEST_LIFE_S) throw refuse('TOKEN_REFUSED', { why: `it lives more than ${LONGEST_LIFE_S} s` });
  return { sub, exp };
}
