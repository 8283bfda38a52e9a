import { appendFileSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { actes } from './actes.ts';
import { command } from './command.ts';
import { contributions } from './contributions.ts';
import { decp } from './decp.ts';
import { entitlement } from './entitlement.ts';
import { handling } from './handling.ts';
import { latency } from './latency.ts';
import { mandates } from './mandates.ts';
import { memory } from './memory.ts';
import { organizations } from './organizations.ts';
import { partnerBacklog } from './partner-backlog.ts';
import { pes } from './pes.ts';
import { relay } from './relay.ts';
import { type Figure, isMet } from './rounds.ts';
import { openStage, type Stage } from './stage.ts';
import { start } from './start.ts';
import { streaming } from './streaming.ts';
import { table } from './table.ts';

/** One question each, by the name of its file. */
const QUESTIONS: Record<string, (stage: Stage, rounds: number) => Promise<Figure[]>> = {
  command,
  streaming,
  entitlement,
  relay,
  handling,
  latency,
  mandates,
  memory,
  organizations,
  contributions,
  'partner-backlog': partnerBacklog,
  decp,
  start,
  actes,
  pes,
};

const HELP = `Measures Jonction beside the bare things it stands on, on servers of its own, and says whether each bar is met.

  npm run bench [-- <name> …] [--rounds <n>] [--json] [--keep]

  <name>    ${Object.keys(QUESTIONS).join(', ')}; all of them when none is given
  --rounds  how often each is measured, in turn with its floor (5)
  --json    prints JSON instead of a table
  --keep    adds the table to bench/results.md, with the date, the machine and this command
  --help    prints this

Figures are medians over the rounds, with the lowest and the highest. Absolute figures move with the machine: compare
ratios. It ends with code 1 when a bar is not met.
`;

interface Wish {
  names: string[];
  rounds: number;
  json: boolean;
  keep: boolean;
}

async function main(args: string[]): Promise<void> {
  const wish = readWish(args);
  if (wish === 'help') process.stdout.write(HELP);
  else if (typeof wish === 'string') fail(2, `${wish} npm run bench -- --help says more.`);
  else await measure(wish, args);
}

/** The wish, `help`, or a sentence that says what is wrong with the arguments. */
function readWish(args: string[]): Wish | string {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { rounds: { type: 'string', default: '5' }, json: flag, keep: flag, help: { ...flag, short: 'h' } },
    });
    const { rounds, json, keep, help } = values;
    if (help) return 'help';
    const unknown = positionals.find((name) => !Object.hasOwn(QUESTIONS, name));
    if (unknown) return `No bench is called ${unknown}: there are ${Object.keys(QUESTIONS).join(', ')}.`;
    if (!/^[1-9]\d?$/.test(rounds)) return `--rounds must be a whole number from 1 to 99, not "${rounds}".`;
    const names = positionals.length > 0 ? positionals : Object.keys(QUESTIONS);
    return { names, rounds: Number(rounds), json, keep };
  } catch (error) {
    return `${(error as Error).message}.`; // parseArgs names the argument that it does not know
  }
}

async function measure({ names, rounds, json, keep }: Wish, args: string[]): Promise<void> {
  const figures: Figure[] = [];
  for (const name of names) {
    const startedAt = performance.now();
    // Each question on servers of its own: what one leaves behind must not slow the next.
    await using stage = await openStage();
    figures.push(...((await QUESTIONS[name]?.(stage, rounds)) ?? []));
    process.stderr.write(`${name}: ${((performance.now() - startedAt) / 1_000).toFixed(0)} s\n`);
  }
  const about = { date: new Date().toISOString().slice(0, 16), machine: machine(), rounds };
  const text = table(figures);
  process.stdout.write(json ? `${JSON.stringify({ ...about, figures }, null, 2)}\n` : `${text}\n`);
  if (keep) {
    const called = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
    const entry = `\n## ${about.date} UTC\n\n${about.machine}, ${rounds} rounds, \`${called}\`\n\n${text}\n`;
    appendFileSync(join(import.meta.dirname, 'results.md'), entry);
  }
  if (figures.some((figure) => isMet(figure) === false)) process.exitCode = 1;
}

function machine(): string {
  const gib = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1_048_576;
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${gib.toFixed(0)} GiB, Node ${process.version}`;
}

function fail(exitCode: number, sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = exitCode;
}

await main(process.argv.slice(2)).catch((error: Error) => fail(1, error.stack ?? error.message));
