import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunAs } from './postgres-binaries.ts';
import { type Progress, run } from './run.ts';

/** Where the data really lies, and the user that PostgreSQL runs as. */
export type DataFolder = { real: string; as: RunAs };

// `nobody` of every Debian. An uid without a line in /etc/passwd would not do: initdb looks its name up.
const NOBODY = { uid: 65534, gid: 65534 };

/**
 * Chooses where the data of `dir` (an absolute path) lies. As an ordinary user: there. As root, PostgreSQL must run as another user:
 * the owner of data that exist, else nobody; when nobody cannot reach `dir`, the data go to /var/lib/jonction and `dir` becomes a link.
 */
export async function placeData(dir: string, progress: Progress): Promise<DataFolder> {
  await mkdir(dirname(dir), { recursive: true });
  const real = await realpath(dir).catch(() => undefined);
  const owner = real && (await stat(real)).uid;
  const us = process.getuid?.();
  if (us !== 0) {
    if (owner === undefined || owner === us) return { real: real ?? dir, as: {} };
    throw new Error(
      `the data in ${dir} belong to uid ${owner}: start as that user (0 or 65534: as root), or use another data folder.`,
    );
  }
  if (process.platform !== 'linux')
    throw new Error('PostgreSQL does not run as root: start Jonction as an ordinary user.');
  if (real && owner) return { real, as: { uid: owner, gid: (await stat(real)).gid } };
  if (real) return { real, as: NOBODY };
  await rm(dir, { force: true }); // a link that leads nowhere
  if ((await run('test', ['-x', dirname(dir)], { ...NOBODY, cwd: '/' })).ok) return { real: dir, as: NOBODY };
  return { real: await placeElsewhere(dir, progress), as: NOBODY };
}

async function placeElsewhere(dir: string, progress: Progress): Promise<string> {
  const real = join('/var/lib/jonction', createHash('sha256').update(dir).digest('hex').slice(0, 16));
  await mkdir(dirname(real), { recursive: true });
  await chmod(dirname(real), 0o755);
  if ((await readdir(real).catch(() => [])).length > 0) {
    const aside = `${real}.${new Date()
      .toISOString()
      .replaceAll(/[^0-9]/g, '')
      .slice(0, 14)}`;
    await rename(real, aside);
    progress(
      `${dir} was removed but its data were not: they are kept in ${aside}; remove that folder when you do not need it`,
    );
  }
  await mkdir(real, { recursive: true });
  await symlink(real, dir);
  progress(
    `PostgreSQL's data are in ${real} (${dir} leads there): it runs as nobody, who cannot enter ${dirname(dir)}`,
  );
  return real;
}

/** Removes the data of `dir`, where they really lie, and their password. PostgreSQL must be stopped. */
export async function removePostgresData(dir: string): Promise<void> {
  const real = await realpath(dir).catch(() => dir);
  await rm(real, { recursive: true, force: true });
  await rm(dir, { recursive: true, force: true });
  await rm(`${dir}.password`, { force: true });
}

/** The administrator's password, in `<dir>.password` (0600), made with the data. Throws when there are data without it. */
export async function passwordOf(dir: string, real: string): Promise<string> {
  const file = `${dir}.password`;
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept.trim()) return kept.trim();
  if (await hasData(real))
    throw new Error(
      `${file} is missing, and the data in ${dir} cannot be opened without it: restore it, or begin anew without both.`,
    );
  const password = randomBytes(24).toString('hex');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/** Makes an empty cluster unless there is one: data checksums, passwords by SCRAM only, UTF-8 whose order does not depend on the system. */
export async function createData(bin: string, major: number, data: DataFolder, password: string): Promise<void> {
  if (await hasData(data.real)) return;
  const draft = `${data.real}.new`; // renamed when it is whole: a start killed meanwhile leaves nothing half made
  const passwordFile = `${data.real}.pw`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (data.as.uid !== undefined)
    for (const path of [draft, passwordFile]) await chown(path, data.as.uid, data.as.gid ?? data.as.uid);
  const locale =
    major >= 17 ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C.UTF-8'];
  const options = [
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--data-checksums',
    '--encoding=UTF8',
    ...locale,
  ];
  const made = await run(join(bin, 'initdb'), ['-D', draft, ...options], { ...data.as, cwd: '/', timeout: 120_000 });
  await rm(passwordFile, { force: true });
  if (!made.ok) throw new Error(`initdb could not make ${draft}: ${made.output}`);
  await rm(data.real, { recursive: true, force: true });
  await rename(draft, data.real);
}

/**
 * A killed PostgreSQL leaves postmaster.pid. It copes with a dead pid, but not with one that another program has since:
 * then removes the file. Throws when a PostgreSQL still runs on these data after 15 s.
 */
export async function clearStalePid(real: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const file = join(real, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!pid) return;
  const deadline = performance.now() + 15_000;
  // A PostgreSQL works in its data folder.
  while ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) === real) {
    if (performance.now() > deadline)
      throw new Error(`another PostgreSQL (pid ${pid}) runs on ${real}: stop it (kill -INT ${pid}), then start again.`);
    await delay(50);
  }
  await rm(file, { force: true });
}

async function hasData(real: string): Promise<boolean> {
  return (await lstat(join(real, 'PG_VERSION')).catch(() => undefined)) !== undefined;
}
