import { setTimeout as pause } from 'node:timers/promises';
import type { Stream } from '@jonction/commands';
import {
  AgentEnrolled,
  AgentTransferred,
  ApplicationApproved,
  EntitlementGranted,
  EntitlementRevoked,
  MemberAdmitted,
  MemberExcluded,
  MemberReinstated,
  MemberSuspended,
  MemberWithdrawn,
  type WatchEntitlementsRequest,
  type WatchEntitlementsResponse,
  WatchedTransfer,
} from '@jonction/contracts';
import { checkFields, sql, UUID } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { refuse } from '../refusals.ts';
import type { Entitlements } from './entitlement-memory.ts';

/** Read at once, and held until the caller has taken them: an application of any pace costs us no more. */
const PAGE = 500;
/** So long before its deadline a call ends by itself, and well. */
const BEFORE_DEADLINE_MS = 1_000;
/** So long is waited for a transaction that began before what is to be told. */
const AGAIN_MS = 50;

type Change = NonNullable<WatchEntitlementsResponse['change']>;

/** Makes a change of each event that is one for applications, of its body in JSON, and of what its agent has now. */
const CHANGES: Record<string, (body: object, held: object | null) => Change> = {
  [AgentEnrolled.$type]: (body) => ({ $case: 'enrolled', value: AgentEnrolled.fromJSON(body) }),
  [EntitlementGranted.$type]: (body) => ({ $case: 'granted', value: EntitlementGranted.fromJSON(body) }),
  [EntitlementRevoked.$type]: (body) => ({
    $case: 'revoked',
    value: { ...EntitlementRevoked.fromJSON(body), rights: [] },
  }),
  [AgentTransferred.$type]: (body, held) => ({
    $case: 'transferred',
    value: WatchedTransfer.fromJSON({ ...body, ...held }),
  }),
  [MemberAdmitted.$type]: (body) => opened(MemberAdmitted.fromJSON(body)),
  [MemberReinstated.$type]: (body) => opened(MemberReinstated.fromJSON(body)),
  [ApplicationApproved.$type]: (body) => {
    const approved = ApplicationApproved.fromJSON(body);
    return approved.servicesOpen ? opened(approved) : closed(approved);
  },
  [MemberSuspended.$type]: (body) => ({
    $case: 'member',
    value: { memberId: MemberSuspended.fromJSON(body).memberId, access: 'MEMBER_ACCESS_SUSPENDED' },
  }),
  [MemberWithdrawn.$type]: (body) => closed(MemberWithdrawn.fromJSON(body)),
  [MemberExcluded.$type]: (body) => closed(MemberExcluded.fromJSON(body)),
};

function opened({ memberId }: { memberId: string }): Change {
  return { $case: 'member', value: { memberId, access: 'MEMBER_ACCESS_OPEN' } };
}

function closed({ memberId }: { memberId: string }): Change {
  return { $case: 'member', value: { memberId, access: 'MEMBER_ACCESS_CLOSED' } };
}

/** Tells what changed in the order in which it was recorded, page by page; then, if asked to, what comes. */
export function watchEntitlements(
  entitlements: Entitlements,
): Stream<WatchEntitlementsRequest, WatchEntitlementsResponse> {
  return async function* (within, { cursor, follow }, { signal, until, operator }) {
    let at = await within((em, { caller }) => read(em, cursor, caller.memberId));
    const late = AbortSignal.timeout(Math.max(0, until - Date.now() - BEFORE_DEADLINE_MS));
    const over = AbortSignal.any([signal, late, entitlements.end]);
    const listen = () => (follow ? entitlements.change(operator, over) : undefined);
    // Listened for before it is looked for: what is said in between is heard.
    let coming = listen();
    while (true) {
      const { rows, hidden } = await within((em, { caller }) => next(em, at, caller.memberId));
      for (const row of rows) {
        at = { ...row, member: at.member };
        yield { cursor: write(at), occurredAt: new Date(row.ms), change: told(row) };
      }
      if (over.aborted) return;
      if (rows.length === PAGE) continue;
      if (!follow && !hidden) return;
      await (coming ?? pause(AGAIN_MS, undefined, { signal: over }).catch(() => {}));
      coming = listen();
    }
  };
}

function told({ type, body, held }: Row): Change | undefined {
  return CHANGES[type]?.(JSON.parse(body), held);
}

/** Where a reader stands: behind this event. */
interface Place {
  /** The member whose agents it is told of; empty for all of the operator. */
  member: string;
  recorded_in: string;
  position: string;
  event_id: string;
}

interface Row extends Omit<Place, 'member'> {
  type: string;
  body: string;
  /** What an agent that acts for another member has, for those who may know. */
  held: object | null;
  /** When it was recorded, since 1970. */
  ms: number;
}

// An event of a transfer does not tell what the agent has. Its present is told: what is taken back or given later is told later.
const HELD = `
  case when o.type = '${AgentTransferred.$type}' then (
    select json_build_object('subject', a.subject, 'entitlements', (
      select coalesce(json_agg(json_build_object('entitlementId', e.entitlement_id, 'agentId', a.agent_id,
        'memberId', a.member_id, 'role', e.role, 'rights', g.rights) order by e.entitlement_id), '[]')
      from entitlement e join access_right g on g.entitlement_id = e.entitlement_id
      where e.agent_id = a.agent_id and e.revoked_at is null))
    from agent a where a.agent_id::text = o.aggregate_id and ($4 = '' or a.member_id = $4)) end`;

const CONCERNED = `type = any ($3) and ($4 = '' or member_id = $4
  or (type = '${AgentTransferred.$type}' and body::jsonb ->> 'fromMemberId' = $4))`;
// In the order of the transactions, and no further than where all of them are over (db/migrations/191).
const NEXT = `
  select recorded_in::text, position::text, event_id, type, body, ${HELD} as held,
    round(extract(epoch from occurred_at) * 1000)::float8 as ms from outbox o
  where (recorded_in, position) > ($1::xid8, $2::bigint) and recorded_in < pg_snapshot_xmin(pg_current_snapshot())
    and ${CONCERNED}
  order by recorded_in, position limit ${PAGE}`;
const HIDDEN = `
  select exists (select from outbox
    where (recorded_in, position) > ($1::xid8, $2::bigint) and recorded_in >= pg_snapshot_xmin(pg_current_snapshot())
      and ${CONCERNED}) as hidden`;

/**
 * What comes next, and whether more is committed behind a transaction that still runs. Throws CURSOR_UNKNOWN when the caller
 * acts for another member since: what it was told is not of that one.
 */
async function next(em: EntityManager, { member, recorded_in, position }: Place, memberId: string) {
  if (member !== memberId) throw refuse('CURSOR_UNKNOWN');
  const given = [recorded_in, position, Object.keys(CHANGES), memberId];
  const rows = await sql<Row>(em, NEXT, given);
  const [found] = rows.length < PAGE ? await sql<{ hidden: boolean }>(em, HIDDEN, given) : [];
  return { rows, hidden: found?.hidden === true };
}

function write({ member, recorded_in, position, event_id }: Place): string {
  return Buffer.from(`${member}.${recorded_in}.${position}.${event_id}`).toString('base64url');
}

// A database that was filled from a dump holds transactions that its own count has not reached.
const CHECK = `
  select exists (select from outbox where recorded_in >= pg_snapshot_xmax(pg_current_snapshot())) as ahead,
    exists (select from outbox where position = $2 and recorded_in = $1::xid8 and event_id = $3) as known`;

/** Throws CURSOR_UNKNOWN for a cursor that names no event of this operator and member: a gap would pass for none. */
async function read(em: EntityManager, cursor: string, memberId: string): Promise<Place> {
  const fields = checkFields();
  const [, member = '', recorded_in = '0', position = '0', event_id] =
    /^(.{36})?\.(\d{1,19})\.(\d{1,18})\.(.{36})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const written = event_id !== undefined && UUID.test(event_id) && cursor.length < 200;
  fields.expect(cursor === '' || written, 'cursor', 'must be the cursor of a message of this stream, or empty');
  fields.done();
  const asked = [recorded_in, position, event_id ?? null];
  const [found] = await sql<{ ahead: boolean; known: boolean }>(em, CHECK, asked);
  if (found?.ahead) throw refuse('FEED_RESTORED');
  if (event_id === undefined) return { member: memberId, recorded_in, position, event_id: '' };
  if (!found?.known) throw refuse('CURSOR_UNKNOWN');
  return { member, recorded_in, position, event_id };
}
