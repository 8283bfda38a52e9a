import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Contract,
  judgeBy,
  type Loose,
  publishFiles,
  readNorms,
  sampleConcession,
  sampleMarche,
} from '@jonction/norms/decp';
import { normsDir } from '@jonction/stack';
import { answer } from '../child.ts';

const MIB = 2 ** 20;
const judge = judgeBy(readNorms(normsDir()), '2026-12-31');
/** The most memory held, found after a collection (node runs with --expose-gc), and the largest resident set. */
let most = { held: 0, resident: 0 };

function look(): void {
  const resident = process.memoryUsage().rss;
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  most = { held: Math.max(most.held, heapUsed + external), resident: Math.max(most.resident, resident) };
}

/** Invented contracts over twelve months, judged as they come; one in twenty is a concession. */
async function* contracts(count: number): AsyncGenerator<Contract> {
  for (let number = 0; number < count; number++) {
    const other = { datePublicationDonnees: `2026-${String((number % 12) + 1).padStart(2, '0')}-01` };
    const contract: Contract =
      number % 20 === 0
        ? { kind: 'contrat-concession', record: sampleConcession(number, other) }
        : { kind: 'marche', record: sampleMarche(number, other) };
    const record = contract.record as unknown as Loose;
    const { ministry } = judge.judge({ kind: contract.kind, record, reasons: [] });
    if (ministry !== 'kept') throw new Error(`a contract of the bench is ${ministry}`);
    yield contract;
  }
}

/** Watched, it is looked at ten times a second, which costs time: what is timed is not watched. */
async function exportFiles({ count, watched }: { count: number; watched: boolean }) {
  const folder = mkdtempSync(join(tmpdir(), 'jonction-bench-decp-'));
  const watch = watched ? setInterval(look, 100) : undefined;
  try {
    most = { held: 0, resident: 0 };
    const startedAt = performance.now();
    const { written } = await publishFiles(contracts(count), { folder, nameOf: () => 'bench' });
    const seconds = (performance.now() - startedAt) / 1_000;
    if (written.length !== 24) throw new Error(`${written.length} files were written instead of 24`);
    look();
    return { seconds, held: most.held / MIB, resident: most.resident / MIB };
  } finally {
    clearInterval(watch);
    rmSync(folder, { recursive: true });
  }
}

answer({ exportFiles });
