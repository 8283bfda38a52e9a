import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Checked,
  certificatesOf,
  checkDuplicate,
  nothingSubmitted,
  openReader,
  type Reader,
  refusedWith,
} from '@jonction/norms/pes';
import { type Language, printed, type Reason, verdictOf } from '@jonction/norms/xml';
import { Mistake, runCommand } from './start/running.ts';

const HELP = `Judges files of Helios PES v2 before they leave, or as they come, without a running platform.

  npm run -s pes -- check FILE.xml… [--trust CA.pem] [--lang fr|en]

  FILE      a PES_Aller, or an answer (PES_ACQUIT, PES_NonAcquit, PES_Retour, PES_ACQUIT_RETOUR); judged in this order, so
            that the same (NomFic, CodCol), or the same bytes, are seen when they come twice
  --trust   the authorities whose certificates may sign, as PEM; without it a signed file gets a warning that they were
            not judged. Revocation is not judged: that needs the network
  --lang    the language of message and fix: fr, or en

One line of JSON a file: {file, verdict, reasons: [{code, where, message, fix}]}, where verdict is valide, avertissement or
rejet, and where is line:column, then the path of the element. A PES_ACQUIT that rejects anything is a rejet, with the
anomalies of the DGFiP as reasons. Exit code: 0 all valid, 1 a warning, 2 a refusal or a wrong argument. The schemas of the
State are read from NORMS_DIR (../shared/data beside the checkout); what is unknown to the newest of them is a warning.
Files are read in a process without network.
`;

const EXIT = { valide: 0, avertissement: 1, rejet: 2 };
/** npm runs a script at the root of the project; this is where it was called. */
const HERE = process.env.INIT_CWD ?? process.cwd();
const MISSING = {
  network: 'This system does not let a user take the network away (unshare): files are read in a process that has one.',
  limits: 'This system does not tell what a process takes (/proc): files are read under a limit of time alone.',
};

await runCommand(async () => {
  try {
    await main();
  } catch (error) {
    // Exit code 1 would be read as a warning about a file.
    if (error instanceof Mistake) throw error;
    throw new Mistake((error as Error).message, { cause: error });
  }
});

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      trust: { type: 'string' },
      lang: { type: 'string', default: 'fr' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [action, ...files] = positionals;
  if (values.help) return void process.stdout.write(HELP);
  if (action !== 'check' || files.length === 0) throw new Mistake(`say what to check.\n\n${HELP}`);
  if (values.lang !== 'fr' && values.lang !== 'en') throw new Mistake('--lang is fr or en.');
  const { NORMS_DIR } = process.env;
  const norms = NORMS_DIR ? resolve(HERE, NORMS_DIR) : join(import.meta.dirname, '../../shared/data');
  const trust = values.trust === undefined ? {} : { trust: readTrust(values.trust) };
  const readable = files.map((file) => resolve(HERE, file));
  await using reader = await openReader({ norms, now: Date.now(), ...trust }, readable);
  await checkAll(reader, files, values.lang);
}

function readTrust(file: string): string {
  try {
    const text = readFileSync(resolve(HERE, file), 'utf8');
    certificatesOf(text);
    return text;
  } catch (error) {
    throw new Mistake(`--trust ${file} cannot be used: ${(error as Error).message}.`);
  }
}

async function checkAll(reader: Reader, files: string[], language: Language): Promise<void> {
  for (const what of reader.missing) process.stderr.write(`${MISSING[what]}\n`);
  const submitted = nothingSubmitted();
  for (const file of files) {
    const checked = await check(reader, resolve(HERE, file));
    const reasons: Reason[] = [...checkDuplicate(checked, submitted), ...checked.reasons];
    const verdict = verdictOf(reasons);
    console.log(JSON.stringify({ file, verdict, reasons: reasons.map((one) => printed(one, language)) }));
    process.exitCode = Math.max(Number(process.exitCode ?? 0), EXIT[verdict]);
  }
}

async function check(reader: Reader, path: string): Promise<Checked> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return reader.check({ path });
  return refusedWith('FILE_UNREADABLE');
}
