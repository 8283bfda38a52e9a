import { defect, log } from './log.ts';

/** Starts a service, stops it in reverse order on SIGTERM or SIGINT, and lets the event loop empty: no `process.exit`. */
export async function runUntilSignal(start: () => Promise<AsyncDisposable>): Promise<void> {
  const stopping = new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  try {
    const parts = await start();
    log.info({ event: 'started' });
    const signal = await stopping;
    log.info({ event: 'stopping', signal });
    await parts[Symbol.asyncDispose]();
    log.info({ event: 'stopped' });
  } catch (error) {
    log.fatal({ event: 'failed', ...defect(error), message: startMessage(error) });
    process.exitCode = 1;
    // What could not be stopped must not keep a failed process alive.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5_000).unref();
  }
}

/** Configuration mistakes are written by us and name variables, so they may be shown whole. */
function startMessage(error: unknown): string | undefined {
  return error instanceof ConfigError ? error.message : undefined;
}

/** The environment is not what the service needs; the message lists every mistake. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
