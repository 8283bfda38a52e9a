import { parseArgs } from 'node:util';
import { connectNats } from '@jonction/events';
import { databaseUrl, rolesOf } from '@jonction/commands';
import { natsUrlFor, planOf, serviceNames, snake } from '@jonction/stack';
import { rebuildStream } from './rebuild-stream.ts';
import { findServers, runCommand } from './start/running.ts';

const HELP = `Stores again what a lost stream held, from the outbox of its service. Run npm run provision before.

  npm run rebuild -- <stream> | --all

A stream that was only interrupted is gone on with. The relay sends what came later by itself.
`;

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { all: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  const names = serviceNames().filter(
    (name) => values.all || positionals.includes(snake(name)) || positionals.includes(name),
  );
  if (values.help || names.length === 0) {
    process.stdout.write(HELP);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const { adminUrl, natsUrl, secret } = findServers(process.env);
  const nats = await connectNats(natsUrlFor(natsUrl, 'provisioner', secret), 'provisioner');
  try {
    for (const name of names) {
      const url = databaseUrl(adminUrl, planOf(name, secret), rolesOf(snake(name)).relay);
      const done = await rebuildStream(nats, url, snake(name), (at, all) =>
        process.stderr.write(`\r${snake(name)}: ${at} of ${all}`),
      );
      console.log(`\r${snake(name)}: ${done} events are in the stream`);
    }
  } finally {
    await nats.close();
  }
});
