import {
  type Context,
  contextOf,
  type Database,
  fail,
  inOperator,
  inSpan,
  isConflict,
  ROOT_CONTEXT,
  refusalOf,
  SpanKind,
  sql,
  startSpan,
  transact,
} from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type About, contextNameOf } from './event.ts';
import type { Subscription } from './subscription.ts';
import { causedBy, writeUnit } from './unit.ts';

/** An event as it arrived, with its body still in JSON. */
export interface Heard extends About {
  body: string;
}

const TRIES = 4;

/** Handles events in the order given: as one transaction an operator, or one by one when that fails. */
export async function handleAll(
  database: Database,
  subscriptions: Map<string, Subscription>,
  events: Heard[],
): Promise<void> {
  for (const group of Map.groupBy(events, (event) => event.operator).values()) {
    try {
      await handleGroup(database, subscriptions, group);
    } catch (error) {
      if (isOutage(error)) throw error;
      for (const event of group) await handleOrPark(database, subscriptions, event);
    }
  }
}

/** The database is away: waiting is all that can be done, and nothing is to be parked for it. */
export function isOutage(error: unknown): boolean {
  return refusalOf(error)?.reason === 'DATABASE_UNAVAILABLE';
}

async function handleOrPark(database: Database, subscriptions: Map<string, Subscription>, event: Heard): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await handleGroup(database, subscriptions, [event]);
    } catch (error) {
      if (isOutage(error)) throw error;
      if (attempt < TRIES || (isConflict(error) && attempt < TRIES * 5)) continue;
      const em = inOperator(database, event.operator);
      return transact(em, () => park(em, [event], reasonOf(error), attempt));
    }
  }
}

/** The class of the failure: a message could quote what a person typed. */
function reasonOf(error: unknown): string {
  const { name, code, reason } = error as { name?: string; code?: string; reason?: string };
  return [reason ?? name ?? 'Error', code].filter(Boolean).join(' ');
}

async function handleGroup(
  database: Database,
  subscriptions: Map<string, Subscription>,
  group: Heard[],
): Promise<void> {
  const [first] = group as [Heard];
  const lone = group.length === 1;
  const parents = group.map((event) => contextOf(event.traceparent));
  const recorded = await inSpan(
    lone ? `process ${first.type}` : 'process batch',
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': 'nats',
        'messaging.batch.message_count': group.length,
        'jonction.operator': first.operator,
      },
      ...(lone ? { parent: parents[0] as Context } : { links: parents }),
    },
    async (trace) => {
      const em = inOperator(database, first.operator);
      return inSpan(
        'transaction',
        { kind: SpanKind.CLIENT, parent: trace, attributes: { 'db.system.name': 'postgresql' } },
        (within) =>
          transact(em, async () => {
            await reactTo(em, subscriptions, group, lone ? within : undefined);
            await em.flush();
            return writeUnit(em);
          }),
      );
    },
  );
  if (recorded > 0) database.recorded();
}

async function reactTo(
  em: EntityManager,
  subscriptions: Map<string, Subscription>,
  group: Heard[],
  within: Context | undefined,
): Promise<void> {
  const { fresh, behind } = await enter(em, group);
  for (const event of fresh) {
    if (within) await react(em, subscriptions, event, within);
    else
      await inSpan(
        `process ${event.type}`,
        { kind: SpanKind.CONSUMER, parent: contextOf(event.traceparent) },
        (trace) => react(em, subscriptions, event, trace),
      );
  }
  if (behind.length === 0) return;
  await sql(em, AHEAD, [behind.map((event) => event.aggregateId)]);
  await park(em, behind, 'BEHIND_PARKED', 0);
}

// Held to the end: one that is released meanwhile, by whichever replica, makes this transaction a conflict, and it runs again.
const AHEAD = 'select 1 from parked where released_at is null and aggregate_id = any ($1) order by event_id for update';

async function react(
  em: EntityManager,
  subscriptions: Map<string, Subscription>,
  event: Heard,
  trace: Context,
): Promise<void> {
  const subscription = subscriptions.get(event.type);
  if (!subscription) throw new Error(`no handler for ${event.type}`);
  causedBy(em, { now: event.time, trace, causation: event.id, correlation: event.correlation });
  await subscription.handler(em, subscription.type.fromJSON(JSON.parse(event.body)) as never, event);
}

/** An event is older than one of its aggregate that was handled before it: the order was lost on the way. */
class OutOfOrder extends Error {
  override name = 'OutOfOrder';
}

const ENTER = `
  with asked as (select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[]) as a (event_id, operator, context, aggregate_id, seq, type)),
  waiting as (select distinct context, aggregate_id from parked where released_at is null and aggregate_id = any ($4)),
  known as (select event_id from parked where event_id = any ($1)),
  last as (select a.context, a.aggregate_id,
             (select max(i.seq) from inbox i where i.operator = a.operator and i.aggregate_id = a.aggregate_id and i.context = a.context) as seq
           from (select distinct operator, context, aggregate_id from asked) a),
  entered as (insert into inbox (event_id, operator, context, aggregate_id, seq, type)
    select event_id, operator, context, aggregate_id, seq, type from asked
    where event_id not in (select event_id from known) and (context, aggregate_id) not in (select context, aggregate_id from waiting)
    on conflict do nothing returning event_id)
  select a.event_id, a.event_id in (select event_id from entered) as entered,
    (a.context, a.aggregate_id) in (select context, aggregate_id from waiting) and a.event_id not in (select event_id from known)
      and not exists (select from inbox i where i.event_id = a.event_id) as behind, l.seq as last
  from asked a join last l on l.aggregate_id = a.aggregate_id and l.context = a.context`;

/** Enters events in the inbox. Fresh ones are to be handled; those behind a parked one of their aggregate are to be parked. */
async function enter(em: EntityManager, group: Heard[]): Promise<{ fresh: Heard[]; behind: Heard[] }> {
  const rows = await sql<{ event_id: string; entered: boolean; behind: boolean; last: number | null }>(em, ENTER, [
    group.map((e) => e.id),
    group.map((e) => e.operator),
    group.map((e) => contextNameOf(e.type)),
    group.map((e) => e.aggregateId),
    group.map((e) => e.seq),
    group.map((e) => e.type),
  ]);
  const byId = new Map(rows.map((row) => [row.event_id, row]));
  // The same event twice in one group: the first counts.
  const once = [...new Map(group.map((event) => [event.id, event])).values()];
  const fresh = once.filter((event) => byId.get(event.id)?.entered);
  const stale = fresh.find((event) => event.seq <= (byId.get(event.id)?.last ?? 0));
  if (stale) throw new OutOfOrder(`event ${stale.seq} of ${stale.aggregateId}`);
  return { fresh, behind: once.filter((event) => byId.get(event.id)?.behind) };
}

const PARK = `
  insert into parked (event_id, operator, context, member_id, aggregate_id, seq, type, body, traceparent, correlation, occurred_at, reason, attempts)
  select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
  -- Handled by another replica while this one failed: then there is nothing to park.
  where not exists (select from inbox where event_id = $1)
  on conflict do nothing`;

async function park(em: EntityManager, events: Heard[], reason: string, attempts: number): Promise<void> {
  for (const e of events) {
    const span = startSpan(`park ${e.type}`, {
      parent: contextOf(e.traceparent),
      attributes: { 'jonction.reason': reason },
    });
    fail(span, { name: reason });
    await sql(em, PARK, [
      e.id,
      e.operator,
      contextNameOf(e.type),
      e.memberId,
      e.aggregateId,
      e.seq,
      e.type,
      e.body,
      e.traceparent,
      e.correlation,
      e.time,
      reason,
      attempts,
    ]);
    span.end();
  }
}

/** What became of a release. `failed` is why the first event that still fails does so; those behind it wait on. */
export interface Released {
  released: number;
  failed: string;
}

const WAITING = `
  select event_id as id, operator, member_id as "memberId", aggregate_id as "aggregateId", seq, type, body, traceparent, correlation,
    occurred_at as time, '' as causation
  from parked where released_at is null and ($1 = '' or aggregate_id = $1) order by aggregate_id, context, seq`;

/** Handles an operator's parked events again, in order, each in its own transaction; an aggregate stops at its first failure. */
export async function release(
  database: Database,
  subscriptions: Map<string, Subscription>,
  operator: string,
  aggregateId = '',
): Promise<Released> {
  const stuck = new Set<string>();
  const outcome: Released = { released: 0, failed: '' };
  const waiting = async () => {
    const reader = inOperator(database, operator);
    const all = await transact(reader, () => sql<Heard>(reader, WAITING, [aggregateId]));
    return all.filter((event) => !stuck.has(lineOf(event)));
  };
  // One is released, then all are read again: what was parked behind it meanwhile must not be left.
  for (let [event] = await waiting(); event; [event] = await waiting()) {
    try {
      await releaseOne(database, subscriptions, event).catch((error) =>
        isConflict(error) && event ? releaseOne(database, subscriptions, event) : Promise.reject(error),
      );
      outcome.released++;
    } catch (error) {
      if (isOutage(error)) throw error;
      stuck.add(lineOf(event));
      outcome.failed ||= reasonOf(error);
    }
  }
  if (outcome.released > 0) database.recorded();
  return outcome;
}

const lineOf = ({ type, aggregateId }: Heard) => `${contextNameOf(type)} ${aggregateId}`;

const TAKE = `
  with taken as (update parked set released_at = now() where event_id = $1 and released_at is null
    returning event_id, operator, context, aggregate_id, seq, type)
  insert into inbox (event_id, operator, context, aggregate_id, seq, type) select * from taken returning event_id`;

async function releaseOne(database: Database, subscriptions: Map<string, Subscription>, event: Heard): Promise<void> {
  const em = inOperator(database, event.operator);
  await inSpan(`release ${event.type}`, { parent: contextOf(event.traceparent) ?? ROOT_CONTEXT }, (trace) =>
    transact(em, async () => {
      const taken = await sql(em, TAKE, [event.id]);
      // Another release was faster.
      if (taken.length === 0) return;
      await react(em, subscriptions, event, trace);
      await em.flush();
      await writeUnit(em);
    }),
  );
}
