import { parseArgs } from 'node:util';
import { Duplicates, isV1, type Judge, judgeBy, type Norms } from '@jonction/norms/decp';
import { Mistake } from '../start/running.ts';
import { contractsIn, dayOf, openNorms, say, tell, tellUnreadable } from './files.ts';
import type { Read } from './read.ts';

/** Judges files in their order; duplicates count within a file. Answers with the exit code. */
export async function check(args: string[]): Promise<number> {
  const { values, positionals: files } = parseArgs({
    args,
    allowPositionals: true,
    options: { today: { type: 'string' } },
  });
  if (files.length === 0) throw new Mistake('say which file to check. --help says more.');
  const norms = openNorms();
  const judge = judgeBy(norms, dayOf(values.today));
  let exitCode = 0;
  for (const file of files) exitCode = Math.max(exitCode, await checkFile(file, norms, judge));
  return exitCode;
}

/** Reads the file twice: which of two duplicates is kept is known only after the last contract. */
async function checkFile(file: string, norms: Norms, judge: Judge): Promise<number> {
  const duplicates = new Duplicates();
  const counts = { kept: 0, repaired: 0, 'set-aside': 0 };
  const formats = new Set<string>();
  let number = 0;
  try {
    await noteAll(duplicates, contractsIn(file, norms), judge);
    for await (const read of contractsIn(file, norms)) {
      const { id, schema, ministry, reasons } = judge.judge(
        read,
        duplicates.insteadOf(++number, read.kind, read.record),
      );
      formats.add(formatOf(read));
      counts[ministry]++;
      await say(JSON.stringify({ id, schema, ministry, reasons }));
    }
  } catch (error) {
    tellUnreadable(file, error);
    return 2;
  }
  tell(
    `${file}: ${[...formats].join(' and ') || 'no contract'}; ${counts.kept} kept, ${counts.repaired} repaired, ${counts['set-aside']} set aside.`,
  );
  return counts.repaired + counts['set-aside'] > 0 ? 1 : 0;
}

/** A first reading that breaks off is no failure yet: the second gives a line for all that was read before it does too. */
async function noteAll(duplicates: Duplicates, reads: AsyncIterable<Read>, judge: Judge): Promise<void> {
  try {
    for await (const read of reads) duplicates.note(read.kind, read.record, judge.isValid(read));
  } catch {
    // what was noted stands
  }
}

function formatOf({ syntax, record }: Read): string {
  return `${syntax.toUpperCase()}, ${isV1(record) ? 'v1 (1.5.0)' : 'format of 2022 (2.0.x)'}`;
}
