import { parseArgs } from 'node:util';
import { natsUsers, provisionPlatform, speakers } from '@jonction/stack';
import { dataDir } from './console/config.ts';
import { asProvisioner, findServers, runCommand, secretOf } from './start/running.ts';

const HELP = `Makes and updates what the services need: roles, databases, tables, streams, durables. Safe to run again.

  npm run provision
  npm run -s provision -- --nats-users   prints the users that nats-server must have, as its configuration takes them

Uses the servers of the running npm start, or DATABASE_URL (an administrator's), NATS_URL and JONCTION_SECRET. Every password
derives from the secret: keep it where the passwords would be kept.
`;

await runCommand(async () => {
  const { values } = parseArgs({
    options: { 'nats-users': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (values['nats-users']) {
    const secret = process.env.JONCTION_SECRET || secretOf(dataDir(process.env));
    const users = natsUsers(secret, await speakers());
    return console.log(JSON.stringify({ authorization: { users } }, null, 2));
  }
  const servers = findServers(process.env);
  await asProvisioner(servers, () => provisionPlatform(servers, (line) => console.log(line)));
});
