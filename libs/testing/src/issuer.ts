import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface TokenOptions {
  subject: string;
  audience?: string;
  issuer?: string;
  /** Seconds from now; negative for one that is over. */
  lifeS?: number;
}

export interface TestIssuer extends AsyncDisposable {
  issuer: string;
  sign(options: TokenOptions): Promise<string>;
}

/** An OpenID Connect issuer on a port of its own, with a key of its own. */
export async function testIssuer(): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' };
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/jwks' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    sign({ subject, audience = 'jonction', issuer: by = issuer, lifeS = 600 }) {
      const now = Math.floor(Date.now() / 1_000);
      const issuedAt = lifeS < 0 ? now + lifeS - 60 : now;
      return new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid: 'test' })
        .setSubject(subject)
        .setAudience(audience)
        .setIssuer(by)
        .setIssuedAt(issuedAt)
        .setExpirationTime(now + lifeS)
        .sign(privateKey);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
