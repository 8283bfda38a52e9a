import { fork } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@jonction/stack';

type Told = { id: number; task: string; with: unknown };
type Answered = { id: number; answer?: unknown; failure?: string };

/** A process of the bench, that does what it is asked, one task after the other. */
export interface Child extends AsyncDisposable {
  pid: number;
  ask<Answer>(task: string, settings?: unknown): Promise<Answer>;
}

export interface ChildOptions {
  /** A file of bench/processes. */
  file: string;
  env?: Record<string, string>;
  logFile: string;
  /** Options of node itself, such as `--import @jonction/service/telemetry`. */
  node?: string[];
}

/** Starts a process of the bench; it ends when this one does. */
export function startChild({ file, env = {}, logFile, node = [] }: ChildOptions): Child {
  const log = openSync(logFile, 'a');
  const child = fork(join(ROOT, 'bench/processes', file), {
    cwd: ROOT,
    env: { ...process.env, ...env },
    execArgv: node,
    stdio: ['ignore', log, log, 'ipc'],
    serialization: 'advanced',
  });
  let asked = 0;
  const waiting = new Map<number, { resolve(answer: never): void; reject(error: Error): void }>();
  child.on('message', ({ id, answer, failure }: Answered) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (failure === undefined) one?.resolve(answer as never);
    else one?.reject(new Error(`${file}: ${failure}`));
  });
  const exited = new Promise<void>((resolve) =>
    child.once('exit', (code, signal) => {
      for (const one of waiting.values()) one.reject(new Error(`${file} ended (${signal ?? code}); see ${logFile}`));
      resolve();
    }),
  );
  return {
    pid: child.pid ?? 0,
    ask: (task, settings) =>
      new Promise((resolve, reject) => {
        const id = ++asked;
        waiting.set(id, { resolve, reject });
        child.send({ id, task, with: settings } satisfies Told);
      }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.disconnect();
      await exited;
    },
  };
}

/** The other end: what this process can be asked. It ends when its parent lets go of it. */
export function answer(tasks: Record<string, (settings: never) => unknown>): void {
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ id, task, with: settings }: Told) => {
    try {
      const given = await tasks[task]?.(settings as never);
      process.send?.({ id, answer: given } satisfies Answered);
    } catch (error) {
      process.send?.({ id, failure: (error as Error).stack ?? String(error) } satisfies Answered);
    }
  });
}
