import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { fetchInto, firstOf, fromDebian, type Progress } from '@jonction/stack';
import { parseAllDocuments } from 'yaml';
import type { Thing } from './things.ts';

/** A program that renders: kustomize itself, or the one inside kubectl. */
export type Kustomize = { path: string };

type SearchOptions = { env?: NodeJS.ProcessEnv; progress?: Progress };

const ADVICE = 'Put kustomize 5 or kubectl 1.30 on PATH, or set KUSTOMIZE_BIN=/path/to/kustomize.';
/** Debian's package, and the program in it. */
const PACKAGE = ['kustomize', 'usr/bin/kustomize'] as const;

/**
 * Finds kustomize 5: KUSTOMIZE_BIN, the cache, PATH, kubectl on PATH, then Debian's package, unpacked into the cache without a
 * change to the system. Throws, listing what was tried and what to do.
 */
export function findKustomize({ env = process.env, progress = () => {} }: SearchOptions = {}): Promise<Kustomize> {
  const caches = join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'jonction');
  const cache = join(caches, `kustomize-${process.arch}`, 'kustomize');
  const onPath = (name: string) => (env.PATH ?? '').split(':').map((folder) => join(folder, name));
  const there = [cache, ...onPath('kustomize'), ...onPath('kubectl')].filter(existsSync);
  const places = [...(env.KUSTOMIZE_BIN ? [env.KUSTOMIZE_BIN] : []), ...there];
  return firstOf<Kustomize>({ what: 'kustomize 5', advice: ADVICE, progress }, [
    ...places.map((path) => () => inspect(path)),
    () => fetchInto(cache, (folder) => fromDebian('forky', folder, ...PACKAGE), inspect),
    () => fetchInto(cache, (folder) => fromDebian('sid', folder, ...PACKAGE), inspect),
  ]);
}

/** Throws when it does not run or is older than components. Debian's says "(devel)": it is 5 in the suites that we look in. */
async function inspect(path: string): Promise<Kustomize> {
  const args = isKubectl(path) ? ['version', '--client'] : ['version'];
  const { stdout } = await promisify(execFile)(path, args, { timeout: 30_000 });
  const [, major] = /(?:Kustomize Version: |^|\/)v(\d+)\./m.exec(stdout) ?? [];
  if (Number(major) >= 5 || stdout.includes('(devel)')) return { path };
  throw new Error(`${path} is skipped: it says ${stdout.trim().split('\n').at(-1) ?? 'nothing'}`);
}

const isKubectl = (path: string) => basename(path) === 'kubectl';

/** The objects that a folder renders to, as the API server would read them. Throws what kustomize says. */
export async function render({ path }: Kustomize, folder: string): Promise<Thing[]> {
  const args = [isKubectl(path) ? 'kustomize' : 'build', folder];
  const { stdout } = await promisify(execFile)(path, args, { maxBuffer: 64 << 20, timeout: 60_000 }).catch(
    ({ stderr, message }: { stderr?: string; message: string }) => {
      throw new Error(`kustomize cannot render ${folder}: ${stderr?.trim() || message}`);
    },
  );
  // The server reads YAML 1.1, where an unquoted on is true and 0440 is octal.
  return parseAllDocuments(stdout, { version: '1.1' }).map((document) => document.toJS() as Thing);
}
