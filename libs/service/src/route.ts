import type { RequestOf, ResponseOf, ServiceDefinition } from '@jonction/contracts/client';
import type { Context } from './tracing.ts';

/** One call as it comes in: who calls, for which operator, in which trace. What the caller may do is looked up later. */
export interface Call {
  /** `MembershipService/AdmitMember`. */
  rpc: string;
  operator: string;
  subject: string;
  /** The caller's own, for what is asked of other services in its name. */
  token: string;
  trace: Context;
  signal: AbortSignal;
  /** When the caller stops waiting, in ms since 1970. */
  until: number;
}

/** An RPC that answers once, with the encoded response. When it takes a stream, the request is an AsyncIterable. */
export interface UnaryRoute {
  kind: 'unary';
  right: string;
  /** So many are expected that those that are well are counted, not told one by one (docs/decisions/031). */
  counted?: boolean;
  answer(call: Call, request: unknown): Promise<Uint8Array>;
}

/** An RPC that answers each item of a stream with a receipt; it never rejects, a refusal is a receipt too. */
export interface BulkRoute {
  kind: 'bulk';
  right: string;
  answer(call: Call, item: unknown): Promise<unknown>;
}

/** An RPC that answers one request with a stream: encoded responses, each given when the caller has room for it. */
export interface StreamRoute {
  kind: 'stream';
  right: string;
  answer(call: Call, request: unknown): AsyncIterable<Uint8Array>;
}

export type Route = UnaryRoute | BulkRoute | StreamRoute;

declare const request: unique symbol;
declare const response: unique symbol;

/** A route that fits one RPC only: wiring another RPC's function does not compile. */
export type RouteFor<Request, Response> = Route & {
  readonly [request]?: (asked: Request) => void;
  readonly [response]?: Response;
};

/** Every RPC of a service with its route; a missing one does not compile, one without a right does not start. */
export type Routes<S extends ServiceDefinition> = {
  [K in keyof S['methods']]: RouteFor<RequestOf<S['methods'][K]>, ResponseOf<S['methods'][K]>>;
};
