import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock, removePostgresData } from '@jonction/stack';
import { ROSTER_NOTICE } from './roster.ts';
import { loadRoster } from './start/load-roster.ts';
import { readOptions, type StartOptions } from './start/options.ts';
import { playDay } from './start/play-day.ts';
import { runCommand, writeRun } from './start/running.ts';
import { type Platform, startPlatform } from './start/servers.ts';

const startedAt = performance.now();
const progress = (line: string) =>
  console.log(`[${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s] ${line}`);

async function start(options: StartOptions): Promise<void> {
  const stop = asked();
  await using parts = new AsyncDisposableStack();
  const lock = parts.use(await acquireLock(options.dir, progress));
  if (options.fresh) await removeData(options.dir);
  const platform = await startPlatform({ ...options, parts, ledger: lock.ledger, progress });
  const run = {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    consolePort: options.ports.console,
    consoleUrl: platform.consoleUrl,
    natsUrl: platform.natsUrl,
    grpc: platform.grpc,
  };
  writeRun(options.dir, run);
  await fill(options, platform);
  console.log(`Jonction is ready in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  console.log(whereToLook(platform));
  if (options.exit) return;
  await stop;
  progress('stopping');
}

/** Resolves when somebody asks to stop: Ctrl-C, or a signal. */
function asked(): Promise<unknown> {
  return Promise.race(
    ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => new Promise((resolve) => process.once(signal, resolve))),
  );
}

async function removeData(dir: string): Promise<void> {
  await removePostgresData(join(dir, 'postgres'));
  for (const name of ['nats', 'logs', 'day-played', 'run.json', 'admin-url'])
    rmSync(join(dir, name), { recursive: true, force: true });
  progress('the data are removed: this is a first start');
}

/** The roster, and the first time a short day. */
async function fill({ dir, day }: StartOptions, { grpc, consoleUrl, tokenFor }: Platform): Promise<void> {
  // Each operator's first administrator admits its members.
  const { members, admitted } = await loadRoster({ address: grpc.membership ?? '', tokenFor });
  progress(`membership holds ${members} members of two operators (${admitted} new)`);
  if (admitted > 0) progress(ROSTER_NOTICE.replaceAll('\n', ' '));
  const mark = join(dir, 'day-played');
  if (existsSync(mark) && !day) return;
  await playDay({ grpc, consoleUrl, tokenFor, progress });
  writeFileSync(mark, `${new Date().toISOString()}\n`);
}

function whereToLook({ grpc, consoleUrl, natsUrl }: Platform): string {
  const services = Object.entries(grpc).map(
    ([name, address]) => `  ${name.padEnd(12)} ${address} (gRPC, reflection on)`,
  );
  return [
    'Where to look:',
    `  traces       ${consoleUrl}`,
    ...services,
    `  events       ${natsUrl} (one user a service; partners' credentials come with their own command)`,
    '  a token      npm run -s token -- --subject bfc-admin',
    '  another day  npm start -- --day',
    'Ctrl-C stops everything; the data stay.',
  ].join('\n');
}

await runCommand(async () => {
  const options = readOptions(process.argv.slice(2), process.env);
  if (!('text' in options)) return start(options);
  process[options.mistake ? 'stderr' : 'stdout'].write(options.text);
  if (options.mistake) process.exitCode = 2;
});
