import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Isolated, openIsolated } from './index.ts';

interface Task {
  path: string;
  task: string;
  with?: unknown;
}

let folder: string;
let isolated: Isolated<Task, unknown>;

const PROGRAM = `
import { connect } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { answer } from '${join(import.meta.dirname, 'child.ts')}';

const kept: unknown[] = [];
const tasks: Record<string, (given: never) => unknown> = {
  connect: (port: number) => new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve('connected')).on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  }),
  read: (file: string) => readFileSync(file, 'utf8').length,
  write: (file: string) => writeFileSync(file, 'x'),
  spawn: () => spawnSync('true').status,
  environment: () => Object.keys(process.env).sort(),
  spin: () => { for (;;); },
  grow: () => new Promise(() => setInterval(() => kept.push(Buffer.alloc(1024 * 1024, 1)), 1)),
  keep: (mebibytes: number) => { kept.push(Buffer.alloc(mebibytes * 1024 * 1024, 1)); return kept.length; },
  wait: () => new Promise(() => {}),
  die: () => process.abort(),
  hello: () => 'hello',
};
answer<{ refuse?: boolean }, { task: string; with: never }, unknown>(
  ({ refuse }) => refuse ? [{ code: 'NO', severity: 'refusal', where: '', fr: { message: 'non', fix: '' }, en: { message: 'no', fix: '' } }] : [],
  async ({ task, with: given }) => {
    try { return await tasks[task]?.(given); } catch (error) { return (error as NodeJS.ErrnoException).code; }
  },
);
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isolated-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  writeFileSync(join(folder, 'given'), 'given');
  isolated = await openIsolated({ program: join(folder, 'program.ts'), settings: {}, readable: [folder] });
});

afterAll(async () => {
  await isolated[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function inside(task: string, given?: unknown): Promise<unknown> {
  const judged = await isolated.judge({ path: join(folder, 'given'), task, with: given });
  return 'answer' in judged ? judged.answer : judged.overrun;
}

test('inside there is no network, and the system says so where it cannot take it away', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const said = await inside('connect', port);
  server.close();
  if (isolated.missing.includes('network')) expect(said).toBe('connected');
  else expect(said).toBe('ENETUNREACH');
});

test('inside only what was given can be read, and nothing can be written or started', async () => {
  expect(await inside('read', join(folder, 'given'))).toBe(5);
  expect(await inside('read', '/etc/passwd')).toBe('ERR_ACCESS_DENIED');
  expect(await inside('write', join(folder, 'given'))).toBe('ERR_ACCESS_DENIED');
  expect(await inside('spawn')).toBe('ERR_ACCESS_DENIED');
});

test('inside there is nothing of our environment', async () => {
  const names = (await inside('environment')) as string[];
  expect(names.filter((name) => !['PATH', 'PWD', 'SHLVL', '_'].includes(name))).toEqual([]);
});

test('a file that takes too long, too much, or the process with it, is told so, and the next one is read', {
  timeout: 60_000,
}, async () => {
  expect(await inside('spin')).toBe('LIMIT_CPU');
  expect(await inside('hello')).toBe('hello');
  expect(await inside('grow')).toBe('LIMIT_MEMORY');
  expect(await inside('hello')).toBe('hello');
  expect(await inside('die')).toBe('READER_DIED');
  expect(await inside('hello')).toBe('hello');
});

test('a file does not pay for what those before it left in memory', async () => {
  expect(await inside('keep', 40)).toBe(1);
  expect(await inside('keep', 40)).toBe(1); // in a new process
});

test('settings that are refused are told, and no process stays', async () => {
  const settings = { refuse: true };
  await expect(openIsolated({ program: join(folder, 'program.ts'), settings, readable: [folder] })).rejects.toThrow(
    /^NO/,
  );
});

test('a program that does not start is told with what it said', async () => {
  writeFileSync(join(folder, 'broken.ts'), 'throw new Error("out of order")');
  const opening = openIsolated({ program: join(folder, 'broken.ts'), settings: {}, readable: [folder] });
  await expect(opening).rejects.toThrow(/out of order/);
});
