import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOrphans, processMark, recordChild } from '@jonction/stack';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock, seekSecrets } from './lock.ts';

let dir = '';
let lines: string[] = [];
const started: ChildProcess[] = [];
const say = (line: string) => lines.push(line);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jonction-lock-'));
  lines = [];
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A process that lives until it is ended; `deaf` to SIGTERM when wanted. */
async function living({ deaf = false } = {}): Promise<ChildProcess & { pid: number }> {
  const ears = deaf ? "process.on('SIGTERM', () => {});" : '';
  const code = `${ears} console.log('up'); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  await once(child.stdout, 'data');
  return child as unknown as ChildProcess & { pid: number };
}

function leave(holder: object): void {
  writeFileSync(join(dir, 'lock'), JSON.stringify({ since: '2026-01-01T00:00:00.000Z', ...holder }));
}

test('a second start on the same data is refused, told which process works there, since when and what to do', async () => {
  const other = await living();
  leave({ pid: other.pid, mark: processMark(other.pid) });
  const refusal = acquireLock(dir, say);
  await expect(refusal).rejects.toThrow(`pid ${other.pid}`);
  await expect(refusal).rejects.toThrow(/since 2026-01-01.*Stop it first.*or use another data folder/);
});

test('a lock that was given back can be taken again', async () => {
  for (let turn = 0; turn < 2; turn++) {
    await using _ = await acquireLock(dir, say);
    expect(existsSync(join(dir, 'lock'))).toBe(true);
  }
  expect(lines).toEqual([]);
});

test('the lock of a dead process is taken over, with a line, also when another program has its pid', async () => {
  const dead = await living();
  const mark = processMark(dead.pid);
  dead.kill('SIGKILL');
  await once(dead, 'exit');
  for (const holder of [
    { pid: dead.pid, mark },
    { pid: process.pid, mark: 'of another time' },
  ]) {
    leave(holder);
    await using _ = await acquireLock(dir, say);
    expect(lines.at(-1)).toMatch(`pid ${holder.pid}, since 2026-01-01`);
  }
});

test('of several starts that find the same dead lock one gets it', async () => {
  leave({ pid: 2 ** 22 + 1, mark: 'gone' });
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(dir, say)));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(readdirSync(dir)).toEqual(['lock']);
});

test('what a killed start left running is ended, and nothing else', async () => {
  const [orphan, deaf, stranger] = [await living(), await living({ deaf: true }), await living()];
  const ledger = join(dir, 'children');
  for (const { pid } of [orphan, deaf]) recordChild(ledger, { pid, name: 'a server', stopSignal: 'SIGTERM' });
  const reused = { pid: stranger.pid, mark: 'of another time', name: 'a server', stopSignal: 'SIGTERM' };
  writeFileSync(ledger, `${JSON.stringify(reused)}\n{"pid":12,"na`, { flag: 'a' });
  await endOrphans(ledger, say, 300);
  expect([orphan, deaf, stranger].map(({ pid }) => processMark(pid) !== undefined)).toEqual([false, false, true]);
  expect(lines.filter((line) => line.includes(`pid ${stranger.pid}`))).toEqual([]);
  expect(existsSync(ledger)).toBe(false);
});

test('the secret is made once, for its owner alone, and a damaged one is not used', () => {
  const secret = seekSecrets(dir);
  expect(secret).toHaveLength(32);
  expect(seekSecrets(dir)).toEqual(secret);
  expect(statSync(join(dir, 'secret')).mode & 0o777).toBe(0o600);
  writeFileSync(join(dir, 'secret'), 'abcd');
  expect(() => seekSecrets(dir)).toThrow(/damaged.*64 hexadecimal/);
});
