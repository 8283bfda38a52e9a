import { once } from 'node:events';
import type { Readable } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import type { MethodDefinition } from '@jonction/contracts/client';
import type { Identify } from './identity.ts';
import { countCall, defect, log } from './log.ts';
import { DomainError } from './refusal.ts';
import { refuse } from './refusals.ts';
import type { BulkRoute, Call, StreamRoute, UnaryRoute } from './route.ts';
import { refusalOf, toStatus } from './status.ts';
import { contextOf, fail, inside, isTraced, noSpan, type Span, SpanKind, startSpan, traceIdOf } from './tracing.ts';

const OPERATOR = /^[a-z][a-z0-9-]{1,31}$/;
/** Items of one bulk call worked on at once; the sender is slowed down beyond. */
const BULK_WINDOW = 256;

/** What stands between the wire and a route. */
export interface Edge {
  /** `MembershipService/AdmitMember`. */
  rpc: string;
  /** The service's name, told in each refusal. */
  domain: string;
  identify: Identify;
}

type AnyCall = { metadata: grpc.Metadata; getDeadline(): Date | number; cancelled: boolean } & NodeJS.EventEmitter;

interface Opened {
  call: Call;
  span: Span;
  startedAt: number;
  /** When it is well, it is one of a number, and no line. */
  counted: boolean;
}

type Answered = grpc.ServerUnaryCall<unknown, unknown> | grpc.ServerReadableStream<unknown, unknown>;

/** One answer to a request, or to a stream of messages: then it may come, as a refusal may, while the caller still sends. */
export function unaryHandler(edge: Edge, route: UnaryRoute) {
  return (wire: Answered, callback: grpc.sendUnaryData<unknown>) => {
    const opened = open(edge, wire, route.counted);
    answer().then(
      (bytes) => {
        close(edge, opened);
        callback(null, bytes);
      },
      (error) => {
        close(edge, opened, error);
        callback(toStatus(error, edge.domain));
      },
    );

    async function answer() {
      await admit(edge, opened.call, wire);
      return route.answer(opened.call, 'request' in wire ? readable(wire.request) : messages(wire));
    }
  };
}

/** One at a time: the sender is slowed down to the pace at which they are taken. Throws when it is gone before the end. */
async function* messages(wire: Readable): AsyncGenerator<unknown> {
  // Leaving the loop must not end the wire: the answer goes out on it.
  for await (const message of wire.iterator({ destroyOnReturn: false })) yield readable(message);
}

/** Many answers to one request; the next one is asked for when the caller has taken those before, and none when it is gone. */
export function streamHandler(edge: Edge, route: StreamRoute): grpc.handleServerStreamingCall<unknown, unknown> {
  return (wire) => {
    const opened = open(edge, wire);
    serve().then(
      () => {
        close(edge, opened);
        wire.end();
      },
      (error) => {
        close(edge, opened, error);
        wire.emit('error', toStatus(error, edge.domain));
      },
    );

    async function serve() {
      await admit(edge, opened.call, wire);
      const gone = once(wire, 'close').catch(() => {});
      for await (const bytes of route.answer(opened.call, readable(wire.request))) {
        if (!wire.write(bytes)) await Promise.race([once(wire, 'drain'), gone]);
        if (opened.call.signal.aborted) return;
      }
    }
  };
}

export function bulkHandler(
  edge: Edge,
  route: BulkRoute,
  method: MethodDefinition,
): grpc.handleBidiStreamingCall<unknown, unknown> {
  return (wire) => {
    const opened = open(edge, wire);
    serve().then(
      () => {
        close(edge, opened);
        wire.end();
      },
      (error) => {
        close(edge, opened, error);
        wire.emit('error', toStatus(error, edge.domain));
      },
    );

    async function serve() {
      await admit(edge, opened.call, wire);
      const gone = once(wire, 'close').catch(() => {});
      let last: Promise<void> = Promise.resolve();
      const window: Promise<void>[] = [];
      // Each receipt leaves as soon as it and those before it are known: a sender may wait for one before it sends the next.
      const reply = async (before: Promise<void>, receipt: Promise<unknown>) => {
        await before;
        const bytes = method.responseType.encode(await receipt).finish();
        if (!opened.call.signal.aborted && !wire.write(bytes)) await Promise.race([once(wire, 'drain'), gone]);
      };
      try {
        for await (const item of messages(wire)) {
          last = reply(last, route.answer(opened.call, item));
          window.push(last);
          if (window.length >= BULK_WINDOW) await window.shift();
        }
      } finally {
        // What was taken in is answered, also when what came after it could not be read.
        await last;
      }
    }
  };
}

function open(edge: Edge, wire: AnyCall, counted = false): Opened {
  const startedAt = performance.now();
  const { rpc } = edge;
  const parent = contextOf(header(wire, 'traceparent'));
  const until = Number(wire.getDeadline());
  const who = { operator: '', subject: '', token: '' };
  // Of calls that are counted, a span is made where the caller keeps the trace it comes from.
  if (counted && !isTraced(parent)) {
    const call = { rpc, ...who, trace: parent, signal: NEVER, until };
    return { call, span: noSpan, startedAt, counted };
  }
  const span = startSpan(rpc, {
    kind: SpanKind.SERVER,
    parent,
    attributes: { 'rpc.system': 'grpc', 'rpc.method': rpc },
  });
  const abort = new AbortController();
  wire.once('cancelled', () => abort.abort());
  const call = { rpc, ...who, trace: inside(span, parent), signal: abort.signal, until };
  return { call, span, startedAt, counted };
}

/** What is counted is over before anybody could give it up. */
const NEVER = new AbortController().signal;

/** Deadline, token, operator: in this order, so that nothing is looked up for a call that cannot be served. */
async function admit(edge: Edge, call: Call, wire: AnyCall): Promise<void> {
  if (call.until === Number.POSITIVE_INFINITY) throw refuse('DEADLINE_MISSING');
  const [scheme, token] = (header(wire, 'authorization') ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token) throw refuse('TOKEN_MISSING');
  call.subject = await edge.identify(token);
  call.token = token;
  const operator = header(wire, 'jonction-operator');
  if (!operator) throw refuse('OPERATOR_MISSING');
  if (!OPERATOR.test(operator)) throw refuse('NOT_ENROLLED');
  call.operator = operator;
}

/** Throws the refusal that stands for a request which could not be read. */
function readable(request: unknown): unknown {
  if (request instanceof DomainError) throw request;
  return request;
}

function header(wire: AnyCall, name: string): string | undefined {
  const [value] = wire.metadata.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** One line a request, or one more of those that are counted; and the end of its span. */
function close(edge: Edge, { call, span, startedAt, counted }: Opened, error?: unknown): void {
  const ms = performance.now() - startedAt;
  if (counted && error === undefined) countCall(edge.rpc, call.operator, ms);
  if (counted && error === undefined && span === noSpan) return;
  const refusal = error === undefined ? undefined : refusalOf(error);
  const code = error === undefined ? 'OK' : (grpc.status[toStatus(error, edge.domain).code] ?? 'UNKNOWN');
  if (call.operator) span.setAttribute('jonction.operator', call.operator);
  span.setAttribute('rpc.grpc.status', code);
  if (error !== undefined) fail(span, refusal ?? error);
  span.end();
  const line = {
    event: 'request',
    rpc: edge.rpc,
    status: code,
    reason: refusal?.reason,
    operator: call.operator,
    ms: Math.round(ms * 10) / 10,
    trace_id: traceIdOf(call.trace),
  };
  if (code === 'INTERNAL') log.error({ ...line, ...defect(error) });
  else if (!counted || error !== undefined) log.info(line);
}
