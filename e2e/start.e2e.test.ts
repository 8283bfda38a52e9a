import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsultationPublished, MembershipServiceDefinition } from '@jonction/contracts';
import { connectTo } from '@jonction/contracts/client';
import { freePort, ROOT, removePostgresData, startPostgres } from '@jonction/stack';
import { eventually, inDays, testNats } from '@jonction/testing';
import { Client } from 'pg';
import { afterAll, afterEach, expect, inject, test } from 'vitest';
import { openIssuer } from '../scripts/console/issuer.ts';
import { findServers, type Run } from '../scripts/start/running.ts';
import { removeData } from '../scripts/start/servers.ts';

/** Those of the roster, and the commune that joined on the first day. */
const MEMBERS = 1_751;
/** Each step of a day, as its line tells it. */
const DAY = [
  /membership: \S.* joined bfc, which has 1,75\d members now/,
  /membership: agent-\w{5} may now buy and send acts for/,
  /procurement, dce-library and teletransmission heard of agent-\w{5} and its rights/,
  /procurement: .* published ".*", tenders until/,
  /dce-library: suppliers see its shelf, opened \d+ ms later/,
  /dce-library: the shelf stays open until then, \d+ ms later/,
  /dce-library: the shelf closed \d+ ms later/,
  /partner: the vendor heard ConsultationPublished, DeadlineExtended, ConsultationClosed, \d+ ms after/,
  /teletransmission: the deliberation \w+ was deposited \(PDF, \d+ bytes\)/,
  /teletransmission: the simulated prefecture took it \d+ ms later/,
  /teletransmission: its acknowledgement came \d+ ms after that/,
  /teletransmission: published the same day, it is enforceable since \d{4}-\d\d-\d\d/,
  /membership: agent-\w{5} may no longer buy for/,
  /procurement: its next consultation was refused: .*RIGHT_MISSING/,
];
const READY_WITHIN_MS = 120_000;

// Below the ports that Linux draws for connections, and apart from those of another run of these tests.
const PORT_BASE = 20_000 + (process.pid % 500) * 20;
const directory = mkdtempSync(join(tmpdir(), 'jonction-start-'));
const started: Start[] = [];

// A test that failed must not leave its start to the next one.
afterEach(async () => {
  for (const { child, exited } of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await exited;
  }
});
afterAll(async () => {
  await removeData(directory);
  rmSync(directory, { recursive: true, force: true });
});

type Start = { child: ChildProcess; text: () => string; exited: Promise<number | null> };

/** Runs `node scripts/start.ts` as npm start does, or another command of scripts/ on the same data folder. */
function start(...args: string[]): Start {
  return launch(['scripts/start.ts', '--data', directory, ...args]);
}

function launch(args: string[], more: NodeJS.ProcessEnv = {}): Start {
  const { DATABASE_URL: _, NATS_URL: __, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...env, PORT_BASE: String(PORT_BASE), DATA_DIR: directory, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (part) => (text += part));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const one = { child, text: () => text, exited };
  started.push(one);
  return one;
}

/** What a command of scripts/ says, with its exit code before it. */
async function answer(...args: string[]): Promise<string> {
  const [script, ...rest] = args;
  const one = launch([`scripts/${script}.ts`, ...rest]);
  return `${await one.exited} ${one.text()}`;
}

const run = (): Run => JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8'));

/** The processes of these starts that live, whatever run.json says: their environment or their command line shows it. */
function living(): string[] {
  // As root, PostgreSQL keeps its data behind a link.
  const link = join(directory, 'postgres');
  const data = existsSync(link) ? realpathSync(link) : link;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.filter((pid) => {
    try {
      const told = ['environ', 'cmdline'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')).join('\0');
      return told.includes(directory) || told.includes(data) || told.split('\0').includes(`PORT_BASE=${PORT_BASE}`);
    } catch {
      return false; // it ended meanwhile
    }
  });
}

async function ready(one: Start): Promise<void> {
  const ended = one.exited.then((code) => {
    throw new Error(`start ended with ${code}:\n${one.text()}`);
  });
  const wait = eventually(() => expect(one.text()).toMatch(/Jonction is ready in [\d.]+ s/), {
    withinMs: READY_WITHIN_MS,
    everyMs: 50,
  });
  await Promise.race([wait, ended]);
}

/** How many members membership counts, asked as the operator's first administrator. */
async function members(): Promise<number> {
  const { consoleUrl, grpc } = run();
  const issuer = await openIssuer(directory);
  const token = await issuer.sign({ subject: 'bfc-admin', issuer: consoleUrl, ttlSeconds: 60 });
  using membership = connectTo(MembershipServiceDefinition, grpc.membership ?? '', { token, operator: 'bfc' });
  return (await membership.listMembers({ pageSize: 1 })).totalSize;
}

test('a first start loads the members and plays a day in one trace; --exit leaves nothing running', async () => {
  const first = start('--exit');
  expect(await first.exited, first.text()).toBe(0);
  const said = first.text();
  expect(said).toContain('bfc admitted 1,750 members');
  expect(said).toContain('idf admitted 350 members');
  for (const step of DAY) expect(said).toMatch(step);
  expect(said).toMatch(/ready in [\d.]+ s\n(.*\n)+ +the day +http:\/\/127\.0\.0\.1:\d+\/trace\/[0-9a-f]{32}\n/);
  expect(Object.keys(run().processes).toSorted()).toEqual([
    'dce-library',
    'membership',
    'nats',
    'postgres',
    'prefecture',
    'procurement',
    'teletransmission',
  ]);
  expect(living()).toEqual([]);
});

test('a second start finds its data again, and plays no second day', async () => {
  const second = start();
  await ready(second);
  expect(second.text()).toContain('bfc has 1,751 members');
  expect(second.text()).not.toContain('dce-library: the shelf');
  expect(await members()).toBe(MEMBERS);

  second.child.kill('SIGINT');
  expect(await second.exited).toBe(0);
  expect(living()).toEqual([]);
});

test('the commands of operations work on what runs, by its data folder alone', async () => {
  const one = start();
  await ready(one);
  expect(await answer('provision')).toMatch(
    /^0 (database \w+: up to date\n){4}rights on NATS: up to date\nstreams: up to date\npartners: up to date\n$/,
  );
  expect(await answer('reconcile', 'membership')).toMatch(/^0 membership: \d{4} compared, 0 not sent yet, 0 differ\n$/);
  expect(await answer('reconcile', 'mebmership')).toMatch(/^2 there is no "mebmership"/);
  expect(await answer('rebuild', 'membership', '--dry-run')).toMatch(
    /^0 membership: \d{4} events .* 0 would be stored/,
  );
  expect(await answer('rebuild')).toMatch(/^2 say which stream/);

  const { aggregateId } = await parkOne();
  expect(await answer('parked', 'list', '--service', 'dce-library')).toContain(`bfc ${aggregateId} #1`);
  expect(await answer('parked', 'list', '--operator', 'idf')).not.toContain(aggregateId);
  expect(await answer('parked', 'release', '--service', 'dce-library')).toBe('0 dce-library bfc: 1 released\n');
  expect(await answer('parked', 'list', '--json')).toBe('0 ');
  await expectContributions();

  one.child.kill('SIGTERM');
  expect(await one.exited).toBe(0);
  expect(await answer('reconcile')).toMatch(/^1 the start that ran on .* has ended\. Run npm start/);
});

/** A schedule is tried, adopted, and compared with the next; what is wrong is said with its place and an exit code. */
async function expectContributions(): Promise<void> {
  const of = ['--operator', 'bfc'];
  const example = join(ROOT, 'operators/schedules/bfc.yaml');
  const [dearer, gap, unknown] = ['dearer', 'gap', 'unknown'].map((name) =>
    join(directory, `${name}.yaml`),
  ) as string[];
  const text = readFileSync(example, 'utf8');
  writeFileSync(dearer ?? '', text.replace('price: 120 }', 'price: 140 }'));
  writeFileSync(
    gap ?? '',
    text.replace('from: 3501, up_to: 20000, price: 480.50', 'from: 3502, up_to: 20000, price: 481'),
  );
  writeFileSync(unknown ?? '', `${text}\ndiscount: 5\n`);
  const say = (...args: string[]) => answer('contributions', ...args);
  expect(await say('simulate', example, ...of, '--year', '2026')).toMatch(
    /^0 1751 members, with no schedule to compare/,
  );
  expect(await say('adopt', example, ...of, '--decision', 'AG-1')).toMatch(
    /^0 schedule [0-9a-f-]{36} is adopted, from 2026 on/,
  );
  const next = await say('simulate', dearer ?? '', ...of, '--year', '2027', '--largest', '2');
  expect(next).toMatch(/winners 0, losers 1576, unchanged 175\n +\+24\.00 € .*\n +\+24\.00 € .*\n$/);
  const lines = (await say('simulate', dearer ?? '', ...of, '--year', '2027', '--json')).slice(2).trim().split('\n');
  expect(lines).toHaveLength(1_752);
  const [first] = lines.map((line) => JSON.parse(line));
  expect(await say('explain', first.memberId, ...of, '--year', '2026')).toMatch(
    /^0 [\s\S]*tranche de[\s\S]*band from[\s\S]*total/,
  );
  expect(await say('adopt', example, ...of, '--decision', 'AG-2')).toMatch(
    /^1 SCHEDULES_OVERLAP: Un autre barème[\s\S]*Another schedule/,
  );
  expect(await say('simulate', gap ?? '', ...of, '--year', '2027')).toMatch(
    /^1 BAND_GAP: .*draft\.items\[1\]\.tariffs\[0\]\.bands\[1\]/,
  );
  expect(await say('simulate', unknown ?? '', ...of, '--year', '2027')).toMatch(/^2 [\s\S]*discount/);
}

/** An event that dce-library could not act on, as its consumer would have put it aside. */
async function parkOne(): Promise<{ aggregateId: string }> {
  const aggregateId = randomUUID();
  const event = ConsultationPublished.fromPartial({
    operator: 'bfc',
    memberId: randomUUID(),
    consultationId: aggregateId,
    title: 'Voirie',
    buyerName: 'Dijon',
    publishedAt: new Date(),
    deadline: inDays(30),
  });
  const admin = new URL(findServers({ DATA_DIR: directory }).adminUrl);
  admin.pathname = '/dce_library';
  const client = new Client({ connectionString: admin.href });
  await client.connect();
  await client.query(
    `insert into parked (event_id, context, operator, member_id, aggregate_id, seq, type, body, traceparent, correlation, occurred_at, reason, attempts)
     values ($1, 'procurement', 'bfc', $2, $3, 1, $4, $5, '', 'c', now(), 'Error', 4)`,
    [
      randomUUID(),
      event.memberId,
      aggregateId,
      ConsultationPublished.$type,
      JSON.stringify(ConsultationPublished.toJSON(event)),
    ],
  );
  await client.end();
  return { aggregateId };
}

test('servers that are given are used, and left running', async () => {
  const elsewhere = join(directory, 'elsewhere');
  const dir = join(directory, 'given');
  await using parts = new AsyncDisposableStack();
  parts.defer(() => removePostgresData(dir));
  const postgres = parts.use(await startPostgres({ dir, port: await freePort(), logFile: `${dir}.log` }));
  const nats = parts.use(await testNats());
  const given = { DATABASE_URL: postgres.adminUrl, NATS_URL: nats.url, JONCTION_SECRET: inject('secret') };
  const one = launch(['scripts/start.ts', '--data', elsewhere, '--exit'], given);
  expect(await one.exited, one.text()).toBe(0);
  expect(one.text()).toContain('PostgreSQL of DATABASE_URL answers');
  expect(one.text()).toContain('of NATS_URL answers');
  expect(one.text()).toContain('dce-library: the shelf closed');
  const { processes, databaseUrl } = JSON.parse(readFileSync(join(elsewhere, 'run.json'), 'utf8')) as Run;
  expect(Object.keys(processes).toSorted()).toEqual([
    'dce-library',
    'membership',
    'prefecture',
    'procurement',
    'teletransmission',
  ]);
  expect(new URL(databaseUrl).password).toBe('');
  expect(postgres.pid).toBeDefined();
  await (await nats.provisioner()).flush();

  const wrong = launch(['scripts/start.ts', '--data', elsewhere, '--exit'], { ...given, JONCTION_SECRET: 'another' });
  expect(await wrong.exited).toBe(1);
  expect(wrong.text()).toContain('does not let the provisioner in');
});

test('--day plays another day, lets a vendor in again that was revoked; a service that is killed runs again by itself, with a line that says so', async () => {
  const before = start();
  await ready(before);
  expect(await answer('partner', 'revoke', 'demo')).toMatch(/^0 /);
  before.child.kill('SIGTERM');
  await before.exited;

  const one = start('--day');
  await ready(one);
  expect(one.text()).toMatch(/partner: the vendor demo was let in/);
  for (const step of DAY) expect(one.text()).toMatch(step);
  await eventually(async () => {
    const [, traceId] = /\/trace\/([0-9a-f]{32})/.exec(one.text()) ?? [];
    const answer = await fetch(`${run().consoleUrl}/api/traces/${traceId}`);
    const { services } = (await answer.json()) as { services: string[] };
    expect(services.toSorted()).toEqual(['dce-library', 'membership', 'npm start', 'procurement', 'teletransmission']);
  });

  const { membership = 0, nats = 0 } = run().processes;
  process.kill(membership, 'SIGKILL');
  process.kill(nats, 'SIGKILL');
  await eventually(() => expect(one.text()).toMatch(/membership stopped \(SIGKILL\) and runs again/), {
    withinMs: 30_000,
  });
  await eventually(() => expect(one.text()).toMatch(/nats-server stopped \(SIGKILL\) and runs again/), {
    withinMs: 30_000,
  });
  expect(await members()).toBe(MEMBERS + 1);
  expect(run().processes.membership).not.toBe(membership);
  expect(run().processes.nats).not.toBe(nats);
  one.child.kill('SIGTERM');
  expect(await one.exited).toBe(0);
  expect(living()).toEqual([]);
});

test('a start that is killed leaves nothing that hinders the next, and Ctrl-C ends all of it', async () => {
  const killed = start();
  await ready(killed);
  expect(living()).toHaveLength(8);

  // While it lives, nobody else may work on its data.
  const refused = start('--exit');
  expect(await refused.exited).toBe(1);
  expect(refused.text()).toContain(`pid ${killed.child.pid} works on this data folder`);

  killed.child.kill('SIGKILL');
  await killed.exited;
  const next = start();
  await ready(next);
  expect(await members()).toBe(MEMBERS + 1);
  expect(living().toSorted()).toEqual([run().pid, ...Object.values(run().processes)].map(String).toSorted());
  next.child.kill('SIGINT');
  expect(await next.exited).toBe(0);
  expect(living()).toEqual([]);
});

test('Ctrl-C in the middle of a start ends it without a trace', async () => {
  const one = start();
  await eventually(() => expect(one.text()).toContain('nats-server 2.'), { withinMs: READY_WITHIN_MS });
  one.child.kill('SIGINT');
  expect(await one.exited).toBe(0);
  expect(one.text()).not.toContain('is ready');
  expect(one.text()).not.toContain('did not start');
  expect(living()).toEqual([]);
});

test('a port that is taken is told, with who has it and how to move', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(PORT_BASE + 1, '127.0.0.1', resolve));
  const one = start('--exit');
  expect(await one.exited).toBe(1);
  expect(one.text()).toContain(`port ${PORT_BASE + 1}, which nats-server needs, is taken by pid ${process.pid}`);
  expect(one.text()).toContain('NATS_PORT=<port>');
  squatter.close();
});

test('--fresh begins anew, and what is no option is refused', async () => {
  const one = start('--fresh', '--exit');
  expect(await one.exited, one.text()).toBe(0);
  expect(one.text()).toContain('bfc admitted 1,750 members');

  const wrong = start('--frish');
  expect(await wrong.exited).toBe(2);
  expect(wrong.text()).toContain("Unknown option '--frish'");
});
