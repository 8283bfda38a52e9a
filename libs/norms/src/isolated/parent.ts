import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Refused } from '../xml/index.ts';
import type { Answered, Told } from './child.ts';

export interface IsolatedOptions {
  /** The file that runs inside, and calls `answer`. */
  program: string;
  /** What it is told once. Structured clone: buffers and maps pass. */
  settings: unknown;
  /** The folders and files that it may read besides the sources of Jonction. */
  readable: readonly string[];
  /**
   * Bytes of memory that each byte of a file may take besides, where a format is in memory whole; none when it is read as it
   * comes.
   */
  memoryPerByte?: number;
}

/** Why a process was ended before it gave its answer. */
export type Overrun = 'LIMIT_CPU' | 'LIMIT_MEMORY' | 'READER_DIED';

/** What a file cost. `growthMiB` is the most memory that the process ever took above what it began with. */
export interface Cost {
  cpuMs: number;
  growthMiB: number;
}

export type Judged<Answer> = { answer: Answer; cost?: Cost } | { overrun: Overrun };

/** A process without network that reads files of strangers one by one. */
export interface Isolated<File extends { path: string }, Answer> extends AsyncDisposable {
  /** What this system cannot do to hold the process; empty on a Linux that lets users have namespaces. */
  missing: ('network' | 'limits')[];
  judge(file: File): Promise<Judged<Answer>>;
}

const ROOT = join(import.meta.dirname, '../../../..');
const MEBIBYTE = 1024 * 1024;
const CPU_MS = 2_000;
/** Honest files of 150 MiB take time to unpack: some 10 ms a MiB (2 cores, 2026-11); three times that is allowed. */
const CPU_MS_PER_MIB = 30;
const GROWTH_MIB = 64;
/** A process that waits for something takes no CPU time: it is ended after ten times its limit, and this. */
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 20;
const TICK_MS = 10; // USER_HZ is 100 on every Linux that Node runs on
const PAGE = 4096;

/**
 * Starts the process. When a file makes it take too much or die, it is killed, that is the answer, and the next file gets a
 * new process. Throws Refused when it refuses its settings.
 */
export async function openIsolated<File extends { path: string }, Answer>(
  options: IsolatedOptions,
): Promise<Isolated<File, Answer>> {
  const missing = missingHere();
  let running: Running | undefined = await start(options, missing);
  return {
    missing,
    async judge(file) {
      for (;;) {
        running ??= await start(options, missing);
        const judged = await ask<Answer>(running, file, options.memoryPerByte ?? 0);
        const { fresh } = running;
        running.fresh = false;
        if ('answer' in judged) return judged;
        await stop(running.child);
        running = undefined;
        // What the files before it left in memory is not its fault: it is judged again, alone.
        if (judged.overrun !== 'LIMIT_MEMORY' || fresh) return judged;
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (running) await stop(running.child);
    },
  };
}

interface Running {
  child: ChildProcess;
  /** It has read no file yet. */
  fresh: boolean;
  /** Bytes of memory that it took before the first. */
  baseline: number;
}

function missingHere(): ('network' | 'limits')[] {
  const noNetwork = spawnSync('unshare', ['--map-root-user', '--net', 'true']).status === 0;
  const limits = existsSync('/proc/self/statm');
  return [...(noNetwork ? [] : ['network' as const]), ...(limits ? [] : ['limits' as const])];
}

async function start(
  { program, settings, readable, memoryPerByte = 0 }: IsolatedOptions,
  missing: string[],
): Promise<Running> {
  const allowed = [ROOT, ...readable].map((path) => `--allow-fs-read=${path}`);
  // Small young generation: what is read passes through, and must not be kept for later. A text of 150 MiB is one string.
  const heap = memoryPerByte > 0 ? 512 : 128;
  const flags = [
    '--permission',
    `--max-old-space-size=${heap}`,
    '--max-semi-space-size=2',
    '--expose-gc',
    '--no-warnings',
    ...allowed,
  ];
  const command = [process.execPath, ...flags, program];
  const away = missing.includes('network') ? [] : ['unshare', '--map-root-user', '--net', '--'];
  const [first = '', ...args] = [...away, ...command];
  // Nothing of our environment is its business, least of all passwords.
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  const child = spawn(first, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    said = (said + part).slice(-2_000);
  });
  child.send({ settings } satisfies Told);
  const [answered] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [Answered | number | null];
  const ready = typeof answered === 'object' && answered && 'ready' in answered ? answered.ready : undefined;
  if (ready?.length === 0) return { child, fresh: true, baseline: usageOf(child)?.memory ?? 0 };
  await stop(child);
  if (ready) throw new Refused(...ready);
  throw new Error(`${program} does not start: ${said}`);
}

/** Ends it and waits until it is gone. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

function ask<Answer>(
  { child, baseline }: Running,
  file: { path: string },
  memoryPerByte: number,
): Promise<Judged<Answer>> {
  const before = usageOf(child);
  const size = statSync(file.path, { throwIfNoEntry: false })?.size ?? 0;
  const growthLimit = GROWTH_MIB * MEBIBYTE + memoryPerByte * size;
  const cpuLimit = CPU_MS + CPU_MS_PER_MIB * (size / MEBIBYTE);
  return new Promise((resolve) => {
    const settle = (judged: Judged<Answer>) => {
      clearInterval(watch);
      clearTimeout(patience);
      child.removeAllListeners('message').removeAllListeners('exit');
      resolve(judged);
    };
    const watch = setInterval(() => {
      const now = usageOf(child);
      if (!now || !before) return;
      if (now.cpuMs - before.cpuMs > cpuLimit) settle({ overrun: 'LIMIT_CPU' });
      else if (now.memory - baseline > growthLimit) settle({ overrun: 'LIMIT_MEMORY' });
    }, LOOK_EVERY_MS);
    const patience = setTimeout(() => settle({ overrun: 'LIMIT_CPU' }), PATIENCE_MS + 10 * cpuLimit);
    child.once('exit', () => settle({ overrun: 'READER_DIED' }));
    child.once('message', (answered: Answered) => {
      if (!('answer' in answered)) return settle({ overrun: 'READER_DIED' });
      const answer = answered.answer as Answer;
      const after = usageOf(child);
      if (!after || !before) return settle({ answer });
      // It may have been quicker than the next look.
      if (after.memory - baseline > growthLimit) return settle({ overrun: 'LIMIT_MEMORY' });
      const growthMiB = Math.max(0, after.peak - baseline) / MEBIBYTE;
      settle({ answer, cost: { cpuMs: after.cpuMs - before.cpuMs, growthMiB } });
    });
    child.send({ file } satisfies Told);
  });
}

/** What a process has taken until now, where the system tells: CPU time, resident memory now and at its highest. */
function usageOf({ pid }: ChildProcess): { cpuMs: number; memory: number; peak: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const memory = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE;
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, memory, peak };
  } catch {
    return undefined; // another system, or it has just ended: the exit is told by itself
  }
}
