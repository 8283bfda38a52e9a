import { parseArgs } from 'node:util';
import { databaseUrl, rolesOf } from '@jonction/commands';
import { planOf, snake } from '@jonction/stack';
import { reconcileStream } from './reconcile-stream.ts';
import { asProvisioner, findServers, runCommand, servicesNamed } from './start/running.ts';

const HELP = `Compares each stream with the outbox it comes from: what is missing, extra or different.

  npm run reconcile [-- <stream>…] [--json]

Exit code 1 when something differs, 2 for a stream that is not known.
`;

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  const names = servicesNamed(positionals);
  const servers = findServers(process.env);
  await asProvisioner(servers, async (nats) => {
    for (const name of names) {
      const url = databaseUrl(servers.adminUrl, planOf(name, servers.secret), rolesOf(snake(name)).relay);
      const { compared, waiting, differences } = await reconcileStream(nats, url, snake(name));
      if (differences.length > 0) process.exitCode = 1;
      if (values.json) console.log(JSON.stringify({ stream: snake(name), compared, waiting, differences }));
      else {
        console.log(`${snake(name)}: ${compared} compared, ${waiting} not sent yet, ${differences.length} differ`);
        for (const { kind, eventId, seq } of differences) console.log(`  ${kind} ${eventId} at ${seq}`);
      }
    }
  });
});
