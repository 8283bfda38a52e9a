import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Exit,
  environmentOf,
  findNatsServer,
  freePort,
  natsUrlFor,
  operatorMode,
  provisionPlatform,
  type Restartable,
  ROOT,
  removePostgresData,
  serviceNames,
  speakers,
  startNats,
  startPostgres,
  startService,
} from '@jonction/stack';
import { type TestIssuer, type TestPrefecture, testIssuer, testPrefecture } from '@jonction/testing';

const SECRET = 'secret of the kill test';

type ServiceName = 'membership' | 'procurement' | 'dce-library' | 'teletransmission';
/** What can be killed. */
export type Target = ServiceName | 'postgres' | 'nats' | 'prefecture';
/** What the campaign kills. */
export const TARGETS: readonly Target[] = [
  'membership',
  'procurement',
  'dce-library',
  'teletransmission',
  'postgres',
  'nats',
  'prefecture',
];

/** A platform of real processes on servers of its own, that nothing else uses. */
export interface Servers extends AsyncDisposable {
  /** Logs, data and the journal; removed at the end unless `keep` is called. */
  folder: string;
  keep(): void;
  targets: Record<Target, Restartable>;
  prefecture: TestPrefecture;
  /** Those that ended although nobody killed them. */
  deaths(): string[];
  /** `127.0.0.1:<port>` of each service. */
  addresses: Record<string, string>;
  issuer: TestIssuer;
  /** A superuser's, on the database `postgres`. */
  adminUrl: string;
  /** Of the user who may do everything. */
  natsUrl: string;
}

/** Starts PostgreSQL, nats-server and the services as processes of their own; disposing stops them. */
export async function startServers(progress: (line: string) => void): Promise<Servers> {
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'jonction-chaos-'));
  let kept = false;
  parts.defer(() => {
    if (!kept) rmSync(folder, { recursive: true, force: true });
  });
  const logOf = (name: string) => join(folder, `${name}.log`);
  const dir = join(folder, 'postgres');
  parts.defer(async () => {
    if (!kept) await removePostgresData(dir);
  });
  const postgres = parts.use(await startPostgres({ dir, port: await freePort(), logFile: logOf('postgres') }));
  const { path: binary } = await findNatsServer({ progress });
  const configuration = operatorMode(SECRET, await speakers(), join(folder, 'nats', 'accounts'));
  const port = await freePort();
  const nats = parts.use(
    await startNats({ dir: join(folder, 'nats'), port, logFile: logOf('nats-server'), binary, configuration }),
  );
  const issuer = parts.use(await testIssuer());
  const platform = { adminUrl: postgres.adminUrl, natsUrl: nats.url, secret: SECRET };
  await provisionPlatform(platform);
  const prefecture = parts.use(await testPrefecture());
  const deaths: string[] = [];
  const services: Record<string, Restartable> = {};
  const addresses: Record<string, string> = {};
  for (const name of serviceNames()) {
    const acts = { documents: join(folder, 'documents'), prefectureUrl: prefecture.url };
    const settings = { ...platform, ...acts, issuer: issuer.issuer, grpcPort: await freePort() };
    const env = { ...process.env, ...environmentOf(name, settings) };
    const watched = watch(name, deaths);
    const service = parts.use(
      await startService({ root: ROOT, name, env, logFile: logOf(name), onExit: watched.onExit }),
    );
    parts.defer(watched.expectEnd);
    services[name] = watched.around(service);
    addresses[name] = service.address;
  }
  const owned = parts.move();
  return {
    folder,
    keep: () => {
      kept = true;
    },
    targets: { ...(services as Record<ServiceName, Restartable>), postgres, nats, prefecture },
    prefecture,
    deaths: () => deaths,
    addresses,
    issuer,
    adminUrl: postgres.adminUrl,
    natsUrl: natsUrlFor(nats.url, 'provisioner', SECRET),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Notes when a service that was ready ends by itself. One that does not get ready fails its own start. */
function watch(name: string, deaths: string[]) {
  let serves = true;
  const expectEnd = () => {
    serves = false;
  };
  return {
    expectEnd,
    onExit({ code, signal }: Exit) {
      if (serves) deaths.push(`${name} ended by itself (${signal ?? `code ${code}`}): its log says why`);
    },
    around: (service: Restartable): Restartable => ({
      ...service,
      kill9() {
        expectEnd();
        return service.kill9();
      },
      async start() {
        await service.start();
        serves = true;
      },
    }),
  };
}
