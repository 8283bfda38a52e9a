import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { orElse, type Progress, type RunAs, readIfThere, run, until } from './system.ts';

const hasData = (real: string): boolean => existsSync(join(real, 'PG_VERSION'));

/** Where the data really lie, and the user that PostgreSQL runs as. */
export type DataFolder = { real: string; as: RunAs };

// `nobody` of every Debian. An uid without a line in /etc/passwd will not do: initdb looks its name up.
const NOBODY = { uid: 65534, gid: 65534 };

/**
 * Chooses where the data of `dir` (absolute) lie. An ordinary user: there. As root, PostgreSQL must run as another user: the
 * owner of data that exist, else nobody; if nobody cannot reach `dir`, it becomes a link to a folder of /var/lib/jonction.
 */
export async function placeData(dir: string, progress: Progress): Promise<DataFolder> {
  await mkdir(dirname(dir), { recursive: true });
  const real = orElse(() => realpathSync(dir), dir);
  const owner = existsSync(real) ? statSync(real) : undefined;
  const us = process.getuid?.();
  if (us !== 0) {
    if (!owner || owner.uid === us) return { real, as: {} };
    throw new Error(`the data in ${dir} belong to uid ${owner.uid}: start as root, or use another data folder.`);
  }
  if (process.platform !== 'linux') throw new Error('PostgreSQL does not run as root: start as an ordinary user.');
  if (owner) return { real, as: owner.uid ? { uid: owner.uid, gid: owner.gid } : NOBODY };
  const entered = await run('test', ['-x', dirname(dir)], { ...NOBODY, cwd: '/' }).catch(() => 'no');
  return { real: entered === 'no' ? await placeElsewhere(dir, progress) : dir, as: NOBODY };
}

async function placeElsewhere(dir: string, progress: Progress): Promise<string> {
  const shelf = '/var/lib/jonction';
  await mkdir(shelf, { recursive: true });
  await chmod(shelf, 0o755);
  const real = await mkdtemp(join(shelf, `${createHash('sha256').update(dir).digest('hex').slice(0, 12)}-`));
  await rm(dir, { force: true }); // a link that leads nowhere
  await symlink(real, dir);
  progress(`PostgreSQL keeps its data in ${real}, where ${dir} leads: it runs as nobody, who cannot enter there`);
  return real;
}

/** Removes the data of `dir`, wherever they lie, and their password. PostgreSQL must be stopped. */
export async function removePostgresData(dir: string): Promise<void> {
  const real = orElse(() => realpathSync(dir), dir);
  for (const path of [real, dir, `${dir}.password`]) await rm(path, { recursive: true, force: true });
}

/** The administrator's password, in `<dir>.password` (0600), made with the data. Throws when there are data without it. */
export async function passwordOf(dir: string, real: string): Promise<string> {
  const file = `${dir}.password`;
  const kept = readIfThere(file);
  if (kept) return kept.trim();
  if (hasData(real)) throw new Error(`${file} is missing and opens the data in ${dir}: restore it, or remove the data`);
  const password = randomBytes(24).toString('hex');
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

/** Makes an empty cluster unless there is one: data checksums, SCRAM only, UTF-8 with an order that no system changes. */
export async function createData(from: PostgresBinaries, { real, as }: DataFolder, password: string): Promise<void> {
  if (hasData(real)) return;
  const draft = `${real}.new`; // renamed when whole: a start killed meanwhile leaves nothing half made
  const passwordFile = `${real}.pw`; // not the one that we keep: this one must be open to the other user
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  for (const path of [draft, passwordFile]) await chown(path, as.uid ?? -1, as.gid ?? -1);
  const order = from.major < 17 ? '--locale=C.UTF-8' : '--locale=C --locale-provider=builtin --builtin-locale=C.UTF-8';
  const fixed = `--username=postgres --auth=scram-sha-256 --data-checksums --encoding=UTF8 ${order}`.split(' ');
  const args = ['-D', draft, `--pwfile=${passwordFile}`, ...fixed];
  await run(join(from.bin, 'initdb'), args, { ...as, cwd: '/', timeout: 120_000 }).finally(() => rm(passwordFile));
  await rm(real, { recursive: true, force: true });
  await rename(draft, real);
}

/**
 * A killed PostgreSQL leaves postmaster.pid. It copes with a dead pid, not with one that another program has since: removes
 * the file then. Throws when a PostgreSQL still works on these data after 15 s.
 */
export async function clearStalePid(real: string): Promise<void> {
  const file = join(real, 'postmaster.pid');
  const pid = readIfThere(file).split('\n')[0];
  if (!pid || process.platform !== 'linux') return;
  const worksElsewhere = () => orElse(() => readlinkSync(`/proc/${pid}/cwd`), '') !== real;
  if (await until(worksElsewhere, 15_000)) return rm(file, { force: true });
  throw new Error(`another PostgreSQL (pid ${pid}) works on ${real}: stop it (kill -INT ${pid}), then start again.`);
}
