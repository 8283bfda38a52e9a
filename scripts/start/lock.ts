import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endOrphans, orElse, type Progress, processMark, readIfThere } from '@jonction/stack';

/** Holds a data folder until it is disposed. `ledger` is where the processes started under it are noted. */
export type Lock = AsyncDisposable & { ledger: string };

type Holder = { pid: number; mark: string | undefined; since: string };

/**
 * Takes `<dir>/lock`, so that one start at a time works on a data folder, and ends the processes that a killed start left.
 * Throws when a living process holds it, saying which, since when and what to do; a dead holder's lock is taken over.
 */
export async function acquireLock(dir: string, progress: Progress): Promise<Lock> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'lock');
  const holder: Holder = { pid: process.pid, mark: processMark(process.pid), since: new Date().toISOString() };
  while (!createWith(file, JSON.stringify(holder))) removeStale(file, progress);
  const ledger = join(dir, 'children');
  const release = async () => rmSync(file, { force: true });
  await endOrphans(ledger, progress);
  return { ledger, [Symbol.asyncDispose]: release };
}

/** The 32 random bytes from which the passwords of a data folder are derived: `<dir>/secret`, mode 0600, made once. */
export function seekSecrets(dir: string): Buffer {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'secret');
  createWith(file, randomBytes(32).toString('hex'));
  const secret = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (secret.length === 32) return secret;
  throw new Error(`${file} is damaged: it must hold 64 hexadecimal digits. Restore it, or begin anew without ${dir}.`);
}

/** Makes a file with its whole content in one step (others never see it half written). False when it exists already. */
function createWith(file: string, content: string): boolean {
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function removeStale(file: string, progress: Progress): void {
  const seen = readIfThere(file);
  const { pid, mark, since } = orElse((): Holder => JSON.parse(seen), { pid: 0, mark: '', since: 'an unknown time' });
  if (pid && processMark(pid) === mark) {
    const advice = `Stop it first (Ctrl-C in its terminal, or: kill ${pid}), or use another data folder.`;
    throw new Error(`pid ${pid} works on this data folder since ${since} (${file}). ${advice}`);
  }
  // Two starts may find the same dead holder: what was moved away must be what was read, else it is put back.
  const aside = `${file}.${process.pid}.stale`;
  orElse(() => renameSync(file, aside), undefined);
  if (readIfThere(aside) !== seen) orElse(() => linkSync(aside, file), undefined);
  else if (seen) progress(`taking over ${file}: pid ${pid}, since ${since}, is gone`);
  rmSync(aside, { force: true });
}
