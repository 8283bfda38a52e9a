import { parseArgs } from 'node:util';
import { provisionPlatform } from '@jonction/stack';
import { findServers, runCommand } from './start/running.ts';

const HELP = `Makes and updates what the services need: roles, databases, tables, streams, durables. Safe to run again.

  npm run provision

Uses the servers of the running npm start, or DATABASE_URL (an administrator's), NATS_URL and JONCTION_SECRET.
`;

await runCommand(async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) process.stdout.write(HELP);
  else await provisionPlatform(findServers(process.env), (line) => console.log(line));
});
