import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDocuments } from './index.ts';

const MIB = 1024 * 1024;

let folder: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'documents-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** A program that opens the folder as `documents`, then does the rest. */
function program(rest: string): string[] {
  const lib = JSON.stringify(new URL('./index.ts', import.meta.url).href);
  const opened = `import { openDocuments } from ${lib}; const documents = openDocuments({ folder: ${JSON.stringify(folder)} });`;
  return ['--input-type=module', '--eval', `${opened}\n${rest}`];
}

/** Waits until the one upload that runs has written something; at most ten seconds. */
async function untilUploadIsWritten(): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const [name] = await readdir(join(folder, '_incoming')).catch(() => []);
    if (name && (await stat(join(folder, '_incoming', name))).size > MIB) return;
    await pause(20);
  }
  throw new Error('the upload did not begin within ten seconds');
}

test('a process killed in the middle of an upload leaves no document, and its remains are swept', async () => {
  const upload = `
    async function* endless() { for (;;) { yield new Uint8Array(65536); await new Promise((r) => setTimeout(r, 1)); } }
    await documents.put('bfc', endless(), { sha256: 'a'.repeat(64), size: 1e12, maxBytes: 1e12 });`;
  child = spawn(process.execPath, program(upload), { stdio: ['ignore', 'ignore', 'inherit'] });
  await untilUploadIsWritten();
  child.kill('SIGKILL');
  await once(child, 'exit');

  const documents = openDocuments({ folder });
  expect(await documents.exists('bfc', 'a'.repeat(64))).toBe(false);
  const [remains] = await readdir(join(folder, '_incoming'));
  const sweep = (olderThanMs: number) => documents.sweep({ olderThanMs, isNamed: async () => new Set() });
  expect(await sweep(60_000)).toEqual([]);
  await pause(20); // mtime is counted in ticks of a few milliseconds
  expect(await sweep(1)).toEqual([`_incoming/${remains}`]);
  expect(await readdir(join(folder, '_incoming'))).toEqual([]);
});

test('keeping 200 MiB takes no more memory than passing over them', async () => {
  const upload = `
    import { createHash } from 'node:crypto';
    const size = ${200 * MIB};
    async function* large() { for (let at = 0; at < size; at += ${MIB / 4}) yield Buffer.alloc(${MIB / 4}, at); }
    const peak = () => process.resourceUsage().maxRSS * 1024;
    const hash = createHash('sha256');
    for await (const chunk of large()) hash.update(chunk);
    const passedOver = peak();
    await documents.put('bfc', large(), { sha256: hash.digest('hex'), size, maxBytes: size });
    console.log(peak() - passedOver);`;
  const { stdout } = await promisify(execFile)(process.execPath, program(upload), { timeout: 60_000 });
  expect(Number(stdout) / MIB).toBeLessThan(32);
}, 60_000);

const straced = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

test.skipIf(!straced)(
  'the bytes, then the name, then its folders are on the disk before the answer (needs strace)',
  async () => {
    const upload = `
    import { createHash } from 'node:crypto';
    import { writeSync } from 'node:fs';
    async function* stream() { yield Buffer.from('act'); }
    const sha256 = createHash('sha256').update('act').digest('hex');
    await documents.put('bfc', stream(), { sha256, size: 3, maxBytes: 3 });
    writeSync(1, 'answered');`;
    const log = join(folder, 'calls.log');
    const options = [
      '-f',
      '-y',
      '-o',
      log,
      '-e',
      'trace=write,fsync,link,linkat',
      process.execPath,
      ...program(upload),
    ];
    await promisify(execFile)('strace', options);

    const calls = await readFile(log, 'utf8');
    const steps = [
      /write\(.*_incoming\/.*"act"/,
      /fsync\(.*_incoming\//,
      /link(at)?\(.*_incoming\/.*\/bfc\//,
      /fsync\(.*\/bfc>/,
      new RegExp(`fsync\\(\\d+<${folder}>`),
      /write\(.*"answered"/,
    ];
    // The last of each: the folders are synced once more when they are made, before the document comes.
    const places = steps.map((step) => calls.split('\n').findLastIndex((call) => step.test(call)));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  },
  60_000,
);
