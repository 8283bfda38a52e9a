import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseUrl, rolesOf } from '@jonction/commands';
import {
  environmentOf,
  findNatsServer,
  freePort,
  type Nats,
  natsUrlFor,
  operatorMode,
  planOf,
  provisionPlatform,
  ROOT,
  removePostgresData,
  type Service,
  snake,
  spawnChild,
  speakers,
  startNats,
  startPostgres,
  startService,
} from '@jonction/stack';
import { Pool, type QueryResultRow } from 'pg';
import { openIssuer } from '../scripts/console/issuer.ts';
import { type Child, type ChildOptions, startChild } from './child.ts';

const SECRET = 'secret of the benches';

/** The platform's servers as real processes on data of their own; services and processes of the bench come and go. */
export interface Stage extends AsyncDisposable {
  adminUrl: string;
  /** Also the OTLP endpoint and the issuer of tokens. */
  consoleUrl: string;
  start(name: string): Promise<Service>;
  stop(name: string): Promise<void>;
  addressOf(name: string): string;
  tokenOf(subject: string): Promise<string>;
  child(options: Omit<ChildOptions, 'logFile'>): Child;
  /** As the superuser. */
  query<Row extends QueryResultRow>(database: string, text: string, values?: unknown[]): Promise<Row[]>;
  /** The address of a service's database for one of its roles. */
  databaseOf(name: string, role: 'app' | 'relay', database?: string): string;
  natsOf(user: string): string;
}

/** What a process of ours needs for its spans to reach the sink. */
export const TRACED = ['--import', '@jonction/service/telemetry'];

export async function openStage(): Promise<Stage> {
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'jonction-bench-'));
  parts.defer(() => rmSync(folder, { recursive: true, force: true }));
  const dir = join(folder, 'postgres');
  parts.defer(() => removePostgresData(dir));
  const logOf = (name: string) => join(folder, `${name}.log`);
  // The latency bench reads when transactions were committed.
  const settings = { track_commit_timestamp: 'on' };
  const postgres = parts.use(
    await startPostgres({ dir, port: await freePort(), logFile: logOf('postgres'), settings }),
  );
  const { adminUrl } = postgres;
  const nats = parts.use(await startBus(join(folder, 'nats'), logOf('nats')));
  const consoleUrl = await startSink(folder, parts);
  const issuer = await openIssuer(folder);
  const platform = { adminUrl, natsUrl: nats.url, secret: SECRET };
  await provisionPlatform(platform);

  const services = new Map<string, Service>();
  const pools = new Map<string, Pool>();
  const children: Child[] = [];
  parts.defer(async () => {
    for (const child of children) await child[Symbol.asyncDispose]();
    for (const service of services.values()) await service.stop();
    for (const pool of pools.values()) await pool.end();
  });
  const poolOf = (database: string) => {
    const url = new URL(adminUrl);
    url.pathname = `/${database}`;
    const pool = pools.get(database) ?? new Pool({ connectionString: url.href, max: 2 });
    pools.set(database, pool);
    return pool;
  };
  // No act is sent in a bench: nobody answers there.
  const outside = { documents: join(folder, 'documents'), prefectureUrl: 'http://127.0.0.1:1' };
  const owned = parts.move();
  return {
    adminUrl,
    consoleUrl,
    async start(name) {
      const grpcPort = await freePort();
      const env = environmentOf(name, { ...platform, ...outside, issuer: consoleUrl, otlp: consoleUrl, grpcPort });
      const service = await startService({ root: ROOT, name, env: { ...process.env, ...env }, logFile: logOf(name) });
      services.set(name, service);
      return service;
    },
    async stop(name) {
      await services.get(name)?.stop();
      services.delete(name);
    },
    addressOf: (name) => services.get(name)?.address ?? '',
    tokenOf: (subject) => issuer.sign({ subject, issuer: consoleUrl, ttlSeconds: 900 }),
    child(options) {
      const child = startChild({ ...options, logFile: logOf(options.file) });
      children.push(child);
      return child;
    },
    query: async (database, text, values = []) => (await poolOf(database).query(text, values)).rows,
    databaseOf: (name, role, database) =>
      databaseUrl(adminUrl, planOf(name, SECRET, database), rolesOf(snake(name))[role]),
    natsOf: (user) => natsUrlFor(nats.url, user, SECRET),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startBus(dir: string, logFile: string): Promise<Nats> {
  const { path: binary } = await findNatsServer();
  const configuration = operatorMode(SECRET, await speakers(), join(dir, 'accounts'));
  return startNats({ dir, port: await freePort(), logFile, binary, configuration });
}

/** The console of the embedded run as a process: it takes in spans, and publishes the key of the tokens. */
async function startSink(folder: string, parts: AsyncDisposableStack): Promise<string> {
  const port = await freePort();
  const sink = await spawnChild({
    name: 'console',
    command: process.execPath,
    args: ['scripts/console/main.ts'],
    cwd: ROOT,
    env: { ...process.env, CONSOLE_PORT: String(port), DATA_DIR: folder },
    logFile: join(folder, 'console.log'),
  });
  parts.use(sink);
  return `http://127.0.0.1:${port}`;
}
