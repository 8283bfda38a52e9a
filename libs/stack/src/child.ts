import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { recordChild } from './orphans.ts';
import { type RunAs, until } from './system.ts';

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

/** What the caller gives for each process that it has started. */
export type Supervision = {
  /** All that it prints is appended here. */
  logFile: string;
  /** The lock's ledger: the next start ends the processes noted there if we are killed. */
  ledger?: string;
  onExit?: (exit: Exit) => void;
};

type Program = { name: string; command: string; args: string[]; env?: NodeJS.ProcessEnv; cwd?: string };

/** `stopSignal` asks it to stop; SIGTERM by default. */
export type ChildOptions = Supervision & RunAs & Program & { stopSignal?: NodeJS.Signals };

export type Child = AsyncDisposable & {
  name: string;
  pid: number;
  exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to stop, kills it after `graceMs` (10 s), resolves when it is gone. */
  stop(graceMs?: number): Promise<Exit>;
  /** What it printed since it started. */
  printed(): string;
};

/** A server that can be stopped and started again on the same data and address. Disposing stops it. */
export type Restartable = AsyncDisposable & {
  /** Undefined when it does not run, or is not ours. */
  readonly pid: number | undefined;
  /** Kills it as a power cut would; resolves when it is gone. */
  kill9(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
};

/** Starts a program in a process group of its own, so that a Ctrl-C reaches us alone. Throws when it cannot start. */
export async function spawnChild(options: ChildOptions): Promise<Child> {
  const { name, logFile, cwd, env, uid, gid, stopSignal = 'SIGTERM' } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const logStart = fstatSync(log).size;
  const [command = '', ...args] = [...diesWithUs(stopSignal), options.command, ...options.args];
  const child = spawn(command, args, { cwd, env, uid, gid, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  if (child.pid === undefined) {
    const [error] = await once(child, 'error');
    throw new Error(`${name} could not be started: ${error.message}`, { cause: error });
  }
  if (options.ledger) recordChild(options.ledger, { pid: child.pid, name, stopSignal });
  if (options.onExit) void exited.then(options.onExit);
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  const stop = (graceMs = 10_000) => {
    kill(stopSignal);
    const tooLong = setTimeout(() => kill('SIGKILL'), graceMs);
    return exited.finally(() => clearTimeout(tooLong));
  };
  const printed = () => readFileSync(logFile).subarray(logStart).toString();
  return { name, pid: child.pid, exited, kill, stop, printed, [Symbol.asyncDispose]: () => stop().then(() => {}) };
}

/**
 * Resolves with the child once `attempt` gives true. When the child stops first, or `limitMs` has passed, or `attempt`
 * throws, stops it and throws with the last 20 lines that it printed.
 */
export async function whenReady(child: Child, attempt: () => Promise<boolean>, limitMs: number): Promise<Child> {
  let end: string | undefined;
  void child.exited.then(({ code, signal }) => {
    end = `stopped (${signal ?? `code ${code}`}) before it was ready`;
  });
  try {
    const ready = await until(async () => end !== undefined || (await attempt()), limitMs);
    if (ready && !end) return child; // one that has stopped is not the one that answered
    throw new Error(end ?? `was not ready after ${limitMs / 1000} s`);
  } catch (error) {
    await child.stop();
    const lines = child.printed().trimEnd().split('\n').slice(-20).join('\n');
    throw new Error(`${child.name} ${(error as Error).message}. Its last lines:\n${lines}`, { cause: error });
  }
}

/** Launches a server; gives `reach` (how to reach it) with what stops, kills and launches it again. */
export async function restartable<T extends object>(reach: T, launch: () => Promise<Child>): Promise<T & Restartable> {
  let child: Child | undefined = await launch();
  const end = async (ending: (it: Child) => unknown) => {
    if (child) await ending(child);
    await child?.exited;
    child = undefined;
  };
  const start = async () => {
    child ??= await launch();
  };
  const stop = () => end((it) => it.stop(30_000));
  const kill9 = () => end((it) => it.kill('SIGKILL'));
  const restart = () => stop().then(start);
  const actions = { kill9, start, stop, restart, [Symbol.asyncDispose]: stop };
  return Object.defineProperty({ ...reach, ...actions, pid: child.pid }, 'pid', { get: () => child?.pid });
}

// Where setpriv exists (util-linux: every Debian) the kernel itself tells the child to stop when we are killed, so that a
// test runner that is killed leaves nothing behind. It follows the thread that spawned. The ledger is for everywhere else.
function diesWithUs(signal: NodeJS.Signals): string[] {
  return existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', signal.slice(3)] : [];
}
