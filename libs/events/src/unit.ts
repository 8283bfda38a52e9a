import { type Context, ROOT_CONTEXT, sql, traceparentOf } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { type About, aggregateIdOf, type EventFields, type EventType, subjectOf } from './event.ts';

/** What caused the work now done on an EntityManager: the command or the event at hand. */
export interface Cause {
  now: Date;
  trace: Context;
  /** The event handled, or empty. */
  causation: string;
  /** The same for all that follows from one request. */
  correlation: string;
}

interface Recorded extends About {
  body: string;
}

interface Job {
  identifier: string;
  payload: object;
  run_at: string;
  job_key: string;
}

interface Unit {
  cause: Cause;
  events: Recorded[];
  jobs: Job[];
}

/** What an EntityManager has to tell when it commits. */
const units = new WeakMap<EntityManager, Unit>();

/** Says what the following work on `em` is caused by. A batch does so before each of its items. */
export function causedBy(em: EntityManager, cause: Cause): void {
  const unit = units.get(em);
  if (unit) unit.cause = cause;
  else units.set(em, { cause, events: [], jobs: [] });
}

export function newCause(now: Date, trace: Context = ROOT_CONTEXT): Cause {
  return { now, trace, causation: '', correlation: uuidv7() };
}

/** Records an event with the change it tells: both are committed, or neither. */
export function record<E extends EventFields>(em: EntityManager, type: EventType<E>, event: E): void {
  const { cause, events } = unitOf(em);
  // What could not be sent must not be recorded: it would stop all that comes behind it.
  subjectOf(type.$type, event.operator, event.memberId);
  events.push({
    id: uuidv7(),
    type: type.$type,
    operator: event.operator,
    memberId: event.memberId,
    aggregateId: aggregateIdOf(type, event),
    seq: 0,
    time: cause.now,
    traceparent: traceparentOf(cause.trace),
    causation: cause.causation,
    correlation: cause.correlation,
    body: JSON.stringify(type.toJSON(event)),
  });
}

/** Adds a job with the change that needs it. A job of the same key replaces the one that waits. */
export function schedule<P extends { operator: string }>(
  em: EntityManager,
  identifier: string,
  payload: P,
  { at, key }: { at: Date; key: string },
): void {
  const { cause, jobs } = unitOf(em);
  const traced = { ...payload, traceparent: traceparentOf(cause.trace), correlation: cause.correlation };
  jobs.push({ identifier, payload: traced, run_at: at.toISOString(), job_key: key });
}

function unitOf(em: EntityManager): Unit {
  const unit = units.get(em);
  if (!unit) throw new Error('events and jobs are recorded inside a command, a handler or a job only');
  return unit;
}

const INSERT = `
  insert into outbox (event_id, operator, member_id, aggregate_id, seq, type, body, traceparent, causation, correlation, occurred_at)
  select id, e.operator, member_id, e.aggregate_id,
    coalesce((select max(o.seq) from outbox o where o.operator = e.operator and o.aggregate_id = e.aggregate_id), 0)
      + row_number() over (partition by e.aggregate_id order by nth),
    type, body, traceparent, causation, correlation, occurred_at
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[])
    with ordinality as e (id, operator, member_id, aggregate_id, type, body, traceparent, causation, correlation, occurred_at, nth)
  order by nth`;

/**
 * Writes what was recorded, after the aggregates were flushed: a row's position is drawn while its aggregate is locked,
 * so positions follow the order of each aggregate. Returns how many events were written.
 */
export async function writeUnit(em: EntityManager): Promise<number> {
  const unit = units.get(em);
  if (!unit) return 0;
  const { events, jobs } = unit;
  if (events.length > 0) {
    const column = <T>(read: (event: Recorded) => T) => events.map(read);
    await sql(em, INSERT, [
      column((e) => e.id),
      column((e) => e.operator),
      column((e) => e.memberId),
      column((e) => e.aggregateId),
      column((e) => e.type),
      column((e) => e.body),
      column((e) => e.traceparent),
      column((e) => e.causation),
      column((e) => e.correlation),
      column((e) => e.time),
    ]);
  }
  if (jobs.length > 0) await sql(em, 'select graphile_worker.schedule($1::json)', [JSON.stringify(jobs)]);
  units.delete(em);
  return events.length;
}
