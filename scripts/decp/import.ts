import { parseArgs } from 'node:util';
import {
  Duplicates,
  isPublishable,
  isV1,
  judgeBy,
  type Norms,
  Numbers,
  type Reason,
  repaired,
  type Verdict,
} from '@jonction/norms/decp';
import { Mistake } from '../start/running.ts';
import { contractsIn, dayOf, openNorms, say, tell, tellUnreadable } from './files.ts';
import { fromV1 } from './from-v1.ts';
import type { Read } from './read.ts';

/** Converts the contracts of a file to the format of 2022, or refuses them one by one. Answers with the exit code. */
export async function importFile(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { today: { type: 'string' } } });
  const [file, ...more] = positionals;
  if (!file || more.length > 0) throw new Mistake('say which file to import, one at a time. --help says more.');
  const norms = openNorms();
  try {
    return await importAll(file, norms, dayOf(values.today));
  } catch (error) {
    tellUnreadable(file, error);
    return 2;
  }
}

/** Each number of a buyer is given once: of two contracts with the same one, the first is taken. */
async function importAll(file: string, norms: Norms, today: string): Promise<number> {
  const judge = judgeBy(norms, today);
  const duplicates = new Duplicates();
  for await (const read of converted(file, norms)) duplicates.note(read.kind, read.record, judge.isValid(read));
  const numbers = new Numbers();
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  let place = 0;
  for await (const read of converted(file, norms)) {
    const verdict = judge.judge(read, duplicates.insteadOf(++place, read.kind, read.record));
    const good = isPublishable(verdict);
    const reasons = [...verdict.reasons, ...(good ? numbers.take(read, place) : [])];
    const refused = !good || reasons.some(({ effect }) => effect === 'refused');
    await say(lineOf(read, { ...verdict, reasons }, !refused));
    count(refused ? 'refused' : 'imported');
    if (refused) for (const code of codesAgainst(reasons)) count(`refused for ${code}`);
  }
  for (const [what, times] of [...counts].sort()) tell(`${String(times).padStart(7)} ${what}`);
  tell(
    'What v1 does not say is assumed to be the least: no clause, no advance, one tender. Each line names these fields.',
  );
  return counts.has('refused') ? 1 : 0;
}

function lineOf({ kind, record, assumed, lost }: Imported, verdict: Verdict, imported: boolean): string {
  const { id, reasons } = verdict;
  const taken = imported ? { ...repaired(kind, record, verdict), assumed, lost } : {};
  return JSON.stringify({ id, imported, ...taken, reasons });
}

function codesAgainst(reasons: Reason[]): Set<string> {
  return new Set(
    reasons.filter(({ effect }) => effect === 'refused' || effect === 'set-aside').map(({ code }) => code),
  );
}

type Imported = Read & { assumed: string[]; lost: string[] };

async function* converted(file: string, norms: Norms): AsyncGenerator<Imported> {
  for await (const read of contractsIn(file, norms)) {
    if (isV1(read.record)) yield { ...read, ...fromV1(read.kind, read.record) };
    else yield { ...read, assumed: [], lost: [] };
  }
}
