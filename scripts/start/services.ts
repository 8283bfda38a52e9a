import { join } from 'node:path';
import { environmentOf, type Progress, ROOT, type Service, startService } from '@jonction/stack';
import { type Kept, keepRunning } from './keep-running.ts';
import { together } from './servers.ts';

export type ServicesOptions = {
  directory: string;
  /** By folder of services/. */
  ports: Record<string, number>;
  adminUrl: string;
  natsUrl: string;
  secret: string;
  /** Whose tokens are accepted, and where spans go. */
  consoleUrl: string;
  prefectureUrl: string;
  ledger: string;
  env: NodeJS.ProcessEnv;
  say: Progress;
  revived: () => void;
};

export type Services = AsyncDisposable & { processes: Record<string, Service> };

/**
 * Starts every service as its own process, all at once, and starts again one that dies. Throws with the last lines of the
 * one that does not come up. Disposing stops them all at once: they need not wait for each other.
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const started: Kept<Service>[] = [];
  const stop = async () => void (await Promise.all(started.map((kept) => kept[Symbol.asyncDispose]())));
  try {
    const starting = Object.keys(options.ports).map(async (name) => {
      started.push(await startOne(name, options));
      options.say(`${name} serves on 127.0.0.1:${options.ports[name]}`);
    });
    await together(...starting);
  } catch (error) {
    await stop();
    throw error;
  }
  const processes = Object.fromEntries(started.map(({ server }) => [server.name, server]));
  return { processes, [Symbol.asyncDispose]: stop };
}

function startOne(name: string, options: ServicesOptions): Promise<Kept<Service>> {
  const { directory, ports, adminUrl, natsUrl, secret, consoleUrl, prefectureUrl, ledger, say, revived } = options;
  const grpcPort = ports[name] ?? 0;
  const documents = join(directory, 'documents');
  const servers = { adminUrl, natsUrl, secret, issuer: consoleUrl, otlp: consoleUrl, prefectureUrl };
  const addresses = Object.fromEntries(Object.entries(ports).map(([other, port]) => [other, `127.0.0.1:${port}`]));
  const settings = { ...servers, documents, grpcPort, addresses };
  // A service has its own roles: the administrator's address and the secret of all passwords are not for it.
  const { DATABASE_URL: _, JONCTION_SECRET: __, ...inherited } = options.env;
  // A prefecture that is next door is asked more often than a real one.
  const env = { PREFECTURE_POLL_MS: '500', ...inherited, ...environmentOf(name, settings) };
  const logFile = join(directory, 'logs', `${name}.log`);
  return keepRunning({ name, say, revived }, (onExit) =>
    startService({ root: ROOT, name, env, logFile, ledger, onExit }),
  );
}
