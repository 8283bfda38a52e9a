import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'console-main-'));
});

afterEach(() => rm(directory, { recursive: true }));

function startMain(port: string): ChildProcess {
  const env = { ...process.env, CONSOLE_PORT: port, DATA_DIR: directory };
  return spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

test('the process says where it listens, answers there, and ends well at SIGTERM', async () => {
  const child = startMain('0');
  const exited = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout!), 'line');
  const url = /http:\/\/127\.0\.0\.1:\d+$/.exec(line)?.[0] ?? '';
  expect((await fetch(`${url}/jwks`)).status).toBe(200); // leaves a connection open, which must not hold it back
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  await expect(fetch(url)).rejects.toThrow();
});

test('a port that is taken is said in one sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const child = startMain(String(port));
  const [errors, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  other.close();
  expect(code).toBe(1);
  expect(errors).toContain('set CONSOLE_PORT to a free one');
});

test('a port that is none is said in one sentence', async () => {
  const child = startMain('http');
  const [errors, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  expect([errors, code]).toEqual([
    'The console did not start: CONSOLE_PORT must be a port, from 0 to 65535, not "http".\n',
    1,
  ]);
});
