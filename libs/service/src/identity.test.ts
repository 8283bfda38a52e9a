import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { identifyBy } from './identity.ts';

/** An issuer that counts how often it was asked, and can be away. */
async function issuerOf() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
  const state = { away: false, asked: 0 };
  const server = createServer((request, response) => {
    state.asked++;
    if (state.away) return request.socket.destroy();
    response.end(JSON.stringify(request.url === '/jwks' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const now = Math.floor(Date.now() / 1_000);
  return {
    issuer,
    state,
    /** A token that is good but for what is given. */
    sign(claims: Record<string, unknown> = {}) {
      const whole = { sub: 'somebody', aud: 'jonction', iss: issuer, iat: now, exp: now + 600, ...claims };
      return new SignJWT(whole).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey);
    },
    now,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a good token tells who calls, and is judged without asking the issuer each time', async () => {
  await using issuer = await issuerOf();
  const identify = identifyBy(issuer.issuer, 'jonction');
  const token = await issuer.sign();
  expect(await identify(token)).toBe('somebody');
  const { asked } = issuer.state;
  issuer.state.away = true;
  expect(await identify(token)).toBe('somebody');
  expect(await identify(await issuer.sign({ sub: 'another' }))).toBe('another');
  expect(issuer.state.asked).toBe(asked);
});

test('a token that is remembered is refused all the same from the second in which it expires', async () => {
  await using issuer = await issuerOf();
  const identify = identifyBy(issuer.issuer, 'jonction');
  const token = await issuer.sign({ exp: issuer.now + 2 });
  expect(await identify(token)).toBe('somebody');
  await expect
    .poll(
      () =>
        identify(token).then(
          () => 'accepted',
          (refusal) => refusal.reason,
        ),
      { timeout: 5_000 },
    )
    .toBe('TOKEN_REFUSED');
  expect(Date.now()).toBeGreaterThanOrEqual((issuer.now + 2) * 1_000);
});

test('whatever is wrong with a token, it is refused', async () => {
  await using issuer = await issuerOf();
  const { now } = issuer;
  const identify = identifyBy(issuer.issuer, 'jonction');
  const wrong = {
    expired: { iat: now - 700, exp: now - 1 },
    'not yet valid': { nbf: now + 60 },
    'of another audience': { aud: 'elsewhere' },
    'of another issuer': { iss: 'http://127.0.0.1:1' },
    'living too long': { exp: now + 901 },
    'living too long, issued in the future': { iat: now + 100, exp: now + 1_200 },
    'without subject': { sub: undefined },
    'with an empty subject': { sub: '' },
    'with a subject too long': { sub: 'x'.repeat(129) },
    'without end': { exp: undefined },
    'without beginning': { iat: undefined },
  };
  for (const [what, claims] of Object.entries(wrong))
    await expect(identify(await issuer.sign(claims)), what).rejects.toMatchObject({ reason: 'TOKEN_REFUSED' });
  const good = await issuer.sign();
  for (const token of ['', 'x', 'a.b.c', good.slice(0, -2), `${good}.x`, good.replace('.', '..')])
    await expect(identify(token), token).rejects.toMatchObject({ reason: 'TOKEN_REFUSED' });
  await using stranger = await issuerOf();
  await expect(identify(await stranger.sign({ iss: issuer.issuer }))).rejects.toMatchObject({
    reason: 'TOKEN_REFUSED',
  });
});

test('an issuer that is away is no verdict on a token, and is asked again when it is back', async () => {
  await using issuer = await issuerOf();
  const identify = identifyBy(issuer.issuer, 'jonction');
  const token = await issuer.sign();
  issuer.state.away = true;
  await expect(identify(token)).rejects.toMatchObject({ reason: 'ISSUER_UNAVAILABLE' });
  issuer.state.away = false;
  expect(await identify(token)).toBe('somebody');
});
