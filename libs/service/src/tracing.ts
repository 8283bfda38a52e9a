import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';

/** Spans are made by hand at the few places that matter; automatic instrumentation cost 26-37 % of the throughput. */
const tracer = trace.getTracer('jonction');

export interface SpanOptions {
  kind?: SpanKind;
  /** Ids and enums only. */
  attributes?: Record<string, string | number | boolean>;
  /** Traces that this work belongs to as well: a batch links to each of its messages. */
  links?: Context[];
  parent?: Context;
}

export function startSpan(
  name: string,
  { kind = SpanKind.INTERNAL, attributes = {}, links = [], parent = ROOT_CONTEXT }: SpanOptions = {},
): Span {
  const linked: Link[] = links.flatMap((from) => {
    const spanContext = trace.getSpanContext(from);
    return spanContext ? [{ context: spanContext }] : [];
  });
  return tracer.startSpan(name, { kind, attributes, links: linked, root: parent === ROOT_CONTEXT }, parent);
}

/** Runs `work` inside a span, which ends with it and bears its failure. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (inside: Context, span: Span) => Promise<T>,
): Promise<T> {
  const span = startSpan(name, options);
  try {
    return await work(inside(span, options.parent), span);
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** The span of what is not traced. */
export const noSpan: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Whether whoever began this trace keeps it. */
export function isTraced(from: Context): boolean {
  return ((trace.getSpanContext(from)?.traceFlags ?? TraceFlags.NONE) & TraceFlags.SAMPLED) !== 0;
}

/** The context in which `span` is the current one. */
export function inside(span: Span, parent: Context = ROOT_CONTEXT): Context {
  return trace.setSpan(parent, span);
}

/** Marks a span as failed, by the error's class and reason only: a message may quote what a person typed. */
export function fail(span: Span, error: unknown): void {
  const { name, reason, code } = error as { name?: string; reason?: string; code?: unknown };
  span.setStatus({ code: SpanStatusCode.ERROR, message: String(reason ?? name ?? 'error') });
  if (typeof code === 'string') span.setAttribute('error.type', code);
}

/** W3C Trace Context, section 3.2: version, trace id, parent id, flags. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * W3C `traceparent` of a context; empty when it is not traced. Written here, not by the SDK's propagator: a service that
 * exports nothing must still hand on the trace of others.
 */
export function traceparentOf(from: Context): string {
  const at = trace.getSpanContext(from);
  if (!at || !isSpanContextValid(at)) return '';
  return `00-${at.traceId}-${at.spanId}-${at.traceFlags.toString(16).padStart(2, '0')}`;
}

/** The context that a `traceparent` names; none when it is malformed. */
export function contextOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags ?? '', 16),
    isRemote: true,
  });
}

export function traceIdOf(from: Context): string {
  return trace.getSpanContext(from)?.traceId ?? '';
}

export { type Context, context, ROOT_CONTEXT, type Span, SpanKind };
