import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIssuer } from './console/issuer.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'token-'));
});

afterEach(() => rm(directory, { recursive: true }));

async function token(args: string[], port = '') {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'token.ts'), ...args], {
    env: { ...process.env, DATA_DIR: directory, CONSOLE_PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code: code as number };
}

test('prints a token and nothing else, signed with the key of the run, for the issuer of the run', async () => {
  const { jwks } = await openIssuer(directory);
  await writeFile(join(directory, 'run.json'), JSON.stringify({ consolePort: 4400 }));
  const { out, err, code } = await token(['--subject', 'bfc-admin'], '5500');
  const expected = { issuer: 'http://127.0.0.1:4400', audience: 'jonction', subject: 'bfc-admin' };
  const { payload } = await jwtVerify(out.trim(), createLocalJWKSet(jwks), expected);
  expect({ err, code, lines: out.split('\n').length }).toEqual({ err: '', code: 0, lines: 2 });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
});

test('without a run to ask, the issuer is at CONSOLE_PORT, else at the OTLP port', async () => {
  await openIssuer(directory);
  const asked = await token(['--subject', 'a'], '5500');
  const assumed = await token(['--subject', 'a']);
  expect([asked, assumed].map(({ out }) => decodeJwt(out).iss)).toEqual([
    'http://127.0.0.1:5500',
    'http://127.0.0.1:4318',
  ]);
});

test('--json says when the token ends', async () => {
  await openIssuer(directory);
  const { out } = await token(['--subject', 'idf-admin', '--ttl', '60', '--json']);
  const answer = JSON.parse(out) as { token: string; subject: string; expiresAt: string };
  expect(answer).toMatchObject({ subject: 'idf-admin', audience: 'jonction', issuer: 'http://127.0.0.1:4318' });
  expect(Date.parse(answer.expiresAt) / 1000).toBe(decodeJwt(answer.token).exp);
});

test('before the first start it says to run npm start, and makes no key', async () => {
  const { out, err, code } = await token(['--subject', 'bfc-admin']);
  expect({ out, code }).toEqual({ out: '', code: 1 });
  expect(err).toContain('Run npm start first');
});

test.each([
  [['--subject', 'a', '--ttl', '901'], '--ttl must be'],
  [['--subject', 'a', '--ttl', 'soon'], '--ttl must be'],
  [[], 'with --subject'],
  [['--subject', ' '], 'with --subject'],
  [['--subject'], '--subject'],
  [['--user', 'a'], '--user'],
  [['bfc-admin'], 'bfc-admin'],
])('wrong arguments end with 2 and a sentence: %j', async (args, sentence) => {
  const { out, err, code } = await token(args);
  expect({ out, code }).toEqual({ out: '', code: 2 });
  expect(err).toContain(sentence);
  expect(err.trim().split('\n')).toHaveLength(1);
});

test('--help explains itself', async () => {
  const { out, code } = await token(['--help']);
  expect(code).toBe(0);
  expect(out).toContain('npm run -s token -- --subject');
});

test('a run.json that cannot be read is named', async () => {
  await openIssuer(directory);
  await writeFile(join(directory, 'run.json'), '{');
  const { err, code } = await token(['--subject', 'a']);
  expect(code).toBe(1);
  expect(err).toContain('run.json is not JSON');
});
