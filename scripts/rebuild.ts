import { parseArgs } from 'node:util';
import { databaseUrl, rolesOf } from '@jonction/commands';
import { planOf, snake } from '@jonction/stack';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { rebuildStream } from './rebuild-stream.ts';
import { asProvisioner, findServers, Mistake, runCommand, servicesNamed } from './start/running.ts';

const HELP = `Stores again what a lost stream held, from the outbox of its service. Run npm run provision before.

  npm run rebuild -- <stream>… | --all [--dry-run]

A stream that was only interrupted is gone on with. The relay sends what came later by itself.
--dry-run says how much is missing and stores nothing.
`;

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { all: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (!values.all && positionals.length === 0) throw new Mistake('say which stream, or --all; --help says more.');
  const names = servicesNamed(values.all ? [] : positionals);
  const { adminUrl, natsUrl, secret } = findServers(process.env);
  await asProvisioner({ adminUrl, natsUrl, secret }, async (nats) => {
    for (const name of names) {
      const url = databaseUrl(adminUrl, planOf(name, secret), rolesOf(snake(name)).relay);
      if (values['dry-run']) console.log(await missing(nats, url, snake(name)));
      else console.log(await rebuild(nats, url, snake(name)));
    }
  });
});

async function rebuild(nats: NatsConnection, url: string, stream: string): Promise<string> {
  const done = await rebuildStream(nats, url, stream, (at, all) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${stream}: ${at} of ${all}\r`);
  });
  return `${stream}: ${done} events are in the stream`;
}

async function missing(nats: NatsConnection, url: string, stream: string): Promise<string> {
  const { state } = await (await jetstreamManager(nats)).streams.info(stream);
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query('select count(*) as lost from outbox where stream_seq > $1', [state.last_seq]);
    return `${stream}: ${state.last_seq} events are in the stream, ${rows[0].lost} would be stored again`;
  } finally {
    await client.end();
  }
}
