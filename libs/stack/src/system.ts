import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Says one line to the person who waits. */
export type Progress = (line: string) => void;

/** The user that a program runs as. Empty: our own. */
export type RunAs = { uid?: number; gid?: number };

type RunOptions = RunAs & { cwd?: string; env?: NodeJS.ProcessEnv; timeout?: number };

/** Runs a program to its end. Never throws: one that is missing, fails or takes longer than `timeout` (30 s) is `ok: false`. */
export function run(
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 30_000, maxBuffer: 16 << 20, ...options }, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: `${stdout}${stderr}`.trim() || (error?.message ?? '') });
    });
  });
}

/** Tries every 20 ms until `attempt` gives a truthy value. Undefined when `limitMs` has passed. */
export async function until<T>(attempt: () => T | Promise<T>, limitMs: number): Promise<T | undefined> {
  const deadline = performance.now() + limitMs;
  while (true) {
    const result = await attempt();
    if (result || performance.now() > deadline) return result || undefined;
    await delay(20);
  }
}

/** The text of a file, undefined when it is not there. Throws when it is closed to us. */
export function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** The text of a file, empty when it is not there or closed to us. */
export function readOrEmpty(path: string): string {
  return orElse(() => readFileSync(path, 'utf8'), '');
}

/** What `read` gives, or `otherwise` when it throws: files of /proc come and go, and those of other users are closed. */
export function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** The lines of a failure that lists each thing tried. */
export function bullets(tried: string[]): string {
  return tried.map((line) => `  - ${line}\n`).join('');
}
