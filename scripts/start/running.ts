import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seekSecrets } from '@jonction/stack';
import { dataDir } from '../console/config.ts';

/** What a start tells the other commands about itself, in `run.json` of its data folder. */
export interface Run {
  pid: number;
  startedAt: string;
  consolePort: number;
  consoleUrl: string;
  natsUrl: string;
  /** `127.0.0.1:50051`, by service. */
  grpc: Record<string, string>;
}

export function writeRun(dir: string, run: Run): void {
  writeFileSync(join(dir, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
}

/** Where the servers are and the secret of their passwords: by the environment, or as the last start wrote it. */
export function findServers(env: NodeJS.ProcessEnv): { adminUrl: string; natsUrl: string; secret: string } {
  const dir = dataDir(env);
  const adminUrl = env.DATABASE_URL ?? readText(join(dir, 'admin-url'));
  const natsUrl = env.NATS_URL ?? (JSON.parse(readText(join(dir, 'run.json'))) as Run).natsUrl;
  return { adminUrl, natsUrl, secret: env.JONCTION_SECRET ?? secretOf(dir) };
}

/** The secret from which the passwords of this data folder derive. */
export function secretOf(dir: string): string {
  return seekSecrets(dir).toString('hex');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new Error(`there is no ${file}: run npm start first, or give DATABASE_URL, NATS_URL and JONCTION_SECRET`);
  }
}

/** Runs a command; what it throws becomes one sentence on the error output and exit code 1. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode ||= 1;
  }
}
