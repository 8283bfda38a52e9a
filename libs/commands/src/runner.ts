import { createHash } from 'node:crypto';
import type { MessageType } from '@jonction/contracts/client';
import { causedBy, newCause, writeUnit } from '@jonction/events';
import {
  type Call,
  type Context,
  checkRequest,
  type Database,
  DomainError,
  inOperator,
  inSpan,
  isConflict,
  refusalOf,
  refuse,
  SpanKind,
  sql,
  transact,
} from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { allow, type Caller, findCallers } from './access.ts';
import { type Queue, startQueue } from './queue.ts';

/** What a command is told beside its request. */
export interface CommandContext {
  now: Date;
  caller: Caller;
}

/** Load, decide, record: a command touches its `em` alone, and is written for one item. */
export type Command<Request, Response> = (
  em: EntityManager,
  request: Request,
  context: CommandContext,
) => Promise<Response>;

export interface CommandPlan {
  right: string;
  run: Command<never, unknown>;
  requestType: MessageType<unknown>;
  responseType: MessageType<unknown>;
  /** Under which name its request ids are kept: `MembershipService/AdmitMember`. */
  rpc: string;
}

/** A command as a caller asked for it. */
export interface Asked {
  plan: CommandPlan;
  call: Call;
  request: { requestId: string };
}

/** One command that waits for its turn. */
export interface Item extends Asked {
  hash: Buffer;
  resolve(response: Uint8Array): void;
  reject(error: unknown): void;
}

export interface RunnerOptions {
  /** Commands in one transaction at most. */
  batch: number;
  /** Transactions at once at most, each of another operator. */
  atOnce?: number;
}

const TRIES = 8;
const GROUP_TRIES = 2;

export type Runner = (plan: CommandPlan, call: Call, request: { requestId: string }) => Promise<Uint8Array>;

/**
 * Runs commands: idempotent, with the caller's rights of this moment, in one transaction with what they record. One
 * alone runs at once; those that come while one of their operator runs form its next group.
 */
export function startRunner(database: Database, { batch, atOnce = 4 }: RunnerOptions): Runner {
  const queue: Queue = startQueue({ batch, atOnce, work: (items) => runGroup(database, items) });
  return (plan, call, request) =>
    new Promise((resolve, reject) => {
      queue.add({ plan, call, request, hash: contentHash(plan, request), resolve, reject });
    });
}

/** What tells one content from another under the same request_id. Throws FIELD_INVALID when there is no telling. */
function contentHash(plan: CommandPlan, request: { requestId: string }): Buffer {
  checkRequest(request);
  return createHash('sha256').update(plan.requestType.encode(request).finish()).digest();
}

/** The answer given before to this very request, if there was one. Throws REQUEST_ID_REUSED, FIELD_INVALID. */
export async function answerKept(em: EntityManager, asked: Asked): Promise<Uint8Array | undefined> {
  const hash = contentHash(asked.plan, asked.request);
  const past = (await findAnswers(em, asked.call.operator, [asked])).get(keyOf(asked));
  return past && answerFor(past, hash);
}

function answerFor(past: Answered, hash: Buffer): Uint8Array {
  if (!past.content_hash.equals(hash)) throw refuse('REQUEST_ID_REUSED');
  return past.response;
}

/** What became of one item in a transaction not yet committed. */
type Outcome = { item: Item; response: Uint8Array; fresh: boolean } | { item: Item; error: DomainError };

async function runGroup(database: Database, items: Item[]): Promise<void> {
  const { outcomes, error } = await attempt(database, items);
  if (outcomes) return outcomes.forEach(answer);
  const [only] = items;
  if (items.length === 1 && only) return rejectUnlessAnswered(database, only, error);
  if (refusalOf(error)?.reason === 'DATABASE_UNAVAILABLE') {
    for (const item of items) item.reject(error);
    return;
  }
  // One of them spoils the rest: those that were refused run alone, the others together, and at worst each alone.
  const refused = error instanceof Spoiled ? error.refused : new Set(items);
  const rest = items.filter((item) => !refused.has(item));
  if (rest.length > 0) await runGroup(database, rest);
  for (const item of refused) await runGroup(database, [item]);
}

/**
 * The same request may have been accepted elsewhere while this one waited for its rows: then it was refused for what it
 * did itself, and the answer is the one that is kept. Not for a caller without the right: it gets no answer, old or new.
 */
async function rejectUnlessAnswered(database: Database, item: Item, error: unknown): Promise<void> {
  const known = refusalOf(error);
  const final = known?.kind === 'unavailable' || known?.kind === 'forbidden' || known?.reason === 'REQUEST_ID_REUSED';
  if (!known || final) return item.reject(error);
  const em = inOperator(database, item.call.operator);
  const answers = await transact(em, () => findAnswers(em, item.call.operator, [item])).catch(() => undefined);
  const past = answers?.get(keyOf(item));
  if (past?.content_hash.equals(item.hash)) item.resolve(past.response);
  else item.reject(error);
}

function answer(outcome: Outcome): void {
  if ('response' in outcome) outcome.item.resolve(outcome.response);
  else outcome.item.reject(outcome.error);
}

async function attempt(database: Database, items: Item[]): Promise<{ outcomes?: Outcome[]; error?: unknown }> {
  for (let tries = 1; ; tries++) {
    try {
      return { outcomes: await tracedTransaction(database, items) };
    } catch (error) {
      // The loser of a race looks again, and finds what the winner wrote. A group that loses twice is taken apart.
      if (!isConflict(error) || (items.length > 1 && tries === GROUP_TRIES)) return { error };
      if (tries === TRIES) return { error: refuse('CONFLICT') };
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * tries));
    }
  }
}

/** Some items of a group were refused after they may have touched the shared EntityManager. */
class Spoiled extends Error {
  readonly refused: Set<Item>;
  constructor(refused: Set<Item>) {
    super('some items of the group were refused');
    this.refused = refused;
  }
}

async function tracedTransaction(database: Database, items: Item[]): Promise<Outcome[]> {
  const lone = items.length === 1;
  const [first] = items as [Item];
  const traces = items.map((item) => item.call.trace);
  const attributes = {
    'db.system.name': 'postgresql',
    'jonction.operator': first.call.operator,
    'jonction.commands': items.length,
  };
  const placed = lone ? { parent: first.call.trace } : { links: traces };
  return inSpan(
    lone ? 'transaction' : 'transaction of a group',
    { kind: SpanKind.CLIENT, attributes, ...placed },
    async (within) => {
      const em = inOperator(database, first.call.operator);
      const { outcomes, recorded } = await transact(em, () => runAll(em, items, lone ? within : undefined));
      if (recorded > 0) database.recorded();
      return outcomes;
    },
  );
}

async function runAll(
  em: EntityManager,
  items: Item[],
  within: Context | undefined,
): Promise<{ outcomes: Outcome[]; recorded: number }> {
  const [first] = items as [Item];
  const { operator } = first.call;
  const callers = await findCallers(em, operator, [...new Set(items.map((item) => item.call.subject))]);
  const answered = await findAnswers(em, operator, items);
  const now = new Date();
  const outcomes: Outcome[] = [];
  const refused = new Set<Item>();
  for (const item of items) {
    const outcome = await runOne(em, item, {
      caller: callers.get(item.call.subject),
      past: answered.get(keyOf(item)),
      now,
      within,
    });
    outcomes.push(outcome);
    if ('error' in outcome && outcome.error !== undefined) refused.add(item);
  }
  if (refused.size > 0 && items.length > 1) throw new Spoiled(refused);
  const [refusal] = outcomes;
  if (refusal && 'error' in refusal) throw refusal.error;
  await em.flush();
  const recorded = await writeUnit(em);
  await keepAnswers(em, operator, outcomes);
  return { outcomes, recorded };
}

interface At {
  caller: Caller | undefined;
  past: Answered | undefined;
  now: Date;
  within: Context | undefined;
}

async function runOne(em: EntityManager, item: Item, { caller, past, now, within }: At): Promise<Outcome> {
  const { plan, call, request, hash } = item;
  try {
    const allowed = allow(caller, plan.right);
    if (past) return { item, response: answerFor(past, hash), fresh: false };
    const run = async (trace: Context) => {
      causedBy(em, newCause(now, trace));
      return plan.run(em, request as never, { now, caller: allowed });
    };
    const response = await (within ? run(within) : inSpan(`process ${plan.rpc}`, { parent: call.trace }, run));
    return { item, response: plan.responseType.encode(response).finish(), fresh: true };
  } catch (error) {
    if (error instanceof DomainError) return { item, error };
    throw error;
  }
}

interface Answered {
  rpc: string;
  request_id: string;
  content_hash: Buffer;
  response: Buffer;
}

export function keyOf({ call, plan, request }: Asked): string {
  return `${call.operator}\n${plan.rpc}\n${request.requestId}`;
}

const ANSWERS = `
  select i.rpc, i.request_id, i.content_hash, i.response from unnest($2::text[], $3::text[]) as asked (rpc, request_id)
  join idempotency i on i.operator = $1 and i.rpc = asked.rpc and i.request_id = asked.request_id`;

async function findAnswers(em: EntityManager, operator: string, items: Asked[]): Promise<Map<string, Answered>> {
  const rows = await sql<Answered>(em, ANSWERS, [
    operator,
    items.map(({ plan }) => plan.rpc),
    items.map(({ request }) => request.requestId),
  ]);
  return new Map(rows.map((row) => [`${operator}\n${row.rpc}\n${row.request_id}`, row]));
}

const KEEP = `
  insert into idempotency (operator, rpc, request_id, content_hash, response)
  select $1, * from unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[]) order by 2, 3`;

/** Kept in the order of their keys, so that two groups with the same ones wait for each other and never lock crosswise. */
async function keepAnswers(em: EntityManager, operator: string, outcomes: Outcome[]): Promise<void> {
  const fresh = outcomes.flatMap((outcome) => ('response' in outcome && outcome.fresh ? [outcome] : []));
  if (fresh.length === 0) return;
  await sql(em, KEEP, [
    operator,
    fresh.map(({ item }) => item.plan.rpc),
    fresh.map(({ item }) => item.request.requestId),
    fresh.map(({ item }) => item.hash),
    fresh.map(({ response }) => Buffer.from(response)),
  ]);
}
