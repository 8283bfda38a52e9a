import { parseArgs } from 'node:util';
import { connectNats, type Released } from '@jonction/events';
import { databaseUrl, rolesOf } from '@jonction/commands';
import { natsUrlFor, planOf, serviceNames, snake } from '@jonction/stack';
import { Client } from 'pg';
import { findServers, runCommand } from './start/running.ts';

const HELP = `Events that a service could not act on, and those of the same aggregate that wait behind them.

  npm run parked -- list [--service S] [--json]
  npm run parked -- release --service S --operator O [--aggregate ID]

Release once the handler is mended: the events are handled again, in order; an aggregate stops at its first failure.
`;

const text = { type: 'string' } as const;

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      service: text,
      operator: text,
      aggregate: text,
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [verb] = positionals;
  if (verb === 'list') await list(values.service ? [values.service] : serviceNames(), values.json === true);
  else if (verb === 'release' && values.service && values.operator)
    await releaseParked(values.service, values.operator, values.aggregate ?? '');
  else {
    process.stdout.write(HELP);
    if (!values.help) process.exitCode = 2;
  }
});

async function list(services: string[], json: boolean): Promise<void> {
  const { adminUrl, secret } = findServers(process.env);
  for (const service of services) {
    const client = new Client({
      connectionString: databaseUrl(adminUrl, planOf(service, secret), rolesOf(snake(service)).owner),
    });
    await client.connect();
    const { rows } = await client.query(
      `select operator, aggregate_id, seq, type, reason, attempts, parked_at, split_part(traceparent, '-', 2) as trace_id
       from parked where released_at is null order by operator, aggregate_id, seq`,
    );
    await client.end();
    for (const row of rows)
      console.log(
        json
          ? JSON.stringify({ service, ...row })
          : `${service} ${row.operator} ${row.aggregate_id} #${row.seq} ${row.type}: ${row.reason} (trace ${row.trace_id})`,
      );
    if (rows.length === 0 && !json) console.log(`${service}: nothing is parked`);
  }
}

async function releaseParked(service: string, operator: string, aggregateId: string): Promise<void> {
  const { natsUrl, secret } = findServers(process.env);
  const nats = await connectNats(natsUrlFor(natsUrl, 'provisioner', secret), 'provisioner');
  try {
    const answer = await nats.request(`release.${snake(service)}`, JSON.stringify({ operator, aggregateId }), {
      timeout: 60_000,
    });
    const { released, failed } = answer.json<Released>();
    console.log(`${released} released${failed ? `; it still fails: ${failed}` : ''}`);
    if (failed) process.exitCode = 1;
  } finally {
    await nats.close();
  }
}
