import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallerOptions } from '@jonction/contracts/client';
import type { Progress } from '@jonction/stack';
import type { RosterEntry } from '../../roster.ts';
import type { Callers } from '../members.ts';

/** The operator whose day is played. */
export const OPERATOR = 'bfc';
/** How long an effect elsewhere may take; in practice some tens of milliseconds, after a first load some seconds. */
const WITHIN_MS = 30_000;
const DAY_MS = 86_400_000;

/** Where a day is played, and by whom. */
export type Scene = Callers & {
  say: Progress;
  /** Where the run keeps its data. */
  directory: string;
  /** Without user or password. */
  natsUrl: string;
  /** The commune that joins. */
  commune: RosterEntry;
  /** `sub` of its agent's token. */
  subject: string;
  administrator: CallerOptions;
  agent: CallerOptions;
  /** Makes a call part of the day's trace. */
  traced: CallerOptions;
};

/** Asks again until it does not throw; says what was waited for, and the last complaint, when it never does. */
export async function eventually<T>(what: string, ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + WITHIN_MS;
  while (true) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > end)
        throw new Error(`waited ${WITHIN_MS / 1_000} s for ${what}: ${(error as Error).message}`, { cause: error });
      await delay(10);
    }
  }
}

/** Waits until what is read is as expected; gives the milliseconds it took. */
export async function untilSeen<T>(
  what: string,
  read: () => Promise<T>,
  asExpected: (seen: T) => boolean,
): Promise<number> {
  const startedAt = performance.now();
  await eventually(what, async () => {
    const seen = await read();
    if (!asExpected(seen)) throw new Error(`so far it is ${JSON.stringify(seen, bigIntAsText)}`);
  });
  return Math.round(performance.now() - startedAt);
}

const bigIntAsText = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

/** A trace of our own, of which each call of the day is a part. `end` sends the span that holds them together. */
export function startTrace() {
  const id = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  const startedMs = Date.now();
  return {
    id,
    parent: `00-${id}-${spanId}-01`,
    async end(consoleUrl: string, name: string): Promise<void> {
      const [startTimeUnixNano, endTimeUnixNano] = [`${startedMs}000000`, `${Date.now()}000000`];
      const span = { traceId: id, spanId, name, kind: 1, startTimeUnixNano, endTimeUnixNano };
      const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'npm start' } }] };
      const answer = await fetch(`${consoleUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
      });
      if (!answer.ok) throw new Error(`the console did not take a span: ${answer.status} ${await answer.text()}`);
    },
  };
}

export const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

/** `23 December 2026`. */
export const dayOf = (time: Date): string =>
  time.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'Europe/Paris' });
