import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  claimPort,
  findNatsServer,
  givenPostgres,
  operatorMode,
  type Progress,
  type Restartable,
  ROOT,
  removePostgresData,
  speakers,
  startNats,
  startPostgres,
  startPrefecture,
} from '@jonction/stack';
import { claimsFrom } from '../console/claims.ts';
import { openIssuer } from '../console/issuer.ts';
import { type RunningConsole, startConsole } from '../console/server.ts';
import { keepRunning } from './keep-running.ts';
import { type Ports, variableOf } from './ports.ts';
import { asProvisioner } from './running.ts';

export type Servers = AsyncDisposable & {
  adminUrl: string;
  /** Without user or password, unless NATS_URL was given with them. */
  natsUrl: string;
  console: RunningConsole;
  /** Of the simulated prefecture. */
  prefectureUrl: string;
  /** Those that are ours, by name. */
  processes: Record<string, Restartable>;
};

export type ServersOptions = {
  directory: string;
  ports: Ports;
  secret: string;
  /** Where each child is noted, for the next start. */
  ledger: string;
  env: NodeJS.ProcessEnv;
  say: Progress;
  /** Called when a server has another pid. */
  revived: () => void;
};

/** What `--fresh` begins without. Whatever else lies in the data folder is left alone. */
const KEPT_BY_A_START = [
  'postgres.password',
  'nats',
  'logs',
  'secret',
  'issuer.json',
  'run.json',
  'documents',
  'prefecture',
  'partners',
];

/** Removes what a start keeps in its data folder, and what lies behind its links. Nothing may run on it. */
export async function removeData(directory: string): Promise<void> {
  await removePostgresData(join(directory, 'postgres'));
  for (const name of KEPT_BY_A_START) rmSync(join(directory, name), { recursive: true, force: true });
}

/**
 * Starts PostgreSQL, nats-server and the console, all at once; DATABASE_URL and NATS_URL name servers that run already.
 * Throws with what is wrong; whatever had started by then is stopped. Disposing stops them in reverse order.
 */
export async function startServers(options: ServersOptions): Promise<Servers> {
  await using parts = new AsyncDisposableStack();
  await claimPorts(options);
  const [postgres, nats, console, prefecture] = await together(
    startDatabase(options, parts),
    startBus(options, parts),
    startTraces(options, parts),
    startState(options, parts),
  );
  const running = parts.move();
  return {
    adminUrl: postgres.adminUrl,
    natsUrl: nats.url,
    console,
    prefectureUrl: prefecture.url,
    processes: { ...postgres.processes, ...nats.processes, prefecture },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** All at once; waits for each to end, so that what started is known, then throws the first failure. */
export async function together<T extends readonly Promise<unknown>[]>(
  ...work: T
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(work);
  const failure = settled.find((one) => one.status === 'rejected');
  if (failure) throw failure.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as { [K in keyof T]: Awaited<T[K]> };
}

async function claimPorts({ ports, env }: ServersOptions): Promise<void> {
  if (!env.DATABASE_URL) await claimPort(ports.postgres, { name: 'PostgreSQL', variable: variableOf('postgres') });
  if (!env.NATS_URL) await claimPort(ports.nats, { name: 'nats-server', variable: variableOf('nats') });
  await claimPort(ports.console, { name: 'the console', variable: variableOf('console') });
  await claimPort(ports.prefecture, { name: 'the simulated prefecture', variable: variableOf('prefecture') });
  for (const [name, port] of Object.entries(ports.services))
    await claimPort(port, { name, variable: variableOf('services') });
}

async function startDatabase(options: ServersOptions, parts: AsyncDisposableStack) {
  const { directory, ports, ledger, env, say, revived } = options;
  if (env.DATABASE_URL) {
    const { adminUrl } = await givenPostgres(env.DATABASE_URL);
    say('PostgreSQL of DATABASE_URL answers');
    return { adminUrl, processes: {} };
  }
  const kept = await keepRunning({ name: 'PostgreSQL', say, revived }, (onExit) =>
    startPostgres({
      dir: join(directory, 'postgres'),
      port: ports.postgres,
      logFile: join(directory, 'logs', 'postgres.log'),
      ledger,
      progress: say,
      onExit,
    }),
  );
  parts.use(kept);
  say(`PostgreSQL answers on 127.0.0.1:${ports.postgres}`);
  return { adminUrl: kept.server.adminUrl, processes: { postgres: kept.server } };
}

async function startBus(options: ServersOptions, parts: AsyncDisposableStack) {
  const { directory, ports, ledger, env, say, revived, secret } = options;
  if (env.NATS_URL) {
    const version = await asProvisioner(
      { adminUrl: '', natsUrl: env.NATS_URL, secret },
      async (it) => it.info?.version,
    );
    say(`nats-server ${version} of NATS_URL answers`);
    return { url: env.NATS_URL, processes: {} };
  }
  const [{ path, version }, services] = await Promise.all([findNatsServer({ progress: say, env }), speakers()]);
  const kept = await keepRunning({ name: 'nats-server', say, revived }, (onExit) =>
    startNats({
      dir: join(directory, 'nats'),
      port: ports.nats,
      binary: path,
      configuration: operatorMode(secret, services, join(directory, 'nats', 'accounts')),
      logFile: join(directory, 'logs', 'nats.log'),
      ledger,
      onExit,
    }),
  );
  parts.use(kept);
  say(`nats-server ${version} answers on 127.0.0.1:${ports.nats}`);
  return { url: kept.server.url, processes: { nats: kept.server } };
}

async function startTraces({ directory, ports, say }: ServersOptions, parts: AsyncDisposableStack) {
  const { sign } = await openIssuer(directory);
  const issuer = `http://127.0.0.1:${ports.console}`;
  const tokenOf = (subject: string) => sign({ subject, issuer, ttlSeconds: 60 });
  const claims = claimsFrom({ address: `127.0.0.1:${ports.services.membership}`, tokenOf });
  const console = parts.use(await startConsole({ port: ports.console, dataDir: directory, claims }));
  say(`traces and token keys are shown on ${console.url}`);
  return console;
}

async function startState(options: ServersOptions, parts: AsyncDisposableStack) {
  const { directory, ports, ledger, say, revived } = options;
  const kept = await keepRunning({ name: 'the simulated prefecture', say, revived }, (onExit) =>
    startPrefecture({
      root: ROOT,
      dir: join(directory, 'prefecture'),
      port: ports.prefecture,
      args: ['--delay-ms', '500'],
      logFile: join(directory, 'logs', 'prefecture.log'),
      ledger,
      onExit,
    }),
  );
  parts.use(kept);
  say(`a simulated prefecture answers on 127.0.0.1:${ports.prefecture}`);
  return kept.server;
}
