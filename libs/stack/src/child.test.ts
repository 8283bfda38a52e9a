import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { restartable, spawnChild, whenReady } from './child.ts';
import { processMark } from './orphans.ts';
import { claimPort, freePort } from './ports.ts';
import { until } from './system.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jonction-child-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function node(code: string) {
  return spawnChild({ name: 'a program', command: process.execPath, args: ['-e', code], logFile: join(dir, 'log') });
}

test('a child stops when it is asked to, and is killed when it does not listen', async () => {
  const polite = await node(
    "process.on('SIGTERM', () => process.exit(3)); console.log('up'); setInterval(() => {}, 1e3)",
  );
  await until(() => polite.printed().includes('up'), 5_000);
  expect(await polite.stop()).toEqual({ code: 3, signal: null });
  const deaf = await node("process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1e3)");
  await until(() => deaf.printed().includes('up'), 5_000);
  expect(await deaf.stop(100)).toEqual({ code: null, signal: 'SIGKILL' });
});

test('one that stops before it is ready is told with its own last lines, not those of the run before', async () => {
  await (await node("console.log('of before')")).exited;
  const child = await node("console.error('cannot go on'); process.exit(4)");
  const failure = await whenReady(child, async () => false, 5_000).catch((error: Error) => error.message);
  expect(failure).toMatch(/a program stopped \(code 4\) before it was ready.*cannot go on/s);
  expect(failure).not.toMatch('of before');
});

test('another that answers in the place of a child that stopped does not make it ready', async () => {
  const child = await node('process.exit(1)');
  const answered = () => child.exited.then(() => true);
  await expect(whenReady(child, answered, 5_000)).rejects.toThrow('before it was ready');
});

test('one that never gets ready is stopped', async () => {
  const child = await node('setInterval(() => {}, 1e3)');
  await expect(whenReady(child, async () => false, 100)).rejects.toThrow('was not ready after 0.1 s');
  expect(processMark(child.pid)).toBeUndefined();
});

test('a server that was killed or stopped starts again as another process', async () => {
  await using server = await restartable({ url: 'here' }, () => node('setInterval(() => {}, 1e3)'));
  const first = server.pid;
  await server.kill9();
  expect(server.pid).toBeUndefined();
  await server.start();
  const second = server.pid;
  await server.restart();
  expect(new Set([first, second, server.pid, undefined]).size).toBe(4);
  expect(server.url).toBe('here');
});

test.skipIf(!existsSync('/usr/bin/setpriv'))('a child does not outlive one that is killed', async () => {
  const options = {
    name: 'child',
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1e3)'],
    logFile: join(dir, 'log'),
  };
  const script = join(dir, 'parent.mjs');
  const out = join(dir, 'pid');
  const lines = [
    "import { writeFileSync } from 'node:fs';",
    `import { spawnChild } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};`,
    `writeFileSync(${JSON.stringify(out)}, String((await spawnChild(${JSON.stringify(options)})).pid) + '.');`,
  ];
  writeFileSync(script, lines.join('\n'));
  const parent = spawn(process.execPath, [script], { stdio: 'inherit' });
  await until(() => existsSync(out) && readFileSync(out, 'utf8').endsWith('.'), 10_000);
  const pid = Number.parseInt(readFileSync(out, 'utf8'), 10);
  expect(processMark(pid)).toBeDefined();
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  expect(await until(() => processMark(pid) === undefined, 5_000)).toBe(true);
});

test('a taken port is told with the process that has it and the variable that moves it; a free one is not', async () => {
  const port = await freePort();
  await claimPort(port, { name: 'PostgreSQL', variable: 'PG_PORT' });
  const server = createServer().listen(port, '0.0.0.0');
  await once(server, 'listening');
  const refusal = claimPort(port, { name: 'PostgreSQL', variable: 'PG_PORT' });
  await expect(refusal).rejects.toThrow(`port ${port}, which PostgreSQL needs`);
  await expect(refusal).rejects.toThrow('PG_PORT=<port>');
  if (process.platform === 'linux') await expect(refusal).rejects.toThrow(`pid ${process.pid} (`);
  server.close();
});
