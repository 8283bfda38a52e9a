import { randomUUID } from 'node:crypto';
import { type Runner, startRunner } from '@jonction/commands';
import { AgentEnrolled, EntitlementGranted } from '@jonction/contracts';
import type { RequestOf, ResponseOf, ServiceDefinition } from '@jonction/contracts/client';
import { type EventFields, type EventType, type Heard, handleAll, type Subscription } from '@jonction/events';
import { type Database, openDatabase, ROOT_CONTEXT, type Route, refusalOf } from '@jonction/service';

import { type TestDatabase, testDatabase } from './database.ts';

/** What a service is made of, as its own files say. */
export interface ServiceParts<S extends ServiceDefinition> {
  name: string;
  definition: S;
  tables: Parameters<typeof openDatabase>[0]['entities'];
  subscriptions: Subscription[];
  rpc(database: Database, runner: Runner): Readonly<Record<string, Route>>;
}

type Shallow<T> = { [K in keyof T]?: T[K] extends object | undefined ? unknown : T[K] };

/** Asks a service as its administrator, unless another subject or operator is named. A stream is gathered to its end. */
export type Ask<S extends ServiceDefinition> = <K extends keyof S['methods'] & string>(
  method: K,
  request: Shallow<RequestOf<S['methods'][K]>>,
  as?: { subject?: string; operator?: string },
) => Promise<
  S['methods'][K]['responseStream'] extends true ? ResponseOf<S['methods'][K]>[] : ResponseOf<S['methods'][K]>
>;

export interface TestService<S extends ServiceDefinition> extends AsyncDisposable {
  db: TestDatabase;
  database: Database;
  ask: Ask<S>;
  /** The same service on the same database as another process would be: with connections and a queue of its own. */
  replica(): Promise<Ask<S>>;
  /** Gives events to the handlers, as one delivery. */
  hear(...events: Heard[]): Promise<void>;
}

/** A service's commands, queries and handlers on a database of their own; nothing is served, sent or heard. */
export async function testService<S extends ServiceDefinition>(parts: ServiceParts<S>): Promise<TestService<S>> {
  await using owned = new AsyncDisposableStack();
  const db = owned.use(await testDatabase(parts.name));
  const open = async () => owned.use(await openDatabase({ url: db.appUrl, entities: parts.tables, connections: 3 }));
  const database = await open();
  const handlers = new Map(parts.subscriptions.map((subscription) => [subscription.type.$type, subscription]));
  const kept = owned.move();
  return {
    db,
    database,
    ask: askOf(parts, database),
    replica: async () => askOf(parts, kept.use(await openDatabase({ url: db.appUrl, entities: parts.tables }))),
    hear: (...events) => handleAll(database, handlers, events),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function askOf<S extends ServiceDefinition>({ definition, rpc }: ServiceParts<S>, database: Database): Ask<S> {
  const routes = rpc(database, startRunner(database, { batch: 64 }));
  return async (method, request, { subject = 'bfc-admin', operator = 'bfc' } = {}) => {
    const { name, requestType, responseType } = definition.methods[method] as ServiceDefinition['methods'][string];
    const { signal } = new AbortController();
    const until = Date.now() + 10_000;
    const who = { operator, subject, token: '' };
    const call = { rpc: `${definition.name}/${name}`, ...who, trace: ROOT_CONTEXT, signal, until };
    try {
      const route = routes[method] as Route;
      const answer = route.answer(call, requestType.fromPartial(request));
      if (route.kind !== 'stream') return responseType.decode((await answer) as Uint8Array) as never;
      const all = await Array.fromAsync(answer as AsyncIterable<Uint8Array>);
      return all.map((bytes) => responseType.decode(bytes)) as never;
    } catch (error) {
      // As the edge would tell it: a constraint that refusals.ts names is a refusal.
      throw refusalOf(error) ?? error;
    }
  };
}

/** An event as another service would have sent it; `seq` counts its aggregate's. */
export function heard<E extends EventFields>(type: EventType<E>, event: Partial<E>, seq = 1): Heard {
  const whole = type.fromPartial({ operator: 'bfc', ...event });
  const aggregateId = Object.values(whole as object)[2] as string;
  const { operator, memberId } = whole;
  return {
    id: randomUUID(),
    type: type.$type,
    operator,
    memberId,
    aggregateId,
    seq,
    time: new Date(),
    traceparent: '',
    causation: '',
    correlation: randomUUID(),
    body: JSON.stringify(type.toJSON(whole)),
  };
}

/** What a service hears of an agent with some rights: enrolled, then entitled. */
export function entitled(subject: string, rights: string[], { operator = 'bfc', memberId = '' } = {}): Heard[] {
  const agentId = randomUUID();
  const about = { operator, memberId, agentId };
  return [
    heard(AgentEnrolled, { ...about, subject }),
    heard(EntitlementGranted, { ...about, entitlementId: randomUUID(), role: 'ROLE_BUYER', rights }, 2),
  ];
}
