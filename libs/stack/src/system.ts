import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Says one line to the person who waits. */
export type Progress = (line: string) => void;

/** The user that a program runs as. Empty: our own. */
export type RunAs = { uid?: number; gid?: number };

type RunOptions = RunAs & { cwd?: string; env?: NodeJS.ProcessEnv; timeout?: number };

/** Runs a program to its end and gives what it said. Throws that when it fails, is missing or takes over `timeout` (30 s). */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: 30_000, maxBuffer: 16 << 20, ...options }, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`.trim();
      if (error) reject(new Error(said || error.message, { cause: error }));
      else resolve(said);
    });
  });
}

type Wanted = { what: string; advice: string; progress: Progress };

/** What the first step that succeeds gives; each that fails is told. Throws the list of failures, then the advice. */
export async function firstOf<T>({ what, advice, progress }: Wanted, steps: (() => Promise<T>)[]): Promise<T> {
  const tried: string[] = [];
  for (const step of steps) {
    try {
      return await step();
    } catch (error) {
      tried.push((error as Error).message);
      progress(`${what}: ${tried.at(-1)}`);
    }
  }
  throw new Error(`no ${what} was found:\n${tried.map((line) => `  - ${line}\n`).join('')}${advice}`);
}

/**
 * Fetches a program into a draft folder, looks at it, and moves it to `cache` in one step: two commands at once may both do
 * so. Throws what `fetch` and `inspect` throw.
 */
export async function fetchInto<T extends { path: string }>(
  cache: string,
  fetch: (folder: string) => Promise<string>,
  inspect: (path: string) => Promise<T>,
): Promise<T> {
  await mkdir(dirname(cache), { recursive: true });
  const draft = await mkdtemp(join(dirname(cache), 'draft-'));
  try {
    const found = await inspect(await fetch(draft));
    await rename(found.path, cache);
    return { ...found, path: cache };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
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

/** The text of a file, empty when it is not there. Throws when it is closed to us. */
export function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** What `read` gives, or `otherwise` when it throws: files of /proc come and go, and those of other users are closed. */
export function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
