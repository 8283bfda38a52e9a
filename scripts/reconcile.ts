import { parseArgs } from 'node:util';
import { connectNats } from '@jonction/events';
import { databaseUrl, rolesOf } from '@jonction/commands';
import { natsUrlFor, planOf, serviceNames, snake } from '@jonction/stack';
import { reconcileStream } from './reconcile-stream.ts';
import { findServers, runCommand } from './start/running.ts';

const HELP = `Compares each stream with the outbox it comes from: what is missing, extra or different.

  npm run reconcile [-- <stream>…] [--json]

Exit code 1 when something differs.
`;

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { adminUrl, natsUrl, secret } = findServers(process.env);
  const nats = await connectNats(natsUrlFor(natsUrl, 'provisioner', secret), 'provisioner');
  try {
    for (const name of serviceNames().filter((one) => positionals.length === 0 || positionals.includes(snake(one)))) {
      const url = databaseUrl(adminUrl, planOf(name, secret), rolesOf(snake(name)).relay);
      const { compared, waiting, differences } = await reconcileStream(nats, url, snake(name));
      if (differences.length > 0) process.exitCode = 1;
      if (values.json) console.log(JSON.stringify({ stream: snake(name), compared, waiting, differences }));
      else {
        console.log(`${snake(name)}: ${compared} compared, ${waiting} not sent yet, ${differences.length} differ`);
        for (const { kind, eventId, seq } of differences) console.log(`  ${kind} ${eventId} at ${seq}`);
      }
    }
  } finally {
    await nats.close();
  }
});
