import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { orElse, type Progress, readIfThere, until } from './system.ts';

type Entry = { pid: number; mark: string; name: string; stopSignal: NodeJS.Signals };

/**
 * What tells a living process from a later one with the same pid: the boot and the moment of its start.
 * Undefined when no such process lives; a zombie does not live.
 */
export function processMark(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || undefined;
  }
  const stat = orElse(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '');
  // The program's name, in parentheses, may hold spaces: count from its end (proc(5): the state is field 3, the start 22).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields[19] || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${readIfThere('/proc/sys/kernel/random/boot_id').trim()}:${fields[19]}`;
}

/** Notes a process just started, one JSON line each, so that the next start can end it if this one is killed. */
export function recordChild(ledger: string, child: Omit<Entry, 'mark'>): void {
  const mark = processMark(child.pid);
  if (mark) appendFileSync(ledger, `${JSON.stringify({ ...child, mark })}\n`, { mode: 0o600 });
}

/**
 * Ends the processes of a ledger that still live, and only those (same pid, same start), then removes the ledger.
 * Asks first, kills after `graceMs`. Throws when one cannot be ended, naming it.
 */
export async function endOrphans(ledger: string, progress: Progress, graceMs = 10_000): Promise<void> {
  // The last line of a start killed while writing it does not parse.
  const entries = readIfThere(ledger)
    .split('\n')
    .flatMap((line) => orElse((): Entry[] => [JSON.parse(line)], []));
  const living = () => entries.filter((entry) => processMark(entry.pid) === entry.mark);
  const signal = (pid: number, name: NodeJS.Signals) => orElse(() => process.kill(pid, name), false);
  for (const { name, pid, stopSignal } of living()) {
    progress(`ending ${name} (pid ${pid}), left by a start that was killed`);
    signal(pid, stopSignal);
  }
  const gone = () => living().length === 0;
  if (!(await until(gone, graceMs))) for (const { pid } of living()) signal(pid, 'SIGKILL');
  if (!(await until(gone, 5_000))) {
    const left = living().map(({ name, pid }) => `${name} (pid ${pid})`);
    throw new Error(`cannot end ${left.join(', ')}, left by another start: start as the user it belongs to, or end it`);
  }
  rmSync(ledger, { force: true });
}
