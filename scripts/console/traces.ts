import type { Span } from './span.ts';

/** What is kept at most. When one of these is reached, the trace that was silent the longest is dropped. */
export type TraceLimits = {
  traces: number;
  spans: number;
  /** Of one trace; its later spans are counted and not kept. */
  spansPerTrace: number;
  /** Sum of the sizes in which the spans arrived. */
  bytes: number;
};

export const DEFAULT_LIMITS: TraceLimits = {
  traces: 2_000,
  spans: 50_000,
  spansPerTrace: 5_000,
  bytes: 64 * 1024 ** 2,
};

/** A trace as far as it has arrived, with what a line of the list says of it. */
export type Trace = {
  traceId: string;
  /** In the order of their start. */
  spans: readonly Span[];
  /** Name and service of the first span without a parent, or of the first span when its parent has not arrived. */
  rootName: string;
  rootService: string;
  /** Every service that took part, in the order in which they entered. */
  services: string[];
  startNs: string;
  /** From the first start to the last end. */
  durationNs: string;
  errorCount: number;
  /** Spans that arrived after `spansPerTrace` and were not kept. */
  droppedCount: number;
};

export type TraceFilter = {
  /** Exact name of a service. */
  service?: string | undefined;
  /** Part of the name of a span; of that service, when one is given. */
  name?: string | undefined;
  limit: number;
};

export type TraceStore = ReturnType<typeof createTraceStore>;

type Kept = { spans: Map<string, Span>; bytes: number; dropped: number; trace: Trace | undefined };

/** Keeps the last traces in memory, within limits. */
export function createTraceStore(limits: TraceLimits = DEFAULT_LIMITS) {
  const kept = new Map<string, Kept>(); // in the order of the last span heard
  const services = new Set<string>();
  let spanCount = 0;
  let byteCount = 0;

  function keep(span: Span, bytes: number): void {
    const entry = kept.get(span.traceId) ?? { spans: new Map(), bytes: 0, dropped: 0, trace: undefined };
    kept.delete(span.traceId);
    kept.set(span.traceId, entry);
    entry.trace = undefined;
    const known = entry.spans.has(span.spanId);
    if (!known && entry.spans.size >= limits.spansPerTrace) {
      entry.dropped += 1;
      return;
    }
    entry.spans.set(span.spanId, span); // an exporter that saw no answer sends its batch again
    spanCount += known ? 0 : 1;
    entry.bytes += bytes;
    byteCount += bytes;
  }

  function dropOldest(): void {
    for (const [traceId, entry] of kept) {
      if (kept.size <= limits.traces && spanCount <= limits.spans && byteCount <= limits.bytes) return;
      kept.delete(traceId);
      spanCount -= entry.spans.size;
      byteCount -= entry.bytes;
    }
  }

  return {
    /** Adds spans that arrived together in a request of `bytes` bytes. */
    add(spans: readonly Span[], bytes: number): void {
      for (const span of spans) {
        keep(span, bytes / spans.length);
        if (services.size < 100) services.add(span.service);
      }
      dropOldest();
    },

    get(traceId: string): Trace | undefined {
      const entry = kept.get(traceId);
      return entry && traceOf(traceId, entry);
    },

    /** The traces in which one span fits the filter, the latest start first. */
    find({ service, name, limit }: TraceFilter): Trace[] {
      return [...kept]
        .map(([traceId, entry]) => traceOf(traceId, entry))
        .filter(({ spans }) => spans.some((span) => fits(span, service, name)))
        .sort((a, b) => compareNs(b.startNs, a.startNs))
        .slice(0, limit);
    },

    /** Spans of other traces that link to this one. */
    linkedFrom(traceId: string): Span[] {
      return [...kept.values()].flatMap(({ spans }) => [...spans.values()].filter((span) => linksTo(span, traceId)));
    },

    /** Services heard since the start, in the order in which they were first heard. */
    services: (): string[] => [...services],

    counts: () => ({ traces: kept.size, spans: spanCount, bytes: Math.round(byteCount) }),
  };
}

function traceOf(traceId: string, entry: Kept): Trace {
  entry.trace ??= summarize(traceId, entry);
  return entry.trace;
}

function linksTo(span: Span, traceId: string): boolean {
  return span.traceId !== traceId && span.links.some((link) => link.traceId === traceId);
}

function fits(span: Span, service: string | undefined, name: string | undefined): boolean {
  return (service === undefined || span.service === service) && (name === undefined || span.name.includes(name));
}

function summarize(traceId: string, { spans, dropped }: Kept): Trace {
  const ordered = [...spans.values()].sort((a, b) => compareNs(a.startNs, b.startNs));
  const root =
    ordered.find((span) => span.parentSpanId === null) ??
    ordered.find((span) => !spans.has(span.parentSpanId ?? '')) ??
    ordered[0];
  const startNs = ordered[0]?.startNs ?? '0';
  const end = ordered.reduce((last, span) => (BigInt(span.endNs) > last ? BigInt(span.endNs) : last), BigInt(startNs));
  return {
    traceId,
    spans: ordered,
    rootName: root?.name ?? '',
    rootService: root?.service ?? '',
    services: [...new Set(ordered.map((span) => span.service))],
    startNs,
    durationNs: String(end - BigInt(startNs)),
    errorCount: ordered.filter((span) => span.status.code === 'error').length,
    droppedCount: dropped,
  };
}

function compareNs(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : Number(a > b)); // digits without leading zeros: the longer is the larger
}
