import type { MessageType, RequestOf, ResponseOf, ServiceDefinition } from '@jonction/contracts/client';
import {
  type Call,
  type Database,
  inOperator,
  inSpan,
  type RouteFor,
  refuse,
  SpanKind,
  toRefusal,
  transact,
} from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { allow, type Caller, findCallers } from './access.ts';
import type { Command, CommandPlan, Runner } from './runner.ts';
import { takeUpload, type UploadShape } from './upload.ts';

/** Reads for one caller, in a transaction that sees its operator's rows and the published ones. */
export type Query<Request, Response> = (
  em: EntityManager,
  request: Request,
  context: { caller: Caller; now: Date },
) => Promise<Response>;

type Read<T> = (em: EntityManager, context: { caller: Caller; now: Date }) => Promise<T>;

/** One read for the caller of a stream: in a transaction of its own, with the caller's rights of that moment. */
export type Within = <T>(read: Read<T>) => Promise<T>;

/**
 * Answers with a stream. What it awaits beside `within` must end when `signal` aborts: the caller is gone; and before `until`,
 * in ms since 1970, when the caller stops waiting.
 */
export type Stream<Request, Response> = (
  within: Within,
  request: Request,
  context: Pick<Call, 'signal' | 'until' | 'operator'>,
) => AsyncIterable<Response>;

/** Answers once, with what other services say too: it asks them in no transaction, with the token and the trace of `call`. */
export type Asking<Request, Response> = (within: Within, request: Request, call: Call) => Promise<Response>;

interface Method<Request, Response> {
  readonly name: string;
  readonly requestType: MessageType<Request>;
  readonly responseType: MessageType<Response>;
}

/** Builds the routes of one gRPC service: each line of rpc.ts names the RPC, the right it needs, and its function. */
export function routesOf<S extends ServiceDefinition>(definition: S, database: Database, runner: Runner) {
  type M = S['methods'];
  const methodOf = (name: keyof M) => definition.methods[name as string] as unknown as Method<never, unknown>;

  const planOf = (name: keyof M, right: string, run: Command<never, unknown>) =>
    commandPlan(definition, methodOf(name), right, run);

  return {
    /** A write. Its request has a `request_id`. */
    command<K extends keyof M>(
      name: K,
      right: string,
      run: Command<RequestOf<M[K]>, ResponseOf<M[K]>>,
    ): RouteFor<RequestOf<M[K]>, ResponseOf<M[K]>> {
      const plan = planOf(name, right, run);
      return { kind: 'unary', right, answer: (call, request) => runner(plan, call, request as { requestId: string }) };
    },

    /** A write of many: each item is the command `name` with its own request_id, and gets its own receipt. */
    bulk<K extends keyof M, Item, Receipt>(
      name: K,
      right: string,
      run: Command<RequestOf<M[K]>, ResponseOf<M[K]>>,
      shape: BulkShape<Item, Receipt, RequestOf<M[K]>, ResponseOf<M[K]>>,
    ): RouteFor<Item, Receipt> {
      const plan = planOf(name, right, run);
      return { kind: 'bulk', right, answer: (call, item) => receiptOf(runner, plan, call, { item, shape } as never) };
    },

    /** A write that brings a document: a header with a request_id, then bytes, and one answer. */
    upload<K extends keyof M, Header extends { requestId: string }>(
      name: K,
      right: string,
      shape: UploadShape<RequestOf<M[K]>, Header, ResponseOf<M[K]>>,
    ): RouteFor<RequestOf<M[K]>, ResponseOf<M[K]>> {
      const plan = { ...planOf(name, right, shape.run), requestType: shape.headerType as MessageType<unknown> };
      const parts = { database, runner, plan };
      const answer = (call: Call, messages: unknown) => takeUpload(parts, shape as never, call, messages as never);
      return { kind: 'unary', right, answer };
    },

    /** A read. */
    query<K extends keyof M>(
      name: K,
      right: string,
      read: Query<RequestOf<M[K]>, ResponseOf<M[K]>>,
    ): RouteFor<RequestOf<M[K]>, ResponseOf<M[K]>> {
      return queryOf(database, methodOf(name), right, read as never) as never;
    },

    /** A read that asks other services too; the right is judged by each `within`, so it begins with one. */
    asking<K extends keyof M>(
      name: K,
      right: string,
      read: Asking<RequestOf<M[K]>, ResponseOf<M[K]>>,
    ): RouteFor<RequestOf<M[K]>, ResponseOf<M[K]>> {
      return askingOf(database, methodOf(name), right, read as never) as never;
    },

    /** A read that answers with many. */
    stream<K extends keyof M>(
      name: K,
      right: string,
      read: Stream<RequestOf<M[K]>, ResponseOf<M[K]>>,
    ): RouteFor<RequestOf<M[K]>, ResponseOf<M[K]>> {
      return streamOf(database, methodOf(name), right, read as never) as never;
    },
  };
}

function commandPlan(
  { name }: ServiceDefinition,
  method: Method<never, unknown>,
  right: string,
  run: Command<never, unknown>,
): CommandPlan {
  const { requestType, responseType, name: rpc } = method;
  return { right, run, requestType: requestType as MessageType<unknown>, responseType, rpc: `${name}/${rpc}` };
}

function queryOf(
  database: Database,
  { responseType }: Method<never, unknown>,
  right: string,
  read: Query<unknown, unknown>,
): RouteFor<unknown, unknown> {
  async function answer(call: Call, request: unknown) {
    const at: Read<unknown> = (em, context) => read(em, request, context);
    return responseType.encode(await readFor(database, call, right, at)).finish();
  }
  return { kind: 'unary', right, answer };
}

function askingOf(
  database: Database,
  { responseType }: Method<never, unknown>,
  right: string,
  read: Asking<unknown, unknown>,
): RouteFor<unknown, unknown> {
  async function answer(call: Call, request: unknown) {
    const within: Within = (one) => readFor(database, call, right, one);
    return responseType.encode(await read(within, request, call)).finish();
  }
  return { kind: 'unary', right, answer };
}

function streamOf(
  database: Database,
  { responseType }: Method<never, unknown>,
  right: string,
  read: Stream<unknown, unknown>,
): RouteFor<unknown, unknown> {
  async function* answer(call: Call, request: unknown) {
    const within: Within = (one) => readFor(database, call, right, one);
    for await (const response of read(within, request, call)) yield responseType.encode(response).finish();
  }
  return { kind: 'stream', right, answer };
}

/** Runs one item of a bulk call; what is thrown becomes its receipt. */
async function receiptOf(
  runner: Runner,
  plan: CommandPlan,
  call: Call,
  { item, shape }: { item: unknown; shape: BulkShape<unknown, unknown, unknown, unknown> },
): Promise<unknown> {
  const request = shape.request(item) as { requestId: string } | undefined;
  try {
    if (!request) throw refuse('FIELD_INVALID', { fields: 'item' });
    return shape.done(request.requestId, plan.responseType.decode(await runner(plan, call, request)));
  } catch (error) {
    return shape.refused(request?.requestId ?? '', toRefusal(error));
  }
}

/** How a bulk call wraps the unary command's request and response. */
export interface BulkShape<Item, Receipt, Request, Response> {
  request(item: Item): Request | undefined;
  done(requestId: string, response: Response): Receipt;
  refused(requestId: string, refusal: ReturnType<typeof toRefusal>): Receipt;
}

async function readFor<T>(database: Database, call: Call, right: string, read: Read<T>): Promise<T> {
  const em = inOperator(database, call.operator);
  return inSpan(
    'transaction',
    { kind: SpanKind.CLIENT, parent: call.trace, attributes: { 'db.system.name': 'postgresql' } },
    () =>
      transact(em, async () => {
        const callers = await findCallers(em, call.operator, [call.subject]);
        return read(em, { caller: allow(callers.get(call.subject), right), now: new Date() });
      }),
  );
}
