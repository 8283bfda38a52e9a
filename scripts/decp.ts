import { check } from './decp/check.ts';
import { Mistake, runCommand } from './start/running.ts';

const HELP = `Essential data of public contracts (DECP, format of 2022): judges, publishes and imports files. Needs no platform.

  npm run -s decp -- check FILE… [--today AAAA-MM-JJ]

  check      one JSON line a contract: {id, schema, ministry, reasons[]}; JSON and XML, whatever their size
             schema    ok, invalid, or v1 (the format of before 2024: convert it with import)
             ministry  kept, set-aside, or repaired (published, but not as the file has it)
             exit code 0 all are kept, 1 some are not, 2 a file cannot be read to its end

  --today    the day after which nothing can have been published (the present day)
  --help     prints this

Lines for programs go to the output, sentences for people to the error output. The schema and the CPV are read from
NORMS_DIR (../shared/data). The Ministry's rules are those of its own program, 139bercy/decp-arr2022, of August 2026.
`;

const COMMANDS: Record<string, (args: string[]) => Promise<number>> = { check };

await runCommand(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || name === '--help' || name === '-h' || args.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  const command = COMMANDS[name];
  if (!command) throw new Mistake(`there is no "decp ${name}": say check, publish or import. --help says more.`);
  process.exitCode = await command(args);
});
