import { parseArgs } from 'node:util';
import { natsUrlFor, operatorMode, provisionPlatform, snake, speakers } from '@jonction/stack';
import { dataDir } from './console/config.ts';
import { provisionPartners } from './partner/provision.ts';
import { asProvisioner, findServers, runCommand, secretOf, servicesNamed } from './start/running.ts';

const HELP = `Makes and updates what the services need: roles, databases, tables, streams, durables. Safe to run again.

  npm run provision
  npm run -s provision -- --nats-config    prints what nats-server must be told: who signs its accounts, and where it keeps them
  npm run -s provision -- --nats-url USER  prints the NATS_URL of a service (dce_library), with its credentials

Uses the servers of the running npm start, or DATABASE_URL (an administrator's), NATS_URL and JONCTION_SECRET. Every password
and every key derives from the secret: keep it where they would be kept.
`;

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      'nats-config': { type: 'boolean' },
      'nats-url': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const secret = () => process.env.JONCTION_SECRET || secretOf(dataDir(process.env));
  if (values['nats-url'] !== undefined) {
    const [user = ''] = servicesNamed([values['nats-url']]);
    return console.log(natsUrlFor(process.env.NATS_URL || 'nats://127.0.0.1:4222', snake(user), secret()));
  }
  if (values['nats-config'])
    return console.log(JSON.stringify(operatorMode(secret(), await speakers(), './accounts'), null, 2));
  const servers = findServers(process.env);
  await asProvisioner(servers, () => provisionPlatform(servers, (line) => console.log(line)));
  await provisionPartners(servers, (line) => console.log(line));
});
