import { z } from 'zod';
import type { AttributeValue, Span, SpanKind } from './span.ts';

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_CODES = ['unset', 'ok', 'error'] as const;
/** Longer text is cut: a page is to be read. */
const MAX_TEXT = 4096;
/** Lists within lists deeper than this are shown as an ellipsis. */
const MAX_DEPTH = 8;

const NO_ID = /^0*$/;
const hex = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`), `must be ${digits} hexadecimal digits`)
    .refine((id) => !NO_ID.test(id), 'must not be all zeros')
    .toLowerCase();
const nanos = z
  .union([
    z.string().regex(/^\d{1,20}$/),
    z
      .number()
      .nonnegative()
      .max(2 ** 64)
      .refine(Number.isInteger),
  ])
  .nullish()
  .transform((count) => BigInt(count ?? 0));
const attributes = z
  .array(z.object({ key: z.string(), value: z.unknown().optional() }))
  .nullish()
  .transform((pairs) => Object.fromEntries((pairs ?? []).map(({ key, value }) => [cut(key), attributeValue(value)])));

const spanShape = z.object({
  traceId: hex(32),
  spanId: hex(16),
  // Exporters write the absence of a parent in three ways: nothing, null, and an empty or zero id.
  parentSpanId: z.union([z.string().regex(NO_ID), hex(16)]).nullish(),
  name: z.string().nullish(),
  kind: z.number().nullish(),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  links: z.array(z.object({ traceId: hex(32), spanId: hex(16) })).nullish(),
  status: z.object({ code: z.number().nullish(), message: z.string().nullish() }).nullish(),
});

const requestShape = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes }).nullish(),
        scopeSpans: z.array(z.object({ spans: z.array(spanShape).nullish() })).nullish(),
      }),
    )
    .nullish(),
});

/**
 * Reads the spans of an OTLP/JSON trace request that is already parsed. Unknown fields are ignored.
 * Throws an Error that names the first field that is wrong.
 */
export function readSpans(request: unknown): Span[] {
  const result = requestShape.safeParse(request);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new Error(`${issue?.path.join('.') || 'the request'}: ${issue?.message}`);
  }
  return (result.data.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = String(resource?.attributes['service.name'] || 'unknown');
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => toSpan(span, service)));
  });
}

function toSpan(span: z.infer<typeof spanShape>, service: string): Span {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId && !NO_ID.test(span.parentSpanId) ? span.parentSpanId : null,
    name: cut(span.name ?? ''),
    kind: KINDS[span.kind ?? 0] ?? 'unspecified',
    service,
    startNs: String(span.startTimeUnixNano),
    endNs: String(span.endTimeUnixNano),
    attributes: span.attributes,
    links: span.links ?? [],
    status: { code: STATUS_CODES[span.status?.code ?? 0] ?? 'unset', message: cut(span.status?.message ?? '') },
  };
}

/** OTLP's AnyValue: an object with one field, whose name says the type. */
function attributeValue(value: unknown, depth = 0): AttributeValue {
  const any = (value ?? {}) as Record<string, unknown>;
  if (any.stringValue != null) return cut(String(any.stringValue));
  if (any.boolValue != null) return Boolean(any.boolValue);
  if (any.intValue != null) return integer(any.intValue);
  if (any.doubleValue != null) return finite(Number(any.doubleValue));
  if (any.bytesValue != null) return cut(String(any.bytesValue));
  if (any.arrayValue != null || any.kvlistValue != null) return depth < MAX_DEPTH ? nested(any, depth + 1) : '…';
  return null;
}

function nested(any: Record<string, unknown>, depth: number): AttributeValue {
  const { values = [] } = (any.arrayValue ?? any.kvlistValue) as { values?: unknown };
  if (!Array.isArray(values)) throw new Error('the values of a list must be a list');
  if (any.arrayValue != null) return values.map((item) => attributeValue(item, depth));
  return Object.fromEntries(values.map((pair) => [cut(String(pair?.key)), attributeValue(pair?.value, depth)]));
}

function integer(value: unknown): number | string {
  const digits = String(value);
  if (!/^-?\d{1,20}$/.test(digits)) throw new Error('an intValue must be a whole number');
  const exact = BigInt(digits);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : String(exact);
}

/** JSON has no NaN and no infinity. */
function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
