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
