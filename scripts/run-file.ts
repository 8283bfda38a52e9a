import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformAddress } from '@jonction/stack';

/** What a start tells the other commands of the run it brought up. No password: those come from `secret` beside it. */
export type Run = {
  /** Of the start itself. */
  pid: number;
  startedAt: string;
  /** Without user or password. */
  databaseUrl: string;
  natsUrl: string;
  consolePort: number;
  consoleUrl: string;
  /** `127.0.0.1:50051`, by folder of services/. */
  grpc: Record<string, string>;
  /** The pid of each process that it started, by name. */
  processes: Record<string, number>;
};

const fileOf = (directory: string): string => join(directory, 'run.json');

/** Writes `run.json` in one step, so that nobody reads half of it. */
export function writeRun(directory: string, run: Run): void {
  const draft = `${fileOf(directory)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(run, null, 2)}\n`);
  renameSync(draft, fileOf(directory));
}

/** The run of this data folder as its start last told it; undefined when there is none. */
export function readRun(directory: string): Run | undefined {
  return existsSync(fileOf(directory)) ? (JSON.parse(readFileSync(fileOf(directory), 'utf8')) as Run) : undefined;
}

/**
 * The platform to work on: DATABASE_URL, NATS_URL and JONCTION_SECRET, and for what is not given the run of the data
 * folder. Throws when neither says it, with what to do.
 */
export function findPlatform(directory: string, env: NodeJS.ProcessEnv): PlatformAddress {
  const { DATABASE_URL, NATS_URL } = env;
  const secret = env.JONCTION_SECRET || readSecret(directory);
  if (DATABASE_URL && NATS_URL && secret) return { adminUrl: DATABASE_URL, natsUrl: NATS_URL, secret };
  const run = readRun(directory);
  if (!run || !secret) throw new Error(`no platform runs on ${directory}. ${ADVICE}`);
  if (!lives(run.pid)) throw new Error(`the start that ran on ${directory} (pid ${run.pid}) has ended. ${ADVICE}`);
  return { adminUrl: DATABASE_URL || adminUrlOf(directory, run), natsUrl: NATS_URL || run.natsUrl, secret };
}

const ADVICE =
  'Run npm start in another terminal, say where its data are (DATA_DIR), or name the servers: DATABASE_URL, NATS_URL, JONCTION_SECRET.';

function readSecret(directory: string): string {
  const file = join(directory, 'secret');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/** With the administrator's password when the PostgreSQL is one of ours, which keeps it beside its data. */
function adminUrlOf(directory: string, { databaseUrl }: Run): string {
  const file = join(directory, 'postgres.password');
  if (!existsSync(file)) return databaseUrl;
  const url = new URL(databaseUrl);
  url.username = 'postgres';
  url.password = readFileSync(file, 'utf8').trim();
  return url.href;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // another user's
  }
}
