import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type Progress, provisionPlatform } from '@jonction/stack';
import { dataDir } from './console/config.ts';
import { openIssuer } from './console/issuer.ts';
import { provisionPartners } from './partner/provision.ts';
import { ROSTER_NOTICE } from './roster.ts';
import { playDay, wasPlayed } from './start/day.ts';
import { acquireLock } from './start/lock.ts';
import { loadMembers } from './start/members.ts';
import { portsOf } from './start/ports.ts';
import { type Run, secretOf, writeRun } from './start/running.ts';
import { removeData, startServers } from './start/servers.ts';
import { startServices } from './start/services.ts';

const HELP = `Brings up the whole platform on this machine, and keeps it up until Ctrl-C.

  npm start [-- --data <folder>] [--fresh] [--day] [--exit]

  --data   where everything is kept; DATA_DIR, or .data, when not given
  --fresh  removes the data first
  --day    plays another day, with another commune; the first start plays one anyway
  --exit   stops by itself once ready
  --help   prints this

Servers that run already are used when they are given: DATABASE_URL (an administrator of PostgreSQL 15 or newer),
NATS_URL (a nats-server 2.14 or newer with JetStream and what npm run -s provision -- --nats-config prints).
JONCTION_SECRET is what all passwords derive from; a secret file in the data folder when not given.
Ports: PG_PORT, NATS_PORT, CONSOLE_PORT, PREFECTURE_PORT, GRPC_PORT (the first service; the others follow), or PORT_BASE to move them all.
`;

/** What has not stopped by then is left to the kernel and to the next start. */
const STOP_WITHIN_MS = 14_000;
const TOKEN_SECONDS = 600;

type Wish = { directory: string; fresh: boolean; day: boolean; exit: boolean };

async function main(args: string[]): Promise<void> {
  const wish = readWish(args);
  if (wish === 'help') return void process.stdout.write(HELP);
  if (typeof wish === 'string') return fail(2, `${wish} npm start -- --help says more.`);
  const stop = stopSignal();
  let failure: unknown;
  try {
    await using parts = new AsyncDisposableStack();
    await bringUp(wish, parts, stop.signal);
    if (!wish.exit) await aborted(stop.signal);
    stop.abort();
  } catch (error) {
    if (!stop.signal.aborted) failure = error;
  }
  if (failure) fail(1, `Jonction did not start: ${(failure as Error).message}`);
  // A step that was interrupted may still wait for what will not come.
  process.exit();
}

/** The wish, `help`, or a sentence that says what is wrong with the arguments. */
function readWish(args: string[]): Wish | string {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { data, fresh, day, exit, help } = parseArgs({
      args,
      options: { data: { type: 'string' }, fresh: flag, day: flag, exit: flag, help: { ...flag, short: 'h' } },
    }).values;
    return help
      ? 'help'
      : { directory: dataDir({ ...process.env, ...(data && { DATA_DIR: data }) }), fresh, day, exit };
  } catch (error) {
    return `${(error as Error).message}.`; // parseArgs names the argument that it does not know
  }
}

/** The first Ctrl-C, SIGTERM or SIGHUP stops in order; one that comes later stops at once. */
function stopSignal(): AbortController {
  const stop = new AbortController();
  let since = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // npm and its shell hand one Ctrl-C on, so that it comes two or three times at once.
      if (stop.signal.aborted && performance.now() - since > 1_000) process.exit(130);
      if (stop.signal.aborted) return;
      since = performance.now();
      console.log('Stopping; Ctrl-C again stops at once.');
      stop.abort();
    });
  }
  // A terminal that was closed takes no more lines; what runs must be stopped all the same.
  process.stdout.on('error', () => {});
  stop.signal.addEventListener('abort', () => {
    setTimeout(() => {
      fail(1, `Not everything stopped within ${STOP_WITHIN_MS / 1_000} s; the next start ends what is left.`);
      process.exit();
    }, STOP_WITHIN_MS);
  });
  return stop;
}

/** From nothing to `ready`, each step a line; what it starts belongs to `parts`. Throws when stopped in the middle. */
async function bringUp(wish: Wish, parts: AsyncDisposableStack, stop: AbortSignal): Promise<void> {
  const { directory } = wish;
  const say = progress();
  const env = process.env;
  const ports = portsOf(env);
  const lock = parts.use(await acquireLock(directory, say));
  if (wish.fresh) {
    await removeData(directory);
    say(`${directory} was emptied`);
  }
  const secret = env.JONCTION_SECRET || secretOf(directory);
  const common = { directory, secret, ledger: lock.ledger, env, say, revived: () => noteRun() };

  const servers = parts.use(await startServers({ ...common, ports }));
  const { adminUrl, natsUrl, console, prefectureUrl } = servers;
  let processes: Record<string, { readonly pid: number | undefined }> = servers.processes;
  const grpc = Object.fromEntries(Object.entries(ports.services).map(([name, port]) => [name, `127.0.0.1:${port}`]));
  const startedAt = new Date().toISOString();
  const noteRun = () =>
    writeRun(directory, {
      pid: process.pid,
      startedAt,
      databaseUrl: withoutUser(adminUrl),
      natsUrl: withoutUser(natsUrl),
      consolePort: console.port,
      consoleUrl: console.url,
      grpc,
      processes: Object.fromEntries(Object.entries(processes).flatMap(([name, { pid }]) => (pid ? [[name, pid]] : []))),
    });
  noteRun();
  stop.throwIfAborted();
  await provisionPlatform({ adminUrl, natsUrl, secret }, say);
  await provisionPartners({ adminUrl, natsUrl, secret }, say);
  stop.throwIfAborted();
  const services = await startServices({
    ...common,
    ports: ports.services,
    adminUrl,
    natsUrl,
    consoleUrl: console.url,
    prefectureUrl,
  });
  parts.use(services);
  processes = { ...processes, ...services.processes };
  noteRun();
  stop.throwIfAborted();

  const issuer = await openIssuer(directory);
  const tokenOf = (subject: string) => issuer.sign({ subject, issuer: console.url, ttlSeconds: TOKEN_SECONDS });
  const stage = {
    tokenOf,
    addressOf: (name: string) => grpc[name] ?? '',
    say,
    consoleUrl: console.url,
    directory,
    natsUrl: withoutUser(natsUrl),
  };
  const trace = await Promise.race([populate(stage, wish), aborted(stop)]);
  stop.throwIfAborted();
  say(`Jonction is ready in ${(process.uptime()).toFixed(1)} s`);
  tellWhereToLook({ directory, grpc, natsUrl: withoutUser(natsUrl), consoleUrl: console.url }, trace);
}

/** Members, and a day when none was played yet or another is wished for; gives the day's trace. */
async function populate(stage: Parameters<typeof playDay>[0], { day }: Wish): Promise<string | undefined> {
  await loadMembers(stage, stage.say);
  const first = !(await wasPlayed(stage));
  return first || day ? playDay(stage) : undefined;
}

/** Each line with the seconds since the start, so that the slow step shows. */
function progress(): Progress {
  return (line) => console.log(`${process.uptime().toFixed(1).padStart(6)} s  ${line}`);
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined));
  });
}

function withoutUser(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

type Places = Pick<Run, 'grpc' | 'natsUrl' | 'consoleUrl'> & { directory: string };

function tellWhereToLook({ directory, grpc, natsUrl, consoleUrl }: Places, trace: string | undefined): void {
  const beside = relative(process.cwd(), directory);
  const place = beside && !beside.startsWith('..') ? beside : directory;
  const run = directory === dataDir({}) ? 'npm run -s' : `DATA_DIR=${place} npm run -s`;
  const [first = ''] = Object.values(grpc);
  console.log(`
${Object.entries(grpc)
  .map(([name, address]) => `  ${name.padEnd(18)}${address} (gRPC)`)
  .join('\n')}
  NATS              ${natsUrl}
  traces            ${consoleUrl}/${trace ? `\n  the day           ${consoleUrl}/trace/${trace}` : ''}
  logs              ${place}/logs/
  a token           ${run} token -- --subject bfc-admin
  a call            grpcurl -plaintext -max-time 5 -H "authorization: Bearer $(${run} token -- --subject bfc-admin)" \\
                      -H 'jonction-operator: bfc' -d '{"name_contains":"dijon"}' \\
                      ${first} jonction.membership.v1.MembershipService/ListMembers

${ROSTER_NOTICE.split('\n')
  .map((line) => `  ${line}`)
  .join('\n')}

  Ctrl-C stops everything; the data stay in ${place}/.
`);
}

function fail(exitCode: number, sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = exitCode;
}

await main(process.argv.slice(2));
