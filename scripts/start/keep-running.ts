import { setTimeout as delay } from 'node:timers/promises';
import type { Exit, Progress, Restartable } from '@jonction/stack';

const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** One that ran this long did not die of its start: the next wait is short again. */
const HEALTHY_MS = 60_000;

export type Kept<T extends Restartable> = AsyncDisposable & { server: T };

/** What it takes to watch over a process: its name, where to say it, and who must know its new pid. */
export type Watch = { name: string; say: Progress; revived: () => void };

/** Starts a server, and starts it again whenever it dies, after waits that grow, until disposed. Each time is one line. */
export async function keepRunning<T extends Restartable>(
  { name, say, revived }: Watch,
  launch: (onExit: (exit: Exit) => void) => Promise<T>,
): Promise<Kept<T>> {
  const end = new AbortController();
  let server: T | undefined;
  let reviving: Promise<void> | undefined;
  let wait = SHORTEST_WAIT_MS;
  let since = performance.now();

  const onExit = (exit: Exit) => {
    if (!server || reviving || end.signal.aborted) return; // a launch that fails says so itself
    if (performance.now() - since > HEALTHY_MS) wait = SHORTEST_WAIT_MS;
    reviving = revive(server, exit.signal ?? `code ${exit.code}`).finally(() => {
      reviving = undefined;
    });
  };

  async function revive(dead: T, how: string): Promise<void> {
    while (true) {
      const waited = wait;
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      await delay(waited, undefined, { signal: end.signal }).catch(() => {});
      if (end.signal.aborted) return;
      try {
        await dead.restart();
        since = performance.now();
        say(`${name} stopped (${how}) and runs again after ${waited / 1_000} s`);
        return revived();
      } catch (error) {
        say(`${name} stopped (${how}) and does not start again; next try in ${wait / 1_000} s: ${messageOf(error)}`);
      }
    }
  }

  const kept = await launch(onExit);
  server = kept;
  return {
    server: kept,
    async [Symbol.asyncDispose]() {
      end.abort();
      await reviving;
      await kept.stop();
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
