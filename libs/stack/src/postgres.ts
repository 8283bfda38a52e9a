import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type Child, type Restartable, restartable, type Supervision, spawnChild, whenReady } from './child.ts';
import { findPostgres, type PostgresBinaries, type PostgresImage } from './postgres-binaries.ts';
import { clearStalePid, createData, type DataFolder, passwordOf, placeData } from './postgres-data.ts';
import { type Progress, type RunAs, run } from './system.ts';

/** `dir` holds the data, `<dir>.password` the administrator's password; `settings` of the server go over those of Jonction. */
export type PostgresOptions = Supervision & {
  dir: string;
  port: number;
  settings?: Record<string, string | number>;
  progress?: Progress;
};

/** A PostgreSQL that answers; `adminUrl` is that of a superuser, on the database `postgres`. */
export type Postgres = Restartable & { adminUrl: string; port: number };

/** How the server is started, and what must be done just before, each time. */
type Start = RunAs & { command: string; args: string[]; env: NodeJS.ProcessEnv; before: () => Promise<unknown> };

const DURABLE = { fsync: 'on', synchronous_commit: 'on' };
/** A refused statement holds its values, and its detail quotes the row: what persons typed is for no log. */
const DISCREET = { log_error_verbosity: 'terse', log_min_error_statement: 'panic' };
/** New tables grow fast here; with a minute between looks their first queries are planned as if they were empty. */
const WATCHFUL = { autovacuum_naptime: '5s' };
/** What the code is tested with, and a server elsewhere is to have. */
export const POSTGRES_SETTINGS = { ...DURABLE, ...DISCREET, ...WATCHFUL };
const SETTINGS = {
  ...POSTGRES_SETTINGS,
  shared_buffers: '256MB',
  max_connections: 200,
  timezone: 'UTC',
};

/**
 * Starts PostgreSQL on `dir`, made the first time, on 127.0.0.1 only, and resolves when it answers.
 * As root it runs as another user (`placeData` says where the data then lie). Throws with what was tried, or its last lines.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { port, progress = () => {} } = options;
  const dir = resolve(options.dir);
  const { real, as } = await placeData(dir, progress);
  const source = await findPostgres(as, progress);
  const password = await passwordOf(dir, real);
  const adminUrl = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  if ('bin' in source) await createData(source, { real, as }, password);
  const start = 'bin' in source ? local(source, { real, as }, options) : contained(source, real, password, options);
  return restartable({ adminUrl, port }, () => launch(start, options, adminUrl));
}

/** The server of an administrator's URL: used, never started nor stopped. Throws when it does not answer or is older than 15. */
export async function givenPostgres(adminUrl: string): Promise<Postgres> {
  const { hostname, port } = new URL(adminUrl);
  const version = await versionOf(adminUrl).catch((error) => {
    throw new Error(`the PostgreSQL of DATABASE_URL (${hostname}) does not let us in: ${error.message}`);
  });
  if (version < 150_000) throw new Error(`the PostgreSQL of DATABASE_URL (${hostname}) is older than version 15`);
  const refuse = async () => {
    throw new Error('this PostgreSQL was given by its URL: it is not ours to kill or to start');
  };
  const leave = async () => {};
  const given = { kill9: refuse, start: refuse, restart: refuse, stop: leave, [Symbol.asyncDispose]: leave };
  return { adminUrl, port: Number(port || 5432), pid: undefined, ...given };
}

function local({ bin }: PostgresBinaries, { real, as }: DataFolder, { port, settings }: PostgresOptions): Start {
  const network = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port };
  const args = ['-D', real, ...flags({ ...SETTINGS, ...settings, ...network })];
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  return { command: `${bin}/postgres`, args, env, before: () => clearStalePid(real), ...as };
}

function contained({ image }: PostgresImage, real: string, password: string, options: PostgresOptions): Start {
  const { port, settings } = options;
  const name = `jonction-postgres-${port}`;
  const user = process.getuid?.() ? ['--user', `${process.getuid()}:${process.getgid?.()}`] : [];
  const fixed = `run --rm --name ${name} -p 127.0.0.1:${port}:5432 -e PGDATA=/data -e POSTGRES_PASSWORD`.split(' ');
  const initdb = ['-e', 'POSTGRES_INITDB_ARGS=--data-checksums --locale-provider=builtin --builtin-locale=C.UTF-8'];
  const args = [...fixed, ...initdb, ...user, '-v', `${real}:/data`, image, ...flags({ ...SETTINGS, ...settings })];
  // A killed client leaves its container. docker runs as us: the image changes its user by itself.
  const before = () => run('docker', ['rm', '-f', name]).catch(() => {});
  return { command: 'docker', args, env: { ...process.env, POSTGRES_PASSWORD: password }, before };
}

function flags(settings: Record<string, string | number>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function launch(start: Start, options: PostgresOptions, adminUrl: string): Promise<Child> {
  const deadline = performance.now() + 20_000;
  while (true) {
    await start.before();
    const server = await spawnChild({ ...options, ...start, name: 'PostgreSQL', cwd: '/', stopSignal: 'SIGINT' });
    try {
      return await whenReady(server, () => letsUsIn(adminUrl), 120_000);
    } catch (error) {
      // The sessions of a killed server notice it a moment later; until then the new one refuses.
      if (!server.printed().includes('pre-existing shared memory block') || performance.now() > deadline) throw error;
      await delay(100);
    }
  }
}

/** True when the server lets us in, false when it is not ready yet. Throws when it never will. */
async function letsUsIn(adminUrl: string): Promise<boolean> {
  return versionOf(adminUrl).then(Boolean, (error) => {
    if (error.code !== '28P01') return false;
    throw new Error('refuses the password kept beside its data: it is not theirs, or another server holds this port');
  });
}

/** As a number: 180004 is 18.4. */
async function versionOf(adminUrl: string): Promise<number> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {}); // a session cut while the server starts
  try {
    await client.connect();
    return Number((await client.query('show server_version_num')).rows[0].server_version_num);
  } finally {
    await client.end().catch(() => {});
  }
}
