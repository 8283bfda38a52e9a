import { parseArgs } from 'node:util';
import { databaseUrl, rolesOf } from '@jonction/commands';
import type { Released } from '@jonction/events';
import { planOf, snake } from '@jonction/stack';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { asProvisioner, findServers, Mistake, runCommand, servicesNamed } from './start/running.ts';

const HELP = `Events that a service could not act on, and those of the same aggregate that wait behind them.

  npm run parked -- list [--service S] [--operator O] [--aggregate ID] [--json]
  npm run parked -- release --service S [--operator O] [--aggregate ID] [--json]

Release once the handler is mended: the events are handled again, in order; an aggregate stops at its first failure, and the exit
code is 1. The trace of a parked event shows where it came from.
`;

type Filter = { operator: string; aggregate: string };
type Parked = {
  operator: string;
  aggregate_id: string;
  seq: number;
  type: string;
  reason: string;
  attempts: number;
  parked_at: Date;
  trace_id: string;
};

const text = { type: 'string', default: '' } as const;

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      service: text,
      operator: text,
      aggregate: text,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const services = servicesNamed(values.service ? [values.service] : []);
  const [verb] = positionals;
  if (verb === 'list') return list(services, values, values.json);
  if (verb === 'release' && values.service) return releaseIn(services[0] ?? '', values, values.json);
  throw new Mistake('say list, or release --service <name>; --help says more.');
});

async function list(services: string[], filter: Filter, json: boolean): Promise<void> {
  for (const service of services) {
    const rows = await parkedIn(service, filter);
    for (const row of rows)
      console.log(
        json
          ? JSON.stringify({ service, ...row })
          : `${service} ${row.operator} ${row.aggregate_id} #${row.seq} ${row.type}: ${row.reason} after ${row.attempts} tries, ${row.parked_at.toISOString()} (trace ${row.trace_id})`,
      );
    if (rows.length === 0 && !json) console.log(`${service}: nothing is parked`);
  }
}

/** Read as the owner, whom row-level security lets see every operator. */
async function parkedIn(service: string, { operator, aggregate }: Filter): Promise<Parked[]> {
  const { adminUrl, secret } = findServers(process.env);
  const { owner } = rolesOf(snake(service));
  const client = new Client({ connectionString: databaseUrl(adminUrl, planOf(service, secret), owner) });
  await client.connect();
  try {
    const { rows } = await client.query<Parked>(
      `select operator, aggregate_id, seq, type, reason, attempts, parked_at, split_part(traceparent, '-', 2) as trace_id
       from parked where released_at is null and ($1 = '' or operator = $1) and ($2 = '' or aggregate_id = $2)
       order by operator, aggregate_id, seq`,
      [operator, aggregate],
    );
    return rows;
  } finally {
    await client.end();
  }
}

/** The service itself releases, between two batches of what it hears. */
async function releaseIn(service: string, { operator, aggregate }: Filter, json: boolean): Promise<void> {
  const rows = await parkedIn(service, { operator, aggregate });
  const operators = new Set(rows.map((row) => row.operator));
  if (operators.size === 0 && !json) console.log(`${service}: nothing is parked`);
  if (operators.size === 0) return;
  await asProvisioner(findServers(process.env), async (nats) => {
    for (const one of operators) {
      const { released, failed } = await ask(nats, service, { operator: one, aggregate });
      if (json) console.log(JSON.stringify({ service, operator: one, released, failed }));
      else console.log(`${service} ${one}: ${released} released${failed ? `; it still fails: ${failed}` : ''}`);
      if (failed) process.exitCode = 1;
    }
  });
}

async function ask(nats: NatsConnection, service: string, { operator, aggregate }: Filter): Promise<Released> {
  const body = JSON.stringify({ operator, aggregateId: aggregate });
  const answer = await nats.request(`release.${snake(service)}`, body, { timeout: 60_000 }).catch((error: Error) => {
    throw new Error(`${service} does not answer (${error.message}): is it running?`);
  });
  return answer.json<Released>();
}
