import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Prefecture, ROOT, startPrefecture } from '@jonction/stack';

/** A line of the simulated prefecture's ledger; `simulators/prefecture/src/ledger.ts` tells the kinds. */
export interface LedgerEntry {
  kind: 'received' | 'repeated' | 'answered' | 'written' | 'removed';
  at: number;
  envelope_id?: string;
  message_id?: string;
  message?: { message_id: string };
  messages?: { message_id: string }[];
  envelope?: { envelope_id: string; number: string; sha256: string; size: number };
}

export type TestPrefecture = Prefecture & {
  /** All that it wrote down so far: what a test judges by. */
  ledger(): LedgerEntry[];
  /** What its process printed. */
  log(): string;
};

/** A simulated prefecture of one's own, as a process; it answers at once unless `args` say otherwise. */
export async function testPrefecture(args: string[] = []): Promise<TestPrefecture> {
  const folder = mkdtempSync(join(tmpdir(), 'jonction-prefecture-'));
  const dir = join(folder, 'data');
  const prefecture = await startPrefecture({
    root: ROOT,
    dir,
    port: await freePort(),
    logFile: join(folder, 'prefecture.log'),
    args: ['--delay-ms', '0', ...args],
  });
  const ledger = () => {
    const text = readFileSync(join(dir, 'ledger.jsonl'), 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    return whole.split('\n').flatMap((line) => (line ? [JSON.parse(line) as LedgerEntry] : []));
  };
  const log = () => readFileSync(join(folder, 'prefecture.log'), 'utf8');
  const dispose = async () => {
    await prefecture.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  // The pid changes with each start, so it is looked up and not copied.
  return Object.defineProperty({ ...prefecture, ledger, log, [Symbol.asyncDispose]: dispose }, 'pid', {
    get: () => prefecture.pid,
  });
}
