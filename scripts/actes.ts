import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkSiren } from '@jonction/norms';
import {
  type Checked,
  calendarDay,
  checkDuplicate,
  nothingSeen,
  openReader,
  type Reader,
  reason,
  refusedWith,
} from '@jonction/norms/actes';
import { certificatesOf } from '@jonction/norms/signed';
import { type Language, printed, type Reason, Refused, verdictOf } from '@jonction/norms/xml';
import { scan } from './actes/clamd.ts';
import { actesDirs, normsDir } from './actes/norms.ts';

const HELP = `Judges archives of ACTES (tar.gz) before they leave, as files and without a running platform.

  npm run -s actes -- check FILE.tar.gz… [--authority SIREN] [--classification FILE.xml] [--today YYYY-MM-DD]
                             [--trust CA.pem] [--clamd WHERE] [--lang fr|en]
  npm run -s actes -- mutate [--count 1000] [--seed 1]

  FILE              judged in this order, so that what comes twice is seen
  --authority       the SIREN on whose behalf they are sent
  --classification  the RetourClassification.xml of the prefecture: codes and its date are compared with it
  --today           the day of sending; today in Paris when it is not given
  --trust           the authorities whose certificates may sign a PDF, as PEM; without it a signature must be right, and who
                    made it is not judged. Revocation is not judged: that needs the network
  --lang            the language of messages: fr, or en
  --clamd           host:port, or the path of a socket, of the antivirus: what it does not call clean is refused
  mutate            changes the synthetic archives at random, and says where the verdict is not that of tar and xmllint

One line of JSON a file: {file, verdict, reasons: [{code, where, message, fix}]}, where verdict is valide, avertissement or
rejet. Exit code: 0 all valid, 1 a warning, 2 a refusal or a wrong argument. The schemas of the State are read from
NORMS_DIR (../shared/data beside the checkout). Files are read in a process without network.
`;

const EXIT = { valide: 0, avertissement: 1, rejet: 2 };
/** npm runs a script at the root of the project; this is where it was called. */
const HERE = process.env.INIT_CWD ?? process.cwd();

try {
  await main();
} catch (error) {
  // @NOTE not runCommand: it ends with 1 for what is no wrong argument, which here would be read as a warning about a file.
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      authority: { type: 'string' },
      classification: { type: 'string' },
      today: { type: 'string' },
      trust: { type: 'string' },
      lang: { type: 'string', default: 'fr' },
      clamd: { type: 'string' },
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [action, ...files] = positionals;
  if (values.help) return void process.stdout.write(HELP);
  if (action === 'mutate' && files.length === 0) return mutateAll(Number(values.count), Number(values.seed));
  if (action !== 'check' || files.length === 0) throw new Error(`say what to check.\n\n${HELP}`);
  if (values.lang !== 'fr' && values.lang !== 'en') throw new Error('--lang is fr or en.');
  await using reader = await readerFor(
    values,
    files.map((file) => resolve(HERE, file)),
  );
  await checkAll(reader, files, { language: values.lang, clamd: values.clamd });
}

async function readerFor(
  {
    authority,
    classification,
    today = todayInParis(),
    trust,
  }: { authority?: string; classification?: string; today?: string; trust?: string },
  readable: string[],
): Promise<Reader> {
  if (!calendarDay(today)) throw new Error(`--today "${today}" is not a day, YYYY-MM-DD.`);
  if (authority !== undefined && !checkSiren(authority).ok) throw new Error(`--authority "${authority}" is no SIREN.`);
  const settings = {
    schemas: actesDirs(normsDir(process.env)).schemas,
    today,
    ...(authority && { authority: { siren: authority } }),
    ...(classification && { classification: readGiven('--classification', classification) }),
    ...(trust && { trust: readTrust(trust) }),
  };
  try {
    return await openReader(settings, readable);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Error(`--classification ${classification} is no RetourClassification: ${error.message}`);
  }
}

function readGiven(option: string, file: string): Buffer {
  try {
    return readFileSync(resolve(HERE, file));
  } catch (error) {
    throw new Error(`${option} ${file} cannot be read: ${(error as Error).message}`);
  }
}

function readTrust(file: string): string {
  const text = readGiven('--trust', file).toString('utf8');
  try {
    certificatesOf(text);
    return text;
  } catch (error) {
    throw new Error(`--trust ${file} cannot be used: ${(error as Error).message}.`);
  }
}

function todayInParis(): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format(new Date());
}

async function checkAll(
  reader: Reader,
  files: string[],
  { language, clamd }: { language: Language; clamd: string | undefined },
): Promise<void> {
  for (const what of reader.missing) process.stderr.write(`${MISSING[what]}\n`);
  const seen = nothingSeen();
  for (const file of files) {
    const judged = await judge(reader, resolve(HERE, file));
    const alone = [...judged.reasons, ...(await scanned(file, clamd))];
    const reasons: Reason[] = [...alone, ...checkDuplicate({ ...judged, reasons: alone }, seen)];
    const verdict = verdictOf(reasons);
    console.log(JSON.stringify({ file, verdict, reasons: reasons.map((one) => printed(one, language)) }));
    process.exitCode = Math.max(Number(process.exitCode ?? 0), EXIT[verdict]);
  }
}

/** Of what was read: a file that is not there is refused already. */
async function scanned(file: string, clamd: string | undefined): Promise<Reason[]> {
  if (clamd === undefined || !isFile(resolve(HERE, file))) return [];
  const said = await scan(resolve(HERE, file), clamd);
  return said === 'clean' ? [] : [reason(said === 'infected' ? 'VIRUS' : 'ANTIVIRUS_SILENT', 'archive')];
}

async function mutateAll(count: number, seed: number): Promise<void> {
  if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed)))
    throw new Error('--count and --seed are whole numbers.');
  // Only here: whoever checks a file needs neither tar nor xmllint.
  const [{ campaign }, { hasSystemJudge }] = await Promise.all([
    import('./actes/campaign.ts'),
    import('./actes/system-judge.ts'),
  ]);
  if (!hasSystemJudge()) throw new Error('this system has no xmllint or no tar: apt-get install libxml2-utils tar.');
  const told = await campaign(normsDir(process.env), { count, seed });
  console.log(JSON.stringify({ seed, ...told }));
  if (told.disagreements.length + told.deaths.length > 0) process.exitCode = 2;
}

const MISSING = {
  network: 'This system does not let a user take the network away (unshare): files are read in a process that has one.',
  limits: 'This system does not tell what a process takes (/proc): files are read under a limit of time alone.',
};

async function judge(reader: Reader, path: string): Promise<Checked> {
  if (isFile(path)) return reader.check({ path, name: basename(path) });
  return refusedWith('FILE_UNREADABLE');
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
