import { type EntityManager, type EntitySchema, FlushMode, IsolationLevel, MikroORM } from '@mikro-orm/postgresql';
import { CompiledQuery, type Transaction } from 'kysely';
import type { Pool } from 'pg';
import { refuse } from './refusals.ts';
import { Session } from './session.ts';

/** More than sixteen connections on two cores lose throughput. */
const CONNECTIONS = 8;

export interface DatabaseOptions {
  /** A `postgres:` address with the user of the service's application role. */
  url: string;
  entities: EntitySchema[];
  connections?: number;
}

export interface Database extends AsyncDisposable {
  orm: MikroORM;
  /** Called after a commit that recorded events. */
  recorded(): void;
  /** Calls `wake`, which must be quick, after each such commit of this process, until it is disposed of. */
  onRecorded(wake: () => void): Disposable;
}

/** Opens a service's database as its application role: row-level security holds, and nothing is read without an operator. */
export async function openDatabase({ url, entities, connections = CONNECTIONS }: DatabaseOptions): Promise<Database> {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities,
    discovery: { warnWhenNoEntities: false },
    pool: { min: 1, max: connections },
    // What `inOperator` sets on an EntityManager is applied with set_config(…, true) when its transaction begins.
    sessionContext: 'transaction',
    // Commands find by id (the identity map answers) and constraints guard the rest, so a query need not flush first.
    flushMode: FlushMode.COMMIT,
    findOneOrFailHandler: (entity) => refuse('NOT_FOUND', { what: entity }),
    driverOptions: {
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      Client: Session,
      pipeline: true,
      statement_timeout: 15_000,
      onPoolCreated: giveBackLostSessions,
    },
  });
  const waiting = new Set<() => void>();
  return {
    orm,
    recorded() {
      for (const wake of waiting) wake();
    },
    onRecorded(wake) {
      waiting.add(wake);
      return { [Symbol.dispose]: () => void waiting.delete(wake) };
    },
    [Symbol.asyncDispose]: () => orm.close(true),
  };
}

/**
 * Kysely gives back the session of a transaction once it is committed or rolled back, and neither can be done on a session
 * that is lost. Without this, each outage of PostgreSQL would keep those then busy for good, until the pool has none left.
 */
function giveBackLostSessions(pool: Pool): void {
  pool.on('connect', (session) => {
    const giveBack = () => {
      try {
        session.release(true);
      } catch {
        // It was given back already.
      }
    };
    // A query under way fails first, and its own caller gives the session back.
    session.once('end', () => setImmediate(giveBack));
  });
}

/** An EntityManager whose transactions see and write the rows of one operator only. Used once, then dropped. */
export function inOperator({ orm }: Database, operator: string): EntityManager {
  const em = orm.em.fork();
  em.setSessionContext({ variables: { 'app.operator': operator } });
  return em;
}

/**
 * Throws ALREADY_EXISTS when this unit of work holds a row with this key already. `em.create` would hand out that row
 * again, and two items of one group would become one without a word.
 */
export function mustBeNew<T extends object>(em: EntityManager, type: new () => T, id: string): void {
  if (em.getUnitOfWork().getById(type, id as never)) throw refuse('ALREADY_EXISTS');
}

/** Runs hand-written SQL with `$1` parameters inside the transaction of `em`. */
export async function sql<Row>(em: EntityManager, text: string, parameters: unknown[] = []): Promise<Row[]> {
  const transaction = em.getTransactionContext<Transaction<unknown>>();
  if (!transaction) throw new Error('hand-written SQL runs inside a transaction only, for row-level security to hold');
  const { rows } = await transaction.executeQuery<Row>(CompiledQuery.raw(text, parameters));
  return rows;
}

/**
 * Runs `work`, which flushes what it changed, in one transaction of `em`; whatever it throws undoes all of it. The
 * transaction sees one moment of the database: who would write over what changed since is refused by PostgreSQL, and
 * `isConflict` is true of that. A version column alone is no guard: of several rows MikroORM compares it before it
 * writes, not while (docs/decisions/020).
 */
export async function transact<T>(em: EntityManager, work: () => Promise<T>): Promise<T> {
  await em.begin({ isolationLevel: IsolationLevel.REPEATABLE_READ });
  try {
    const result = await work();
    // A commit flushes once more, which costs a comparison of every row that was read. All is flushed: nothing is left to see.
    em.clear();
    await em.commit();
    return result;
  } catch (error) {
    // The connection may be gone; why the work failed matters more than that.
    await em.rollback().catch(() => {});
    throw error;
  }
}
