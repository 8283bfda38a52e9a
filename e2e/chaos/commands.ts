import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { CallError } from '@jonction/contracts/client';
import type { Answer, Calls, Meant } from './calls.ts';
import type { Entry, Journal } from './journal.ts';
import type { Random } from './random.ts';

/** Runs commands until they are answered, and tells the journal. */
export interface Commands {
  /** The answer's ids and times, or undefined when it was refused or given up on until `settle`. */
  run(meant: Meant, random: Random, mayGiveUp: boolean): Promise<Record<string, string> | undefined>;
  /** Repeats, with their own request_id, those that were given up on and some that were answered long ago. */
  settle(random: Random): Promise<void>;
  inFlight(): number;
  /** Failed attempts, by status and reason. */
  failures(): Record<string, number>;
  repeated(): number;
}

const PATIENCE_MS = 5_000;
/** Long enough for all to come back after any kill; a command that takes longer is left to `settle`. */
const LONGEST_MS = 60_000;
const IMPATIENT = 0.1;
const GIVES_UP = 0.05;
const REPEATS = 0.04;
const LATE_REPEATS = 200;

/** Nobody knows whether the command was done: the same request_id is sent again. */
const DOUBTFUL = new Set<number>([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.ABORTED,
  status.RESOURCE_EXHAUSTED,
  status.INTERNAL,
  status.UNKNOWN,
]);
/** What procurement has not heard from membership yet. */
const NOT_HEARD = new Set(['NOT_ENROLLED', 'RIGHT_MISSING', 'NOT_A_MEMBER']);

/** Runs commands through `calls`; whatever happens to them ends in the journal. */
export function startCommands(calls: Calls, journal: Journal): Commands {
  const failures: Record<string, number> = {};
  const unsettled = new Map<string, Meant>();
  const answered: (Answer & { meant: Meant })[] = [];
  let [inFlight, repeated] = [0, 0];

  /** The answer; a refusal's reason; undefined when in doubt. */
  async function attempt(meant: Meant, deadlineMs: number): Promise<Answer | string | undefined> {
    inFlight++;
    try {
      return await calls.call(meant, deadlineMs);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (!DOUBTFUL.has(error.code) && !NOT_HEARD.has(error.reason)) return error.reason || status[error.code];
      const what = `${status[error.code]} ${wordsOf(error)}`.trim();
      failures[what] = (failures[what] ?? 0) + 1;
      return undefined;
    } finally {
      inFlight--;
    }
  }

  function note(meant: Meant, answer: Answer | string | undefined): void {
    journal.note(entryOf(meant, answer));
    if (answer === undefined) unsettled.set(meant.requestId, meant);
    else unsettled.delete(meant.requestId);
    if (typeof answer === 'object') answered.push({ meant, ...answer });
  }

  async function untilAnswered(meant: Meant, random: Random, mayGiveUp: boolean) {
    const end = performance.now() + LONGEST_MS;
    let patience = random.chance(IMPATIENT) ? random.between(5, 100) : PATIENCE_MS;
    while (performance.now() < end) {
      const answer = await attempt(meant, patience);
      if (answer !== undefined) return answer;
      if (mayGiveUp && random.chance(GIVES_UP)) return undefined;
      patience = PATIENCE_MS;
      await pause(random.between(20, 200));
    }
    return undefined;
  }

  /** Sent again, an answered command says the same thing in the same words. */
  async function repeat({ meant, given, text }: (typeof answered)[number], random: Random): Promise<void> {
    const again = await untilAnswered(meant, random, false);
    repeated++;
    if (typeof again === 'object' && again.text === text) return;
    journal.note({ ...entryOf(meant, { given, text }), consistent: false });
  }

  return {
    async run(meant, random, mayGiveUp) {
      journal.note(entryOf(meant, undefined));
      const answer = await untilAnswered(meant, random, mayGiveUp);
      note(meant, answer);
      if (typeof answer !== 'object') return undefined;
      if (random.chance(REPEATS)) await repeat({ meant, ...answer }, random);
      return answer.given;
    },
    async settle(random) {
      for (const meant of [...unsettled.values()]) note(meant, await untilAnswered(meant, random, false));
      for (const one of random.shuffle(answered).slice(0, LATE_REPEATS)) await repeat(one, random);
    },
    inFlight: () => inFlight,
    failures: () => failures,
    repeated: () => repeated,
  };
}

/** `answer`: what was given, why it was refused, or undefined when nobody knows. */
function entryOf({ kind, operator, requestId, asked }: Meant, answer: Answer | string | undefined): Entry {
  const bare = { requestId, kind, operator, asked, given: {}, reason: '', consistent: true };
  if (answer === undefined) return { ...bare, outcome: 'unknown' };
  if (typeof answer === 'string') return { ...bare, outcome: 'refused', reason: answer };
  return { ...bare, outcome: 'accepted', given: answer.given };
}

/** The reason of a failure, or its first words without addresses and numbers, so that like falls to like. */
function wordsOf({ code, reason, message }: CallError): string {
  if (reason || code === status.DEADLINE_EXCEEDED) return reason;
  return message
    .replace(/^\d+ [A-Z_]+: /, '')
    .replace(/[\d.:]+/g, '#')
    .slice(0, 40);
}
