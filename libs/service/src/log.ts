import { pino } from 'pino';

/** One JSON line a fact, on standard output. Ids, enums and durations only: nothing a person typed. */
export const log = pino({
  base: { service: process.env.OTEL_SERVICE_NAME ?? 'jonction' },
  timestamp: pino.stdTimeFunctions.isoTime,
});

/** What may be logged of an error: its class, code and stack frames. A driver's message can quote the row it refused. */
export function defect(error: unknown) {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, constraint, table } = error as { code?: string; constraint?: string; table?: string };
  const frames = error.stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .map((line) => line.trim());
  return { error: error.name, code, constraint, table, frames };
}

const EACH_MS = 1_000;
const counts = new Map<string, { rpc: string; operator: string; calls: number; msSum: number; msMax: number }>();

/** Counts a call that is well, for one line a second, RPC and operator: there are too many for a line each. */
export function countCall(rpc: string, operator: string, ms: number): void {
  const key = `${rpc} ${operator}`;
  const count = counts.get(key);
  if (count) {
    count.calls++;
    count.msSum += ms;
    count.msMax = Math.max(count.msMax, ms);
    return;
  }
  if (counts.size === 0) setTimeout(tellCounts, EACH_MS).unref();
  counts.set(key, { rpc, operator, calls: 1, msSum: ms, msMax: ms });
}

function tellCounts(): void {
  const short = (ms: number) => Math.round(ms * 1_000) / 1_000;
  for (const { rpc, operator, calls, msSum, msMax } of counts.values())
    log.info({
      event: 'requests',
      rpc,
      status: 'OK',
      operator,
      calls,
      ms_mean: short(msSum / calls),
      ms_max: short(msMax),
    });
  counts.clear();
}

// What was counted last is told before the process ends.
process.on('beforeExit', tellCounts);
