import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fromDebian } from './debian.ts';
import { fetchInto, firstOf, type Progress, run } from './system.ts';

export type NatsBinary = { path: string; version: string };

type SearchOptions = { cacheDir?: string; progress?: Progress; env?: NodeJS.ProcessEnv };

const OLDEST = 2_014; // 2.14: older servers cannot set a durable back to its last acknowledgement
const IMAGE = 'nats:2.15';
/** Debian's package, and the program in it. */
const PACKAGE = ['nats-server', 'usr/sbin/nats-server'] as const;
const ADVICE =
  'Put one on PATH, or set NATS_SERVER_BIN=/path/to/nats-server, or NATS_URL=nats://host:4222 if one runs.';

/**
 * Finds nats-server 2.14 or newer: NATS_SERVER_BIN, the cache, PATH, then what is fetched into the cache and changes nothing
 * of the system: out of a container image, out of Debian's package. Throws, listing what was tried and what to do.
 */
export function findNatsServer({ env = process.env, cacheDir, progress = () => {} }: SearchOptions = {}) {
  const caches = cacheDir ?? join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'jonction');
  const cache = join(caches, `nats-server-${process.arch}`, 'nats-server');
  const onPath = (env.PATH ?? '').split(':').map((folder) => join(folder, 'nats-server'));
  const places = [...(env.NATS_SERVER_BIN ? [env.NATS_SERVER_BIN] : []), ...[cache, ...onPath].filter(existsSync)];
  return firstOf<NatsBinary>({ what: 'nats-server 2.14 or newer', advice: ADVICE, progress }, [
    ...places.map((path) => () => inspect(path)),
    () => fetchInto(cache, fromImage, inspect),
    () => fetchInto(cache, (folder) => fromDebian('forky', folder, ...PACKAGE), inspect),
    () => fetchInto(cache, (folder) => fromDebian('sid', folder, ...PACKAGE), inspect),
  ]);
}

async function fromImage(folder: string): Promise<string> {
  const docker = (...args: string[]) => run('docker', args, { timeout: 180_000 });
  await docker('info', '--format', '{{.ServerVersion}}');
  const container = (await docker('create', IMAGE)).split('\n').at(-1) ?? '';
  await docker('cp', `${container}:/nats-server`, folder).finally(() => docker('rm', container));
  return join(folder, 'nats-server');
}

/** The version of a nats-server. Throws when it does not run or is too old. */
async function inspect(path: string): Promise<NatsBinary> {
  const [version = 'unknown', major, minor] = /(\d+)\.(\d+)\S*/.exec(await run(path, ['--version'])) ?? [];
  if (Number(major) * 1000 + Number(minor) >= OLDEST) return { path, version };
  throw new Error(`${path} is skipped: its version is ${version}`);
}
