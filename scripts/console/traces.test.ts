import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Span } from './span.ts';
import { createTraceStore } from './traces.ts';
import { inTreeOrder } from './waterfall.ts';

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');

function span(trace: number, id: number, changes: Partial<Span> = {}): Span {
  return {
    traceId: hex(trace, 32),
    spanId: hex(id, 16),
    parentSpanId: null,
    name: `span ${id}`,
    kind: 'internal',
    service: 'membership',
    startNs: String(1000 + id),
    endNs: String(2000 + id),
    attributes: {},
    links: [],
    status: { code: 'unset', message: '' },
    ...changes,
  };
}

test('whatever arrives, no limit is passed and the count is what is held', () => {
  const limits = { traces: 5, spans: 12, spansPerTrace: 4, bytes: 1_000 };
  const batch = fc.record({
    ids: fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 8 }),
    bytes: fc.nat(600),
  });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 40 }), (batches) => {
      const store = createTraceStore(limits);
      for (const { ids, bytes } of batches) {
        store.add(
          ids.map(([trace, id]) => span(trace, id)),
          bytes,
        );
        const held = store.find({ limit: 100 });
        const spans = held.flatMap((trace) => trace.spans);
        expect(store.counts()).toMatchObject({ traces: held.length, spans: spans.length });
        expect(held.length).toBeLessThanOrEqual(limits.traces);
        expect(spans.length).toBeLessThanOrEqual(limits.spans);
        expect(store.counts().bytes).toBeLessThanOrEqual(limits.bytes);
        expect(Math.max(0, ...held.map((trace) => trace.spans.length))).toBeLessThanOrEqual(limits.spansPerTrace);
      }
    }),
  );
});

test('the trace that was silent the longest makes room', () => {
  const store = createTraceStore({ traces: 2, spans: 100, spansPerTrace: 100, bytes: 1e6 });
  store.add([span(1, 1)], 10);
  store.add([span(2, 1)], 10);
  store.add([span(1, 2)], 10);
  store.add([span(3, 1)], 10);
  expect([1, 2, 3].map((trace) => store.get(hex(trace, 32))?.spans.length)).toEqual([2, undefined, 1]);
});

test('spans beyond the limit of one trace are counted', () => {
  const store = createTraceStore({ traces: 2, spans: 100, spansPerTrace: 2, bytes: 1e6 });
  store.add([span(1, 1), span(1, 2), span(1, 3), span(1, 4)], 10);
  expect(store.get(hex(1, 32))).toMatchObject({ droppedCount: 2, spans: { length: 2 } });
});

test('a trace is named after its first span without a parent, even when a child came first', () => {
  const store = createTraceStore();
  store.add([span(1, 2, { parentSpanId: hex(1, 16), name: 'child', startNs: '999' })], 10);
  expect(store.get(hex(1, 32))?.rootName).toBe('child');
  store.add([span(1, 1, { name: 'parent', service: 'procurement' })], 10);
  expect(store.get(hex(1, 32))).toMatchObject({ rootName: 'parent', rootService: 'procurement', startNs: '999' });
});

test('times are compared as numbers, not as text', () => {
  const store = createTraceStore();
  store.add([span(1, 1, { startNs: '9', endNs: '9' }), span(2, 1, { startNs: '10', endNs: '8' })], 10);
  expect(store.find({ limit: 9 }).map(({ traceId, durationNs }) => [traceId.at(-1), durationNs])).toEqual([
    ['2', '0'],
    ['1', '0'],
  ]);
});

test('every span is listed once and below its parent, whatever the parents say', () => {
  const parents = fc.array(fc.option(fc.nat(12), { nil: null }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(parents, (chosen) => {
      const spans = chosen.map((parent, id) => span(1, id, { parentSpanId: parent === null ? null : hex(parent, 16) }));
      const steps = inTreeOrder(spans);
      expect(steps.map((step) => step.span.spanId).toSorted()).toEqual(spans.map(({ spanId }) => spanId).toSorted());
      for (const [i, { span: child, depth }] of steps.entries()) {
        if (depth === 0) continue;
        const above = steps.slice(0, i).findLast((step) => step.depth === depth - 1);
        expect(above?.span.spanId).toBe(child.parentSpanId);
      }
    }),
  );
});

test('a chain of 5,000 spans is no deeper than the stack', () => {
  const chain = Array.from({ length: 5_000 }, (_, id) =>
    span(1, id, { parentSpanId: id === 0 ? null : hex(id - 1, 16) }),
  );
  expect(inTreeOrder(chain).at(-1)?.depth).toBe(4_999);
});
