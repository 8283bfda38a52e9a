import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A file that arrived in a folder, whole. `other` is what is of another flow, such as OCRE: to be moved aside. */
export interface Arrival {
  name: string;
  path: string;
  kind: 'PES' | 'other';
  bytes: Buffer;
}

export interface WatchOptions {
  /** How often the folder is looked at, in milliseconds. */
  everyMs: number;
  /** For how many looks in a row a file must not have changed. */
  stableLooks: number;
  signal: AbortSignal;
}

interface Seen {
  size: number;
  changedAtMs: number;
  looks: number;
  told: boolean;
}

/**
 * Gives each file that arrives in a folder, once, when its size and its date have stayed the same for some looks and
 * it is not empty: a file of zero bytes, or one that is being written, is waited for. A file that changes after it
 * was given is given again. What is hidden, or ends in a name of unfinished transfers (`.part`, `.tmp`, `.filepart`),
 * is not looked at: it will be renamed. Ends when the signal aborts.
 */
export async function* arrivals(
  folder: string,
  { everyMs, stableLooks, signal }: WatchOptions,
): AsyncGenerator<Arrival> {
  const seen = new Map<string, Seen>();
  while (!signal.aborted) {
    for (const name of await namesIn(folder, seen)) {
      const path = join(folder, name);
      if (!(await isStable(path, name, seen, stableLooks))) continue;
      const bytes = await wholeOf(path, seen.get(name)?.size ?? 0);
      if (bytes) yield { name, path, kind: /\.ocre?$/i.test(name) ? 'other' : 'PES', bytes };
      else seen.delete(name); // it changed while it was read: it is waited for again
    }
    await setTimeout(everyMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
  }
}

/** The names to look at. What is gone is forgotten: a file that comes again under its name is another. */
async function namesIn(folder: string, seen: Map<string, Seen>): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => !/^\.|\.(part|tmp|filepart)$/i.test(name)).sort();
  for (const gone of seen.keys()) if (!names.includes(gone)) seen.delete(gone);
  return names;
}

/** Whether a file has been seen unchanged often enough, and was not given yet as it is. */
async function isStable(path: string, name: string, seen: Map<string, Seen>, stableLooks: number): Promise<boolean> {
  const now = await stat(path).catch(() => undefined); // gone between the list and now
  if (!now?.isFile()) return false;
  const before = seen.get(name);
  const same = before?.size === now.size && before.changedAtMs === now.mtimeMs;
  const next = same ? before : { size: now.size, changedAtMs: now.mtimeMs, looks: 0, told: false };
  seen.set(name, next);
  next.looks += same ? 1 : 0;
  if (next.told || now.size === 0 || next.looks < stableLooks) return false;
  next.told = true;
  return true;
}

/** The bytes, if there are still as many as were seen. */
async function wholeOf(path: string, size: number): Promise<Buffer | undefined> {
  const bytes = await readFile(path).catch(() => undefined); // gone, or taken by another
  return bytes?.length === size ? bytes : undefined;
}
