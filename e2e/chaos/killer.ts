import { setTimeout as pause } from 'node:timers/promises';
import type { Restartable } from '@jonction/stack';
import type { Random } from './random.ts';
import { TARGETS, type Target } from './servers.ts';

/** One kill to come: how long after the one before, and how long the target then stays away. */
export interface Planned {
  target: Target;
  afterMs: number;
  awayMs: number;
}

export interface Kill {
  target: Target;
  /** Commands without an answer at that moment. */
  inFlight: number;
  /** Others that were away at that moment. */
  alsoAway: number;
}

const LONGEST_WAIT_MS = 3_000;
const LONGEST_AWAY_MS = 1_500;
/** A service that starts while PostgreSQL is away may fail, and is started again as an orchestrator would. */
const STARTS = 30;

/** `kills` moments and targets, the same for the same numbers; each target at least `each` times. */
export function planKills(random: Random, kills: number, each: number): Planned[] {
  const sure = TARGETS.flatMap((target) => Array.from({ length: each }, () => target));
  const others = Array.from({ length: Math.max(0, kills - sure.length) }, () => random.pick(TARGETS) as Target);
  return random.shuffle([...sure, ...others]).map((target) => ({
    target,
    afterMs: random.between(100, LONGEST_WAIT_MS),
    awayMs: random.between(0, LONGEST_AWAY_MS),
  }));
}

/**
 * Kills with SIGKILL as planned. What was killed is started again in the background, so that the next kill often falls
 * while others are still away or coming back. Resolves when all are up again; throws when one does not start any more.
 */
export async function performKills(
  plan: Planned[],
  targets: Record<Target, Restartable>,
  inFlight: () => number,
  noted: (kill: Kill) => void,
): Promise<void> {
  const coming = new Map<Target, Promise<void>>();
  const failed: unknown[] = [];
  for (const { target, afterMs, awayMs } of plan) {
    await pause(afterMs);
    await coming.get(target);
    if (failed.length > 0) break;
    noted({ target, inFlight: inFlight(), alsoAway: coming.size });
    await targets[target].kill9();
    const back = bringBack(targets[target], awayMs)
      .catch((error) => void failed.push(error))
      .finally(() => coming.delete(target));
    coming.set(target, back);
  }
  await Promise.all(coming.values());
  if (failed.length > 0) throw failed[0];
}

async function bringBack(server: Restartable, awayMs: number): Promise<void> {
  await pause(awayMs);
  for (let tries = 1; ; tries++) {
    try {
      return await server.start();
    } catch (error) {
      if (tries === STARTS) throw error;
      await pause(200);
    }
  }
}
