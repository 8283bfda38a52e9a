import type { Span } from './span.ts';

/** A span at its place in the tree: parents before children, brothers in the order of their start. */
export type Step = { span: Span; depth: number };

/**
 * Orders spans as a tree is read. A span whose parent has not arrived stands at the left, and so does one of spans
 * that name each other as parents, so that every span is listed exactly once.
 */
export function inTreeOrder(spans: readonly Span[]): Step[] {
  const known = new Set(spans.map((span) => span.spanId));
  const children = Map.groupBy(spans, (span) =>
    span.parentSpanId !== null && known.has(span.parentSpanId) ? span.parentSpanId : null,
  );
  const steps: Step[] = [];
  const listed = new Set<string>();

  function walk(top: Span): void {
    const waiting: Step[] = [{ span: top, depth: 0 }];
    for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
      const { span, depth } = step;
      if (listed.has(span.spanId)) continue;
      listed.add(span.spanId);
      steps.push(step);
      const below = children.get(span.spanId) ?? [];
      waiting.push(...below.toReversed().map((child) => ({ span: child, depth: depth + 1 })));
    }
  }

  for (const top of children.get(null) ?? []) walk(top);
  for (const span of spans) walk(span); // what is left stands in a circle
  return steps;
}
