import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import {
  type Child,
  type ChildOptions,
  type Restartable,
  restartable,
  type Supervision,
  spawnChild,
  whenReady,
} from './child.ts';
import { findPostgres } from './postgres-binaries.ts';
import { clearStalePid, createData, type DataFolder, passwordOf, placeData } from './postgres-data.ts';
import { type Progress, run } from './system.ts';

export type PostgresOptions = Supervision & {
  /** The data folder. The administrator's password is kept beside it, in `<dir>.password`. */
  dir: string;
  port: number;
  /** Server settings over those of Jonction, e.g. `{ shared_buffers: '1GB' }`. */
  settings?: Record<string, string | number>;
  progress?: Progress;
};

/** A PostgreSQL that answers; `adminUrl` is that of a superuser, on the database `postgres`. */
export type Postgres = Restartable & { adminUrl: string; port: number };

const SETTINGS = {
  shared_buffers: '256MB',
  max_connections: 200,
  fsync: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
};

/**
 * Starts PostgreSQL on `dir`, made the first time, on 127.0.0.1 only, and resolves when it answers.
 * As root it runs as another user (`placeData` says where the data then lie). Throws with what was tried, or its last lines.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { port, progress = () => {} } = options;
  const dir = resolve(options.dir);
  const data = await placeData(dir, progress);
  const source = await findPostgres(data.as, progress);
  const password = await passwordOf(dir, data.real);
  if ('bin' in source) await createData(source.bin, source.major, data, password);
  const adminUrl = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  const command = 'bin' in source ? local(source, data, options) : contained(source, data, options, password);
  return restartable({ adminUrl, port }, () => launch(command, data.real, options, adminUrl));
}

/** The server of an administrator's URL: used, never started nor stopped. Throws when it does not answer or is older than 15. */
export async function givenPostgres(adminUrl: string): Promise<Postgres> {
  const { hostname, port } = new URL(adminUrl);
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    const { rows } = await client.query('show server_version_num');
    if (Number(rows[0].server_version_num) < 150_000) throw new Error('it is older than version 15');
  } catch (error) {
    throw new Error(`the PostgreSQL of DATABASE_URL (${hostname}) cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => {});
  }
  const refuse = async () => {
    throw new Error('this PostgreSQL was given by its URL: it is not ours to kill or to start');
  };
  const leave = async () => {};
  const given = { kill9: refuse, start: refuse, restart: refuse, stop: leave, [Symbol.asyncDispose]: leave };
  return { adminUrl, port: Number(port || 5432), pid: undefined, ...given };
}

type Command = Pick<ChildOptions, 'command' | 'args' | 'env' | 'uid' | 'gid'>;

function local({ bin }: { bin: string }, { real, as }: DataFolder, options: PostgresOptions): Command {
  const network = { listen_addresses: '127.0.0.1', port: options.port, unix_socket_directories: '' };
  const args = ['-D', real, ...asArguments({ ...SETTINGS, ...options.settings, ...network })];
  return { command: `${bin}/postgres`, args, env: { PATH: process.env.PATH, LC_ALL: 'C' }, ...as };
}

// A killed docker client leaves its container: the next launch removes it.
function contained(
  { image }: { image: string },
  { real }: DataFolder,
  options: PostgresOptions,
  password: string,
): Command {
  const user = process.getuid?.() ? ['--user', `${process.getuid()}:${process.getgid?.()}`] : [];
  const place = [
    '-p',
    `127.0.0.1:${options.port}:5432`,
    '-v',
    `${real}:/data`,
    '-e',
    'PGDATA=/data',
    '-e',
    'POSTGRES_PASSWORD',
  ];
  const initdb = '--data-checksums --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8';
  const args = [
    'run',
    '--rm',
    '--name',
    containerOf(options),
    ...user,
    ...place,
    '-e',
    `POSTGRES_INITDB_ARGS=${initdb}`,
    image,
  ];
  const settings = asArguments({ ...SETTINGS, ...options.settings });
  return { command: 'docker', args: [...args, ...settings], env: { ...process.env, POSTGRES_PASSWORD: password } };
}

function asArguments(settings: Record<string, string | number>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function containerOf({ port }: PostgresOptions): string {
  return `jonction-postgres-${port}`;
}

async function launch(command: Command, real: string, options: PostgresOptions, adminUrl: string): Promise<Child> {
  const { logFile, ledger, onExit } = options;
  const supervision = { name: 'PostgreSQL', cwd: '/', logFile, ledger, onExit, stopSignal: 'SIGINT' } as const;
  const deadline = performance.now() + 20_000;
  while (true) {
    if (command.command === 'docker') await run('docker', ['rm', '-f', containerOf(options)]);
    else await clearStalePid(real);
    const child = await spawnChild({ ...command, ...supervision });
    try {
      return await whenReady(child, () => letsUsIn(adminUrl), 120_000);
    } catch (error) {
      // The sessions of a killed server notice it a moment later; until then the new one refuses.
      if (!child.printed().includes('pre-existing shared memory block') || performance.now() > deadline) throw error;
      await delay(100);
    }
  }
}

/** True when the server lets us in, false when it is not ready yet. Throws when it never will. */
async function letsUsIn(adminUrl: string): Promise<boolean> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 2_000, ssl: false });
  client.on('error', () => {}); // a session cut while the server starts
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') return false;
    throw new Error('refuses the password kept beside its data: it is not theirs, or another server holds this port');
  } finally {
    await client.end().catch(() => {});
  }
}
