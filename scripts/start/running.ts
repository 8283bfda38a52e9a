import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectNats, natsOptions } from '@jonction/events';
import { withSecrets } from '@jonction/service';
import { natsUrlFor, type PlatformAddress, serviceNames, snake } from '@jonction/stack';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { dataDir } from '../console/config.ts';
import { seekSecrets } from './lock.ts';

/** What a start tells the other commands about itself, in `run.json` of its data folder. No password is in it. */
export interface Run {
  /** Of the start itself. */
  pid: number;
  startedAt: string;
  /** Without user or password, as natsUrl. */
  databaseUrl: string;
  natsUrl: string;
  consolePort: number;
  consoleUrl: string;
  /** `127.0.0.1:50051`, by folder of services/. */
  grpc: Record<string, string>;
  /** The pid of each process that it started, by name. */
  processes: Record<string, number>;
}

/** Writes `run.json` in one step, so that nobody reads half of it. */
export function writeRun(dir: string, run: Run): void {
  const draft = join(dir, `run.json.${process.pid}`);
  writeFileSync(draft, `${JSON.stringify(run, null, 2)}\n`);
  renameSync(draft, join(dir, 'run.json'));
}

/** The secret from which the passwords of this data folder derive; made the first time. */
export function secretOf(dir: string): string {
  return seekSecrets(dir).toString('hex');
}

/**
 * Where the servers are and the secret of their passwords: DATABASE_URL, NATS_URL and JONCTION_SECRET, and for what is not
 * given the run of the data folder. NATS_REPLICAS says how many copies of a stream there are. Throws when neither says it, with what to do.
 */
export function findServers(environment: NodeJS.ProcessEnv): PlatformAddress {
  const env = withSecrets(environment);
  const dir = dataDir(env);
  const copies = env.NATS_REPLICAS ? { replicas: replicasIn(env.NATS_REPLICAS) } : {};
  const { DATABASE_URL: adminUrl, NATS_URL: natsUrl } = env;
  const secret = env.JONCTION_SECRET || readText(join(dir, 'secret'));
  if (adminUrl && natsUrl && secret) return { adminUrl, natsUrl, secret, ...copies };
  const text = readText(join(dir, 'run.json'));
  if (!text || !secret) throw new Error(`no platform runs on ${dir}. ${ADVICE}`);
  const run = JSON.parse(text) as Run;
  if (!lives(run.pid)) throw new Error(`the start that ran on ${dir} (pid ${run.pid}) has ended. ${ADVICE}`);
  return { adminUrl: adminUrl || adminUrlOf(dir, run), natsUrl: natsUrl || run.natsUrl, secret, ...copies };
}

/** A majority of an odd number decides; more than five copies nobody waits for. Throws an Error that names the setting. */
function replicasIn(text: string): number {
  if (/^[135]$/.test(text)) return Number(text);
  throw new Error(`NATS_REPLICAS must be 1, 3 or 5, and no more than there are servers of NATS; not "${text}".`);
}

const ADVICE =
  'Run npm start in another terminal, say where its data are (DATA_DIR), or name the servers: DATABASE_URL, NATS_URL, JONCTION_SECRET.';

/** With the administrator's password when the PostgreSQL is one of ours, which keeps it beside its data. */
function adminUrlOf(dir: string, { databaseUrl, processes }: Run): string {
  const url = new URL(databaseUrl);
  if (!processes.postgres) return url.href;
  url.username = 'postgres';
  url.password = readText(join(dir, 'postgres.password'));
  return url.href;
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // another user's
  }
}

/** The services of these names (`dce-library` or `dce_library`); all of them when there is none. Throws a Mistake. */
export function servicesNamed(names: string[]): string[] {
  const known = serviceNames();
  const wrong = names.find((name) => !known.some((one) => one === name || snake(one) === name));
  if (wrong !== undefined) throw new Mistake(`there is no "${wrong}": the services are ${known.join(', ')}.`);
  return known.filter((one) => names.length === 0 || names.includes(one) || names.includes(snake(one)));
}

/** Works with a connection to NATS as the provisioner. Throws when the server does not take it within 5 s. */
export function asProvisioner<T>(servers: PlatformAddress, work: (nats: NatsConnection) => Promise<T>): Promise<T> {
  return asUser('provisioner', servers, work);
}

/** The same as `system`, who takes and lists accounts, or as another. */
export async function asUser<T>(
  user: string,
  { natsUrl, secret }: Pick<PlatformAddress, 'natsUrl' | 'secret'>,
  work: (nats: NatsConnection) => Promise<T>,
): Promise<T> {
  const url = natsUrlFor(natsUrl, user, secret);
  const trial = await connect({
    ...natsOptions(url),
    timeout: 5_000,
    reconnect: false,
  }).catch((error: Error) => {
    throw new Error(
      `nats-server on ${new URL(url).host} does not let the ${user} in: ${error.message}. ${NATS_ADVICE}`,
    );
  });
  await trial.close();
  const nats = await connectNats(url, user);
  return work(nats).finally(() => nats.close());
}

const NATS_ADVICE = 'It must run on what npm run -s provision -- --nats-config prints for JONCTION_SECRET.';

/** What the one who typed the command can mend by typing another. */
export class Mistake extends Error {}

/** Runs a command. What it throws becomes one sentence on the error output and exit code 1, or 2 for a Mistake. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    process.stderr.write(`${message}\n`);
    // The code of a call that was refused is a number.
    process.exitCode = error instanceof Mistake || String(code).startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}
