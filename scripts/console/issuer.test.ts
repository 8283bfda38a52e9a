import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIssuer } from './issuer.ts';
import { startConsole } from './server.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'console-issuer-'));
});

afterEach(() => rm(directory, { recursive: true }));

test('a token verifies against the key that the console publishes, and only for its issuer and audience', async () => {
  await using running = await startConsole({ port: 0, dataDir: directory });
  const { sign } = await openIssuer(directory);
  const token = await sign({ subject: 'bfc-admin', issuer: running.url, ttlSeconds: 60 });

  const discovery = await fetch(`${running.url}/.well-known/openid-configuration`);
  const { issuer, jwks_uri } = (await discovery.json()) as { issuer: string; jwks_uri: string };
  const keys = createRemoteJWKSet(new URL(jwks_uri));
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience: 'jonction' });

  expect(issuer).toBe(running.url);
  expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
  expect(payload).toEqual({
    iss: running.url,
    sub: 'bfc-admin',
    aud: 'jonction',
    iat: expect.any(Number),
    exp: (payload.iat ?? 0) + 60,
  });
  await expect(jwtVerify(token, keys, { issuer, audience: 'another' })).rejects.toThrow('aud');
  const forged = `${token.slice(0, -8)}AAAAAAAA`;
  await expect(jwtVerify(forged, keys, { issuer, audience: 'jonction' })).rejects.toThrow('signature');
});

test('the private half leaves neither the file nor its owner', async () => {
  await using running = await startConsole({ port: 0, dataDir: directory });
  const served = await (await fetch(`${running.url}/jwks`)).text();
  const { d } = JSON.parse(await readFile(join(directory, 'issuer.json'), 'utf8')) as { d: string };
  expect(d).toHaveLength(43);
  expect(served).not.toContain(d);
  expect((await stat(join(directory, 'issuer.json'))).mode & 0o777).toBe(0o600);
});

test('those who open it at the same time get the same key, and no draft is left', async () => {
  const nested = join(directory, 'not', 'there', 'yet');
  const issuers = await Promise.all(Array.from({ length: 8 }, () => openIssuer(nested)));
  expect(new Set(issuers.map(({ jwks }) => jwks.keys[0]?.kid)).size).toBe(1);
  expect(await readdir(nested)).toEqual(['issuer.json']);
});

test('the key outlives the process', async () => {
  const before = await openIssuer(directory);
  const after = await openIssuer(directory);
  expect(after.jwks).toEqual(before.jwks);
});

test.each([0, -1, 901, 1.5, Number.NaN])('a token cannot live %d seconds', async (ttlSeconds) => {
  const { sign } = await openIssuer(directory);
  await expect(sign({ subject: 'bfc-admin', issuer: 'http://127.0.0.1:1', ttlSeconds })).rejects.toThrow(RangeError);
});

test('a token for nobody is not made', async () => {
  const { sign } = await openIssuer(directory);
  await expect(sign({ subject: ' ', issuer: 'http://127.0.0.1:1', ttlSeconds: 60 })).rejects.toThrow('subject');
});

test.each(['', '{}', '{"kty":"EC"}', 'null'])(
  'a file that holds no key (%j) is named, and not replaced',
  async (content) => {
    const file = join(directory, 'issuer.json');
    await writeFile(file, content);
    await expect(openIssuer(directory)).rejects.toThrow(`${file} does not hold a private ES256 key. Delete it`);
    expect(await readFile(file, 'utf8')).toBe(content);
  },
);
