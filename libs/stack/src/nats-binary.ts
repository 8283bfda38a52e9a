import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { unpackDebianPackage } from './debian.ts';
import { bullets, type Progress, run } from './system.ts';

export type NatsBinary = { path: string; version: string };

// Older servers lack atomic batches: they store a refused batch message by message.
const OLDEST = [2, 12] as const;
const IMAGE = 'nats:2.12';

/**
 * Finds a nats-server 2.12 or newer: NATS_SERVER_BIN, the cache, PATH, then what is fetched into the cache without a change
 * to the system: out of a container image, out of Debian's package. Throws, listing what was tried and what to do.
 */
export async function findNatsServer(
  options: { cacheDir?: string; progress?: Progress; env?: NodeJS.ProcessEnv } = {},
): Promise<NatsBinary> {
  const { env = process.env, progress = () => {} } = options;
  const caches = options.cacheDir ?? join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'jonction');
  const cache = join(caches, `nats-server-${process.arch}`, 'nats-server');
  const onPath = (env.PATH ?? '').split(':').map((folder) => join(folder, 'nats-server'));
  const tried: string[] = [];
  const skip = (failure: unknown) => {
    tried.push((failure as Error).message);
    progress(`nats-server: ${tried.at(-1)}`);
  };
  for (const path of [env.NATS_SERVER_BIN, cache, ...onPath]) {
    if (!path || (path !== env.NATS_SERVER_BIN && !existsSync(path))) continue;
    const found = await inspect(path).catch(skip);
    if (found) return found;
  }
  if (tried.length === 0) tried.push(`NATS_SERVER_BIN is not set, and there is none in ${cache} nor on PATH`);
  for (const [from, fetch] of SOURCES) {
    progress(`looking for nats-server in ${from}`);
    const found = await fetchInto(cache, fetch).catch((error) => skip(new Error(`${from}: ${error.message}`)));
    if (found) return found;
  }
  throw new Error(
    `no nats-server ${OLDEST.join('.')} or newer was found:\n${bullets(tried)}` +
      'Put one on PATH, or say where it is (NATS_SERVER_BIN=/path/to/nats-server) or runs (NATS_URL=nats://host:4222).',
  );
}

/** Each puts files into a folder and gives the path of nats-server among them, or throws. */
const SOURCES: [from: string, fetch: (folder: string) => Promise<string>][] = [
  [`the container image ${IMAGE}`, fromImage],
  ['Debian forky', (folder) => fromDebian('forky', folder)],
  ['Debian sid', (folder) => fromDebian('sid', folder)],
];

async function fromImage(folder: string): Promise<string> {
  const docker = async (...args: string[]) => {
    const { ok, output } = await run('docker', args, { timeout: 180_000 });
    if (!ok) throw new Error(output);
    return output.split('\n').at(-1) ?? '';
  };
  await docker('info', '--format', '{{.ServerVersion}}');
  const container = await docker('create', IMAGE);
  await docker('cp', `${container}:/nats-server`, folder).finally(() => docker('rm', container));
  return join(folder, 'nats-server');
}

async function fromDebian(suite: string, folder: string): Promise<string> {
  await unpackDebianPackage('nats-server', suite, folder);
  return join(folder, 'usr/sbin/nats-server');
}

/** Fetches into a draft folder and moves the binary to the cache in one step: two starts at once may both do so. */
async function fetchInto(cache: string, fetch: (folder: string) => Promise<string>): Promise<NatsBinary> {
  await mkdir(dirname(cache), { recursive: true });
  const draft = await mkdtemp(join(dirname(cache), 'draft-'));
  try {
    const { path, version } = await inspect(await fetch(draft));
    await rename(path, cache);
    return { path: cache, version };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The version of a nats-server. Throws when it does not run or is too old. */
async function inspect(path: string): Promise<NatsBinary> {
  const { ok, output } = await run(path, ['--version']);
  const [version = '', major, minor] = /(\d+)\.(\d+)\S*/.exec(output) ?? [];
  if (!ok || !version) throw new Error(`${path} does not run: ${output}`);
  if (Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]))
    return { path, version };
  throw new Error(`${path} is version ${version}, older than ${OLDEST.join('.')}: skipped`);
}
