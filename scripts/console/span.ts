/** A value of a span's attribute, as JSON can say it. A 64-bit integer too large for a number is a string of digits. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** One step of a trace, as the console keeps it and as `/api/traces` gives it. */
export type Span = {
  /** 32 lower-case hexadecimal digits. */
  traceId: string;
  /** 16 lower-case hexadecimal digits. */
  spanId: string;
  /** Null for the first span of a trace. */
  parentSpanId: string | null;
  name: string;
  kind: SpanKind;
  /** `service.name` of the resource that spoke. */
  service: string;
  /** Nanoseconds since 1970, in decimal digits: a JSON number would lose the last ones. */
  startNs: string;
  endNs: string;
  attributes: Record<string, AttributeValue>;
  /** Other spans that this one names as causes, mostly in other traces: what a batch was made of. */
  links: { traceId: string; spanId: string }[];
  status: { code: 'unset' | 'ok' | 'error'; message: string };
};
