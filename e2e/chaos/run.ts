/** The kill test at its full size: `npm run chaos -- --help` says how. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCampaign, type Summary, type Wanted } from './campaign.ts';
import { TARGETS } from './servers.ts';

const HELP = `Kills the services, PostgreSQL, nats-server and the simulated prefecture with SIGKILL under load, and judges that every accepted
command had exactly one effect in every listener, in order, and that nothing accepted was lost.

  npm run chaos
  npm run chaos -- --seed 7 --commands 20000 --kills 100

  --seed      draws targets, moments and commands; the present time when not given
  --commands  accepted commands at least (10000)
  --kills     kills in all, at least seven times --each (50)
  --each      kills of each of the seven targets at least (5)
  --clients   concurrent clients (24)
  --record    adds a line to e2e/chaos/results.md
  --help      prints this

It uses servers and ports of its own and needs nothing to run. The load goes on until there are enough commands and
enough kills, and the last line is a summary in JSON. The exit code is 1 when the oracle objects to something: the
logs, the data and the journal of commands are then kept, and the summary says where.
`;

const options = {
  seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  commands: { type: 'string', default: '10000' },
  kills: { type: 'string', default: '50' },
  each: { type: 'string', default: '5' },
  clients: { type: 'string', default: '24' },
  record: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const MOST_SHOWN = 40;

async function main(args: string[]): Promise<void> {
  const { record, help, ...numbers } = parseArgs({ args, options }).values;
  if (help) return void process.stdout.write(HELP);
  const wanted = wantedOf(numbers);
  const say = (line: string) => console.log(line);
  say(`seed ${wanted.seed}: ${wanted.commands} commands and ${wanted.kills} kills at least`);
  const { objections, summary } = await runCampaign(wanted, say);
  for (const objection of objections.slice(0, MOST_SHOWN)) say(`  objection: ${objection}`);
  if (objections.length > MOST_SHOWN) say(`  and ${objections.length - MOST_SHOWN} more`);
  if (record)
    appendFileSync(
      join(import.meta.dirname, 'results.md'),
      `${lineOf(summary, ['npm run chaos', ...(args.length > 0 ? ['--', ...args] : [])].join(' '))}\n`,
    );
  say(JSON.stringify(summary));
  if (objections.length > 0) process.exitCode = 1;
}

function wantedOf(numbers: Record<keyof Wanted, string>): Wanted {
  const read = Object.entries(numbers).map(([name, text]) => {
    if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name} must be a whole number, not "${text}"`);
    return [name, Number(text)];
  });
  const wanted = Object.fromEntries(read) as Wanted;
  if (wanted.kills < wanted.each * TARGETS.length)
    throw new Error(`--kills must be at least seven times --each (${wanted.each})`);
  if (wanted.clients < 1) throw new Error('--clients must be at least 1');
  return wanted;
}

/** A row of the table in results.md. */
function lineOf(summary: Summary, command: string): string {
  const { seed, seconds, accepted, refused, repeated, killed, killsTogether, events, acts, objections } = summary;
  const failed = Object.values(summary.failedAttempts).reduce((sum, one) => sum + one, 0);
  const kills = Object.entries(killed).map(([target, times]) => `${target} ${times}`);
  const cells = [
    new Date().toISOString().slice(0, 10),
    `\`${command}\``,
    seed,
    `${seconds} s`,
    accepted,
    refused,
    failed,
    repeated,
    `${Object.values(killed).reduce((sum, one) => sum + one, 0)} (${kills.join(', ')})`,
    killsTogether,
    events,
    acts,
    objections,
  ];
  return `| ${cells.join(' | ')} |`;
}

await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
