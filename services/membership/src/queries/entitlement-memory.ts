import { setTimeout as pause } from 'node:timers/promises';
import { type Database, defect, inOperator, log, sql, transact, UUID } from '@jonction/service';
import type { Entitled } from '../domain/entitled.ts';
import { findEntitled } from './entitled.ts';

/** How often the database is asked what changed elsewhere. */
const POLL_MS = 250;
/** What is older than this answers nobody: the database is asked first, and when it does not answer, neither do we. */
const OLDEST_MS = 1_000;
/** Nobody asks about this operator any more. */
const IDLE_MS = 60_000;

/** The agents of an operator, by what they are asked by. */
export interface Known {
  byId: ReadonlyMap<string, Entitled>;
  bySubject: ReadonlyMap<string, Entitled>;
}

/** Who may do what, in memory: never older than a second, and never older than what this process committed. */
export interface Entitlements extends AsyncDisposable {
  /** At once when it is fresh, else when the database has answered; rejects when it does not. */
  of(operator: string): Known | Promise<Known>;
  /** Waits until something is said of the operator, or the signal. */
  change(operator: string, signal: AbortSignal): Promise<void>;
  /** Aborts when all ends. */
  end: AbortSignal;
}

export function rememberEntitlements(database: Database): Entitlements {
  const end = new AbortController();
  const memories = new Map<string, Memory>();
  const memoryOf = (operator: string) => {
    const kept = memories.get(operator);
    if (kept) return kept;
    const forget = () => void memories.delete(operator);
    const memory = startMemory(database, operator, { end: end.signal, forget });
    memories.set(operator, memory);
    return memory;
  };
  const recorded = database.onRecorded(() => {
    for (const memory of memories.values()) memory.outdate();
  });
  return {
    of: (operator) => memoryOf(operator).known(),
    change: (operator, signal) => memoryOf(operator).change(signal),
    end: end.signal,
    async [Symbol.asyncDispose]() {
      recorded[Symbol.dispose]();
      end.abort();
      await Promise.all([...memories.values()].map((memory) => memory.ended));
    },
  };
}

/** What is remembered of one operator. */
interface Memory {
  known(): Known | Promise<Known>;
  outdate(): void;
  change(signal: AbortSignal): Promise<void>;
  ended: Promise<void>;
}

function startMemory(
  database: Database,
  operator: string,
  { end, forget }: { end: AbortSignal; forget: () => void },
): Memory {
  const byId = new Map<string, Entitled>();
  const bySubject = new Map<string, Entitled>();
  const known: Known = { byId, bySubject };
  let horizon: string | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  // Commits of this process: those that there were, that the memory shows, and that what is being read will show.
  let commits = 0;
  let shown = -1;
  let toShow = -1;
  let reading: Promise<Known> | undefined;
  let askedAt = performance.now();
  const followers = new Set<() => void>();

  /** What began before the last commit does not show it: then one more is read. */
  function read(): Promise<Known> {
    if (reading) return toShow < commits ? reading.then(read, read) : reading;
    toShow = commits;
    const began = performance.now();
    reading = look(database, operator, horizon)
      .then((seen) => {
        for (const agent of seen.agents) {
          byId.set(agent.agentId, agent);
          bySubject.set(agent.subject, agent);
        }
        horizon = seen.horizon;
        readAt = began;
        shown = toShow;
        if (seen.changed) for (const tell of followers) tell();
        return known;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  const wanted = () => followers.size > 0 || (byId.size > 0 && performance.now() - askedAt < IDLE_MS);
  return {
    known() {
      askedAt = performance.now();
      return shown === commits && askedAt - readAt < OLDEST_MS ? known : read();
    },
    outdate() {
      commits++;
      if (followers.size > 0) read().catch(() => {});
    },
    change: (signal) => told(followers, signal),
    ended: keepUp(operator, end, { read, wanted }).then(forget),
  };
}

/** Waits until those who follow are told, or the signal. */
async function told(followers: Set<() => void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const tell = () => resolve();
  followers.add(tell);
  signal.addEventListener('abort', tell);
  await promise;
  followers.delete(tell);
  signal.removeEventListener('abort', tell);
}

interface Kept {
  read(): Promise<unknown>;
  /** Whether anybody still asks. An operator without agents is forgotten at once: anybody may make one up. */
  wanted(): boolean;
}

/** Asks the database again and again what changed elsewhere, also when it does not answer for a while. */
async function keepUp(operator: string, end: AbortSignal, { read, wanted }: Kept): Promise<void> {
  let fails = false;
  do {
    const error = await read().then(
      () => undefined,
      (reason: unknown) => reason ?? new Error('unknown'),
    );
    if (error && !fails) log.warn({ event: 'entitlements not read', operator, ...defect(error) });
    fails = error !== undefined;
    await pause(POLL_MS, undefined, { signal: end, ref: false }).catch(() => {});
  } while (!end.aborted && wanted());
}

interface Seen {
  horizon: string;
  ids: string[];
  members: string[];
}

// Below the horizon, the oldest transaction that then ran, all was seen. What was recorded by it or later is looked at again
// until that is so: a change shows as soon as it is committed, and none is passed over.
const SEEN = `
  select pg_snapshot_xmin(pg_current_snapshot())::text as horizon, coalesce(array_agg(distinct aggregate_id), '{}') as ids,
    coalesce(array_agg(distinct member_id) filter (where member_id <> ''), '{}') as members
  from outbox where recorded_in >= $1::xid8`;

/** The agents of whom something was said since the horizon, or whose member; all of them the first time. */
async function look(database: Database, operator: string, since: string | undefined) {
  const em = inOperator(database, operator);
  return transact(em, async () => {
    const [seen] = await sql<Seen>(em, SEEN, [since ?? '18446744073709551615']);
    const { horizon, ids, members } = seen as Seen;
    const changed = since === undefined || ids.length > 0;
    const which = since === undefined ? {} : { agentIds: ids.filter((id) => UUID.test(id)), memberIds: members };
    return { horizon, changed, agents: changed ? await findEntitled(em, which) : [] };
  });
}
