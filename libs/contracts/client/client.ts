import * as grpc from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, LocalizedMessage, Status } from '../src/index.ts';
import type { MethodDefinition, RequestOf, ResponseOf, ServiceDefinition } from './definition.ts';

export type { MessageType, MethodDefinition, RequestOf, ResponseOf, ServiceDefinition } from './definition.ts';

/** How the caller presents itself; `deadlineMs` is per call. */
export interface CallerOptions {
  token?: string;
  operator?: string;
  deadlineMs?: number;
  traceparent?: string;
}

type Partly<T> = T extends Date | Uint8Array
  ? T
  : T extends (infer U)[]
    ? Partly<U>[]
    : T extends object
      ? { [K in keyof T]?: Partly<T[K]> }
      : T;

/** One promise per unary RPC; a bulk RPC takes and gives an async iterable, an upload takes one, a stream gives one. */
export type Client<S extends ServiceDefinition> = {
  [K in keyof S['methods']]: (
    request: S['methods'][K]['requestStream'] extends true
      ? AsyncIterable<Partly<RequestOf<S['methods'][K]>>>
      : Partly<RequestOf<S['methods'][K]>>,
    options?: CallerOptions,
  ) => S['methods'][K]['responseStream'] extends true
    ? AsyncIterable<ResponseOf<S['methods'][K]>>
    : Promise<ResponseOf<S['methods'][K]>>;
} & Disposable;

/** A service is back within seconds; by default the waits between two attempts grow to two minutes. */
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1_000 };

/** Calls a service from another process: typed by its contract, with a deadline on every call. */
export function connectTo<S extends ServiceDefinition>(
  definition: S,
  address: string,
  defaults: CallerOptions = {},
): Client<S> {
  const channel = new grpc.Client(address, grpc.credentials.createInsecure(), RECONNECT);
  const methods = Object.entries(definition.methods).map(([name, method]) => {
    const path = `/${definition.fullName}/${method.name}`;
    const one = method.responseStream ? stream : unary;
    const many = method.responseStream ? bulk : upload;
    const call = method.requestStream ? many : one;
    return [
      name,
      (request: never, options?: CallerOptions) =>
        call({ channel, path, method }, request, { ...defaults, ...options }),
    ];
  });
  return Object.assign(Object.fromEntries(methods), { [Symbol.dispose]: () => channel.close() });
}

/** One RPC on one channel. */
interface Wire {
  channel: grpc.Client;
  path: string;
  method: MethodDefinition;
}

function unary({ channel, path, method }: Wire, request: object, options: CallerOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    channel.makeUnaryRequest(
      path,
      encoder(method),
      decoder(method),
      request,
      metadataOf(options),
      callOptions(options),
      (error, response) => (error ? reject(new CallError(error)) : resolve(response)),
    );
  });
}

async function* stream({ channel, path, method }: Wire, request: object, options: CallerOptions) {
  const wire = channel.makeServerStreamRequest(
    path,
    encoder(method),
    decoder(method),
    request,
    metadataOf(options),
    callOptions(options),
  );
  try {
    yield* wire;
  } catch (error) {
    throw new CallError(error as grpc.ServiceError);
  } finally {
    wire.cancel();
  }
}

async function* bulk({ channel, path, method }: Wire, items: AsyncIterable<object>, options: CallerOptions) {
  const wire = channel.makeBidiStreamRequest(
    path,
    encoder(method),
    decoder(method),
    metadataOf(options),
    callOptions(options),
  );
  const sending = send(wire, items);
  // Half of the items must not pass for all: what they throw ends the call.
  sending.catch((error) => wire.destroy(error));
  try {
    yield* wire;
    await sending;
  } catch (error) {
    throw (error as { metadata?: unknown }).metadata ? new CallError(error as grpc.ServiceError) : error;
  }
}

/** On the wire one answer is a stream of one. It may be there before all is sent; what is left is not sent then. */
async function upload(wire: Wire, items: AsyncIterable<object>, options: CallerOptions): Promise<unknown> {
  for await (const answer of bulk(wire, items, options)) return answer;
  throw new Error(`${wire.path} ended without an answer`);
}

/** Sends until all is sent or the call is over. */
async function send(wire: grpc.ClientDuplexStream<object, unknown>, items: AsyncIterable<object>): Promise<void> {
  const over = new Promise((resolve) => wire.once('close', resolve));
  for await (const item of items) {
    if (wire.destroyed) return;
    if (!wire.write(item)) await Promise.race([over, new Promise((resolve) => wire.once('drain', resolve))]);
  }
  wire.end();
}

function encoder(method: MethodDefinition) {
  return (request: object) => Buffer.from(method.requestType.encode(method.requestType.fromPartial(request)).finish());
}

function decoder(method: MethodDefinition) {
  return (bytes: Buffer) => method.responseType.decode(bytes);
}

function metadataOf({ token, operator, traceparent }: CallerOptions): grpc.Metadata {
  const metadata = new grpc.Metadata();
  if (token) metadata.set('authorization', `Bearer ${token}`);
  if (operator) metadata.set('jonction-operator', operator);
  if (traceparent) metadata.set('traceparent', traceparent);
  return metadata;
}

function callOptions({ deadlineMs = 10_000 }: CallerOptions): grpc.CallOptions {
  return Number.isFinite(deadlineMs) ? { deadline: Date.now() + deadlineMs } : {};
}

/** A refused or failed call, with its reason and its words. */
export class CallError extends Error {
  override name = 'CallError';
  readonly code: grpc.status;
  /** `DEADLINE_PAST`; empty when the other end gave none. */
  readonly reason: string = '';
  readonly french: string = '';
  readonly english: string = '';
  /** Field names, in proto. */
  readonly fields: string[] = [];

  constructor(error: grpc.ServiceError) {
    super(error.message, { cause: error });
    this.code = error.code;
    const [bytes] = error.metadata.get('grpc-status-details-bin');
    if (!bytes) return;
    for (const { typeUrl, value } of Status.decode(bytes as Buffer).details) {
      if (typeUrl.endsWith(ErrorInfo.$type)) this.reason = ErrorInfo.decode(value).reason;
      if (typeUrl.endsWith(BadRequest.$type))
        this.fields = BadRequest.decode(value).fieldViolations.map((violation) => violation.field);
      if (typeUrl.endsWith(LocalizedMessage.$type)) {
        const { locale, message } = LocalizedMessage.decode(value);
        if (locale === 'fr') this.french = message;
        else this.english = message;
      }
    }
  }
}
