import { check } from './decp/check.ts';
import { importFile } from './decp/import.ts';
import { publish } from './decp/publish.ts';
import { Mistake, runCommand } from './start/running.ts';

const HELP = `Essential data of public contracts (DECP, format of 2022): judges, publishes and imports files. Needs no platform.

  npm run -s decp -- check FILE… [--today AAAA-MM-JJ]

  check      one JSON line a contract: {id, schema, ministry, reasons[]}; JSON and XML, whatever their size
             schema    ok, invalid, or v1 (the format of before 2024: convert it with import)
             ministry  kept, set-aside, or repaired (published, but not as the file has it)
             exit code 0 all are kept, 1 some are not, 2 a file cannot be read to its end

  npm run -s decp -- publish --to FOLDER [--name NAME] [--today AAAA-MM-JJ] FILE…

  publish    adds contracts to the monthly files of a folder, decp-<buyer's SIRET>-<AAAA-MM>.json and .xml (or of all
             buyers, decp-<NAME>-…), by the month of their first publication. Only files that change are written, each at
             once. What the Ministry repairs is repaired; what it sets aside is left out and said, one JSON line each,
             but for the SIRETs of La Poste, which are right. A field once published is never changed.
             exit code 0 all are published, 1 some are not, 2 a file cannot be read to its end

  npm run -s decp -- import FILE [--today AAAA-MM-JJ]

  import     converts contracts of before 2024 (v1, 1.5.0) to the format of 2022, one JSON line each:
             {id, imported, kind, record, assumed[], lost[], reasons[]}, or {id, imported: false, reasons[]}; then counts.
             What v1 does not say is assumed to be the least, and named in assumed.
             exit code 0 all are imported, 1 some are refused, 2 the file cannot be read to its end

  --today    the day after which nothing can have been published (the present day)
  --help     prints this

Lines for programs go to the output, sentences for people to the error output. The schema and the CPV are read from
NORMS_DIR (../shared/data). The Ministry's rules are those of its own program, 139bercy/decp-arr2022, of August 2026.
`;

const COMMANDS: Record<string, (args: string[]) => Promise<number>> = { check, publish, import: importFile };

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
