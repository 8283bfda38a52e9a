import { setTimeout as pause } from 'node:timers/promises';
import type { Restartable } from '@jonction/stack';
import type { Random } from './random.ts';
import { TARGETS, type Target } from './servers.ts';

/** One kill to come. It falls when `afterCommands` more were accepted and `afterMs` passed since the one before. */
export interface Planned {
  target: Target;
  afterCommands: number;
  afterMs: number;
  /** How long the target then stays away, beside the time it takes to start. */
  awayMs: number;
}

export interface Kill {
  target: Target;
  /** Commands without an answer at that moment. */
  inFlight: number;
  /** Others that were away at that moment. */
  alsoAway: number;
}

/** What the killer sees of the load. */
export interface Load {
  inFlight(): number;
  accepted(): number;
  /** Parts that ended by themselves, which ends the test. */
  deaths(): string[];
}

export interface PlanOptions {
  kills: number;
  /** Kills of each target, at least. */
  each: number;
  /** Accepted commands over which the kills are spread. */
  over: number;
}

/** Kills that do not wait for the target before to be back. */
const ON_TOP = 0.3;
const LONGEST_PAUSE_MS = 1_500;
const LONGEST_AWAY_MS = 1_500;
/** A service that starts while PostgreSQL is away may fail, and is started again as an orchestrator would. */
const STARTS = 30;
/** With all parts started again, commands must go through within this time. */
const STALLED_MS = 60_000;

/** Targets and moments, the same for the same numbers. */
export function planKills(random: Random, { kills, each, over }: PlanOptions): Planned[] {
  const sure = TARGETS.flatMap((target) => Array.from({ length: each }, () => target));
  const others = Array.from({ length: Math.max(0, kills - sure.length) }, () => random.pick(TARGETS) as Target);
  const mean = over / Math.max(1, kills * (1 - ON_TOP));
  return random.shuffle([...sure, ...others]).map((target) => ({
    target,
    afterCommands: random.chance(ON_TOP) ? 0 : random.between(1, Math.floor(1.8 * mean)),
    afterMs: random.between(0, LONGEST_PAUSE_MS),
    awayMs: random.between(0, LONGEST_AWAY_MS),
  }));
}

/**
 * Kills with SIGKILL as planned. What was killed is started again in the background, so that a kill can fall while others
 * are away or coming back. Resolves when all are up again. Throws when one does not start any more, and when no command
 * goes through although all are up.
 */
export async function performKills(
  plan: Planned[],
  targets: Record<Target, Restartable>,
  load: Load,
  noted: (kill: Kill) => void,
): Promise<void> {
  const coming = new Map<Target, Promise<void>>();
  const failed: unknown[] = [];
  for (const { target, afterCommands, afterMs, awayMs } of plan) {
    await underWay(load, load.accepted() + afterCommands);
    await pause(afterMs);
    await coming.get(target);
    if (failed.length > 0) break;
    noted({ target, inFlight: load.inFlight(), alsoAway: coming.size });
    await targets[target].kill9();
    const back = bringBack(targets[target], awayMs)
      .catch((error) => void failed.push(error))
      .finally(() => coming.delete(target));
    coming.set(target, back);
  }
  await Promise.all(coming.values());
  if (failed.length > 0) throw failed[0];
}

async function underWay(load: Load, accepted: number): Promise<void> {
  let last = load.accepted();
  let end = performance.now() + STALLED_MS;
  while (load.accepted() < accepted) {
    await pause(1);
    if (load.accepted() > last) {
      last = load.accepted();
      end = performance.now() + STALLED_MS;
    }
    if (load.deaths().length > 0) throw new Error(load.deaths().join('; '));
    if (performance.now() > end) throw new Error(`no command was accepted for ${STALLED_MS / 1_000} s`);
  }
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
