import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { SpanKind } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publicationSample, sendSample } from './sample-traces.ts';
import { type RunningConsole, startConsole } from './server.ts';
import { MAX_BODY_BYTES } from './sink.ts';
import type { Trace } from './traces.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

let directory: string;
let running: RunningConsole;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'console-sink-'));
  running = await startConsole({ port: 0, dataDir: directory });
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>, path = '/v1/traces') {
  return fetch(`${running.url}${path}`, { method: 'POST', body, headers });
}

async function traceOf(traceId: string): Promise<Trace> {
  const response = await fetch(`${running.url}/api/traces/${traceId}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Trace;
}

function jsonRequest(span: object, service = 'membership') {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [{ scope: { name: 'by-hand' }, spans: [{ traceId: TRACE_ID, spanId: SPAN_ID, ...span }] }],
      },
    ],
  });
}

test('what the OpenTelemetry exporter sends in protobuf is read back whole', async () => {
  const startMs = 1_795_000_000_000;
  const attributes = { text: 'é', whole: -3, part: 1.5, yes: true, list: ['a', 'b'] };
  const cause = await sendSample(running.url, { service: 'membership', name: 'cause', from: 0, to: 1 });
  const first = await sendSample(
    running.url,
    {
      service: 'procurement',
      name: 'parent',
      kind: SpanKind.SERVER,
      from: 0,
      to: 10,
      attributes,
      children: [{ service: 'dce-library', name: 'child', from: 2, to: 3.5, links: [cause], error: 'it broke' }],
    },
    startMs,
  );

  const { traceId, spans, services, errorCount, durationNs } = await traceOf(first.context.traceId);

  expect(traceId).toBe(first.context.traceId);
  expect({ services, errorCount, durationNs }).toEqual({
    services: ['procurement', 'dce-library'],
    errorCount: 1,
    durationNs: '10000000',
  });
  expect(spans).toEqual([
    {
      traceId,
      spanId: first.context.spanId,
      parentSpanId: null,
      name: 'parent',
      kind: 'server',
      service: 'procurement',
      startNs: '1795000000000000000',
      endNs: '1795000000010000000',
      attributes,
      links: [],
      status: { code: 'unset', message: '' },
    },
    {
      traceId,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      parentSpanId: first.context.spanId,
      name: 'child',
      kind: 'internal',
      service: 'dce-library',
      startNs: '1795000000002000000',
      endNs: '1795000000003500000',
      attributes: {},
      links: [{ traceId: cause.context.traceId, spanId: cause.context.spanId }],
      status: { code: 'error', message: 'it broke' },
    },
  ]);
});

test('the JSON form says the same, and gzip changes nothing', async () => {
  const body = jsonRequest({
    traceId: TRACE_ID.toUpperCase(),
    parentSpanId: '',
    name: 'by hand',
    kind: 3,
    startTimeUnixNano: '1795000000000000001',
    endTimeUnixNano: '1795000000000000002',
    attributes: [
      { key: '__proto__', value: { stringValue: 'kept as a name' } },
      { key: 'large', value: { intValue: '9007199254740993' } },
      { key: 'small', value: { intValue: 7 } },
      { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { boolValue: false } }] } } },
      { key: 'none' },
    ],
    fieldOfTomorrow: [1],
  });

  const response = await post(gzipSync(body), { 'content-type': 'application/json', 'content-encoding': 'gzip' });

  expect([response.status, await response.text()]).toEqual([200, '{}']);
  const [span] = (await traceOf(TRACE_ID)).spans;
  expect(span).toMatchObject({ traceId: TRACE_ID, parentSpanId: null, kind: 'client', startNs: '1795000000000000001' });
  expect(Object.entries(span?.attributes ?? {})).toEqual([
    ['__proto__', 'kept as a name'],
    ['large', '9007199254740993'],
    ['small', 7],
    ['map', { k: false }],
    ['none', null],
  ]);
});

test('a batch that is sent again is not counted twice', async () => {
  const traceId = '1'.repeat(32);
  const body = jsonRequest({ traceId, name: 'again' });
  await post(body, { 'content-type': 'application/json' });
  await post(body, { 'content-type': 'application/json; charset=utf-8' });
  expect((await traceOf(traceId)).spans).toHaveLength(1);
});

test('fields that protobuf knows and we do not are skipped', async () => {
  const traceId = '2'.repeat(32);
  const span = new BinaryWriter()
    .tag(1, 2)
    .bytes(Buffer.from(traceId, 'hex'))
    .tag(2, 2)
    .bytes(Buffer.from(SPAN_ID, 'hex'));
  span.tag(500, 0).uint32(7).tag(501, 2).string('tomorrow').tag(502, 1).fixed64(1).tag(503, 5).fixed32(1);
  span.tag(504, 3).tag(1, 0).uint32(1).tag(504, 4); // a group, as protobuf had them
  const response = await post(inRequest(span.finish()), { 'content-type': 'application/x-protobuf' });
  expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, 0]);
  expect((await traceOf(traceId)).spans[0]).toMatchObject({ name: '', service: 'unknown' });
});

/** A protobuf request that holds one span, given as its bytes. */
function inRequest(span: Uint8Array): Uint8Array<ArrayBuffer> {
  const scopeSpans = new BinaryWriter().tag(2, 2).bytes(span).finish();
  const resourceSpans = new BinaryWriter().tag(2, 2).bytes(scopeSpans).finish();
  return new BinaryWriter().tag(1, 2).bytes(resourceSpans).finish();
}

/** A protobuf span whose attribute is a list in a list, `depth` times. */
function nestedSpan(depth: number): Uint8Array<ArrayBuffer> {
  let value: Uint8Array = new BinaryWriter().tag(1, 2).string('bottom').finish();
  for (let i = 0; i < depth; i += 1) {
    const list = new BinaryWriter().tag(1, 2).bytes(value).finish();
    value = new BinaryWriter().tag(5, 2).bytes(list).finish();
  }
  const pair = new BinaryWriter().tag(1, 2).string('deep').tag(2, 2).bytes(value).finish();
  return inRequest(new BinaryWriter().tag(9, 2).bytes(pair).finish());
}

test.each([
  ['no JSON', '{'],
  ['JSON of another shape', '[]'],
  ['an id that is too short', jsonRequest({ traceId: 'ab' })],
  ['an id of zeros', jsonRequest({ spanId: '0'.repeat(16) })],
  ['a time that is no number', jsonRequest({ startTimeUnixNano: 'noon' })],
  ['a whole number that is none', jsonRequest({ attributes: [{ key: 'n', value: { intValue: '1e99' } }] })],
])('JSON is refused with 400 and a reason: %s', async (_, body) => {
  const response = await post(body, { 'content-type': 'application/json' });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ code: 3, message: expect.stringContaining('not an OTLP trace request: ') });
});

test.each([
  ['text', Buffer.from('not protobuf at all')],
  ['a length beyond the end', Buffer.from([0x0a, 0x7f, 0x01])],
  ['a field of another type', Buffer.from([0x08, 0x01])],
  ['a span without ids', inRequest(new Uint8Array())],
  ['an id of 3 bytes', inRequest(Buffer.from([0x0a, 3, 1, 2, 3]))],
  ['lists in lists without end', nestedSpan(5_000)],
])('protobuf is refused with 400 and a reason: %s', async (_, body) => {
  const response = await post(new Uint8Array(body), { 'content-type': 'application/x-protobuf' });
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/x-protobuf');
  expect(await response.text()).toContain('not an OTLP trace request: ');
});

test('a body that is cut to any length is refused or read, and never breaks the console', async () => {
  const whole = Buffer.from(nestedSpan(3));
  for (let length = 0; length <= whole.length; length += 1) {
    const response = await post(new Uint8Array(whole.subarray(0, length)), {
      'content-type': 'application/x-protobuf',
    });
    expect([200, 400]).toContain(response.status);
  }
  expect((await fetch(running.url)).status).toBe(200);
});

test('a body that is too large is refused with 413, and the sender hears it', async () => {
  const json = { 'content-type': 'application/json' };
  const sent = await post(' '.repeat(4 * MAX_BODY_BYTES), json);
  const unpacked = await post(gzipSync(' '.repeat(MAX_BODY_BYTES + 1)), { ...json, 'content-encoding': 'gzip' });
  const asLargeAsMayBe = await post(`{}${' '.repeat(MAX_BODY_BYTES - 2)}`, json);
  expect([sent.status, unpacked.status, asLargeAsMayBe.status]).toEqual([413, 413, 200]);
  expect(await sent.json()).toMatchObject({ message: expect.stringContaining('Send smaller batches') });
});

test('other types and encodings are refused with 415, and false gzip with 400', async () => {
  const form = await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' });
  const brotli = await post('{}', { 'content-type': 'application/json', 'content-encoding': 'br' });
  const falseGzip = await post('{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  expect([form.status, brotli.status, falseGzip.status]).toEqual([415, 415, 400]);
});

test('metrics and logs are taken and dropped', async () => {
  const metrics = await post(new Uint8Array([1, 2, 3]), { 'content-type': 'application/x-protobuf' }, '/v1/metrics');
  const logs = await post('{"resourceLogs":[]}', { 'content-type': 'application/json' }, '/v1/logs');
  expect([metrics.status, logs.status]).toEqual([200, 200]);
});

test('traces are found by service and by a part of a name, the latest first', async () => {
  const now = Date.now();
  const span = { service: 'signbook', from: 0, to: 1 };
  for (const [i, name] of ['SignA', 'SignB', 'Refuse'].entries()) {
    await sendSample(running.url, { ...span, name }, now + i * 1000);
  }
  const names = async (query: string) => {
    const { traces } = (await (await fetch(`${running.url}/api/traces?${query}`)).json()) as { traces: Trace[] };
    return traces.map(({ rootName }) => rootName);
  };
  expect(await names('service=signbook')).toEqual(['Refuse', 'SignB', 'SignA']);
  expect(await names('service=signbook&name=Sign')).toEqual(['SignB', 'SignA']);
  expect(await names('service=signbook&limit=1')).toEqual(['Refuse']);
  expect(await names('service=nobody')).toEqual([]);
});

test('a trace of three services arrives whole from three exporters', async () => {
  const causes = [await sendSample(running.url, { service: 'membership', name: 'cause', from: 0, to: 1 })];
  const first = await sendSample(running.url, publicationSample(causes));
  const { spans, services } = await traceOf(first.context.traceId);
  expect(spans).toHaveLength(16);
  expect(services.toSorted()).toEqual(['dce-library', 'membership', 'procurement']);
});
