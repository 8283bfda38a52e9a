import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type Child, type Exit, printedBy, spawnChild, whenReady } from './child.ts';
import { findPostgres, type PostgresSource } from './postgres-binaries.ts';
import { clearStalePid, createData, type DataFolder, passwordOf, placeData } from './postgres-data.ts';
import { type Progress, run } from './run.ts';

export type PostgresOptions = {
  /** The data folder; the administrator's password is kept beside it, in `<dir>.password`. */
  dir: string;
  port: number;
  logFile: string;
  /** Server settings over those of Jonction, e.g. `{ shared_buffers: '1GB' }`. */
  settings?: Record<string, string | number>;
  ledger?: string | undefined;
  progress?: Progress;
  onExit?: (exit: Exit) => void;
};

/** A PostgreSQL that runs. Disposing stops it. */
export type Postgres = AsyncDisposable & {
  /** URL of an administrator (superuser), on the database `postgres`. */
  adminUrl: string;
  port: number;
  /** Undefined when it is stopped or not ours. */
  readonly pid: number | undefined;
  /** Kills the server as a power cut would, and resolves when it is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same data and port. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

type Server = {
  source: PostgresSource;
  data: DataFolder;
  password: string;
  adminUrl: string;
  options: PostgresOptions;
};

const SETTINGS = {
  shared_buffers: '256MB',
  max_connections: 200,
  fsync: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Starts PostgreSQL on `dir`, made the first time, on 127.0.0.1 only, and resolves when it answers.
 * As root it runs as another user (postgres-data.ts says where the data then lie). Throws with what was tried or with its last lines.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const progress = options.progress ?? (() => {});
  const dir = resolve(options.dir);
  const data = await placeData(dir, progress);
  const source = await findPostgres(data.as, progress);
  const password = await passwordOf(dir, data.real);
  if (source.kind === 'binaries') await createData(source.bin, source.major, data, password);
  const adminUrl = `postgresql://postgres:${password}@127.0.0.1:${options.port}/postgres`;
  return running({ source, data, password, adminUrl, options });
}

/** The server of an administrator's URL: it is used, never started nor stopped. Throws when it does not answer or is older than 15. */
export async function givenPostgres(adminUrl: string): Promise<Postgres> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  const { hostname, port } = new URL(adminUrl);
  try {
    await client.connect();
    const { rows } = await client.query('show server_version_num');
    if (Number(rows[0].server_version_num) < 150_000) throw new Error('it is older than version 15');
  } catch (error) {
    throw new Error(`the PostgreSQL given by DATABASE_URL (${hostname}) cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => {});
  }
  const notOurs = async () => {
    throw new Error('this PostgreSQL was given by its URL: it is not ours to start or to kill');
  };
  const leave = async () => {};
  return {
    adminUrl,
    port: Number(port || 5432),
    pid: undefined,
    kill9: notOurs,
    start: notOurs,
    stop: leave,
    [Symbol.asyncDispose]: leave,
  };
}

async function running(server: Server): Promise<Postgres> {
  let child: Child | undefined = await launch(server);
  const stop = async () => {
    await child?.stop(30_000); // SIGINT: ends the sessions, writes everything, leaves
    child = undefined;
  };
  const kill9 = async () => {
    if (server.source.kind === 'container') await run('docker', ['kill', containerName(server)]);
    child?.kill('SIGKILL');
    await child?.exited;
    child = undefined;
  };
  return {
    adminUrl: server.adminUrl,
    port: server.options.port,
    get pid() {
      return child?.pid;
    },
    kill9,
    start: async () => {
      child ??= await launch(server);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function launch(server: Server): Promise<Child> {
  const { logFile, ledger, onExit } = server.options;
  const deadline = performance.now() + 20_000;
  while (true) {
    const child = await spawnChild({
      name: 'PostgreSQL',
      ...(await command(server)),
      cwd: '/',
      logFile,
      ledger,
      onExit,
      stopSignal: 'SIGINT',
    });
    try {
      await whenReady(child, () => answers(server.adminUrl), 120_000);
      return child;
    } catch (error) {
      await child.stop();
      // The sessions of a killed server notice it a moment later; until then the new one refuses.
      if (!printedBy(child).includes('pre-existing shared memory block') || performance.now() > deadline) throw error;
      await delay(100);
    }
  }
}

async function command({ source, data, password, options, ...server }: Server) {
  const network =
    source.kind === 'container'
      ? {}
      : { listen_addresses: '127.0.0.1', port: options.port, unix_socket_directories: '' };
  const settings = Object.entries({ ...SETTINGS, ...options.settings, ...network }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C' };
  if (source.kind === 'binaries') {
    await clearStalePid(data.real);
    return { command: `${source.bin}/postgres`, args: ['-D', data.real, ...settings], env, ...data.as };
  }
  const name = containerName({ source, data, password, options, ...server });
  await run('docker', ['rm', '-f', name]); // left by a start that was killed
  const user = process.getuid?.() ? ['--user', `${process.getuid()}:${process.getgid?.()}`] : [];
  const place = [
    '-p',
    `127.0.0.1:${options.port}:5432`,
    '-v',
    `${data.real}:/data`,
    '-e',
    'PGDATA=/data',
    '-e',
    'POSTGRES_PASSWORD',
  ];
  const initdb = [
    '-e',
    'POSTGRES_INITDB_ARGS=--data-checksums --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8',
  ];
  const args = ['run', '--rm', '--name', name, ...user, ...place, ...initdb, source.image, ...settings];
  return { command: 'docker', args, env: { ...process.env, POSTGRES_PASSWORD: password } };
}

function containerName({ options }: Server): string {
  return `jonction-postgres-${options.port}`;
}

/** True when the server lets us in, undefined when it is not ready yet. Throws when it never will. */
async function answers(adminUrl: string): Promise<true | undefined> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 2_000, ssl: false });
  client.on('error', () => {}); // a session cut while it starts
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') return undefined;
    throw new Error(
      'PostgreSQL refuses the password kept beside its data: another server holds this port, or the file is not that of these data.',
    );
  } finally {
    await client.end().catch(() => {});
  }
}
