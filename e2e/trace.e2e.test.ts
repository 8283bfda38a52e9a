import { randomBytes } from 'node:crypto';
import { ConsultationServiceDefinition } from '@jonction/contracts';
import { enrol, eventually, inDays, requestId, type SeenSpan, testPlatform, testTraces } from '@jonction/testing';
import { expect, test } from 'vitest';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** From a span up to the first one whose parent is not in the trace. */
function chain(spans: SeenSpan[], last: SeenSpan | undefined): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const names: string[] = [];
  for (let span = last; span; span = byId.get(span.parentSpanId)) names.unshift(`${span.service}: ${span.name}`);
  return names;
}

test('a lone message: one trace from the client to the last handler and its SQL, across three processes', async () => {
  await using traces = await testTraces();
  await using platform = await testPlatform({ processes: true, otlp: traces.endpoint });
  const { memberId, subject } = await enrol(platform);
  const traceId = hex(16);
  const clientSpan = hex(8);
  const options = { token: await platform.issuer.sign({ subject }), operator: 'bfc' };
  const procurement = platform.call(ConsultationServiceDefinition, 'procurement', options);
  const { consultation } = await procurement.createConsultation({
    requestId: requestId(),
    memberId,
    title: 'Toiture',
    deadline: inDays(30),
  });
  const consultationId = consultation?.consultationId ?? '';
  await procurement.publishConsultation(
    { requestId: requestId(), consultationId },
    { traceparent: `00-${traceId}-${clientSpan}-01` },
  );

  const sql = await eventually(async () => {
    const spans = await traces.spansOf(traceId);
    const last = spans.find(({ service, name }) => service === 'dce-library' && name === 'transaction');
    expect(chain(spans, last)).toEqual([
      'procurement: ConsultationService/PublishConsultation',
      'procurement: transaction',
      'procurement: publish jonction.procurement.v1.ConsultationPublished',
      'dce-library: process jonction.procurement.v1.ConsultationPublished',
      'dce-library: transaction',
    ]);
    expect(spans.find(({ name }) => name === 'ConsultationService/PublishConsultation')?.parentSpanId).toBe(clientSpan);
    expect(spans.map(({ name }) => name)).toContain('publish jonction.dce_library.v1.ShelfOpened');
    return last;
  });
  expect(sql?.attributes['db.system.name']).toBe('postgresql');
});

test('three processes, one trace: an entitlement given in membership is followed into procurement and into the library', async () => {
  await using traces = await testTraces();
  await using platform = await testPlatform({ processes: true, otlp: traces.endpoint });
  const { agentId } = await enrol(platform);
  const traceId = hex(16);
  const administrator = await platform.as('bfc-admin');
  await administrator.membership.grantEntitlement(
    { requestId: requestId(), agentId, role: 'ROLE_READER' },
    { traceparent: `00-${traceId}-${hex(8)}-01` },
  );
  await eventually(async () => {
    const seen = await traces.spansOf(traceId);
    for (const service of ['membership', 'procurement', 'dce-library']) {
      const sql = seen.find((span) => span.service === service && span.name === 'transaction');
      expect(chain(seen, sql)[0]).toBe('membership: MembershipService/GrantEntitlement');
    }
  });
});

test('a batch: its spans link to every message, and each message has a process span in its own trace', async () => {
  await using traces = await testTraces();
  await using platform = await testPlatform({ processes: true, otlp: traces.endpoint });
  const { memberId, subject } = await enrol(platform);
  const caller = { token: await platform.issuer.sign({ subject }), operator: 'bfc' };
  const procurement = platform.call(ConsultationServiceDefinition, 'procurement', caller);
  const drafts = await Promise.all(
    Array.from({ length: 60 }, () =>
      procurement.createConsultation({ requestId: requestId(), memberId, title: 'Voirie', deadline: inDays(30) }),
    ),
  );
  // While the library is away its events gather, and come to it as a batch.
  await platform.stop('dce-library');
  const published = drafts.map(({ consultation }) => ({
    consultationId: consultation?.consultationId ?? '',
    traceId: hex(16),
  }));
  await Promise.all(
    published.map(({ consultationId, traceId }) =>
      procurement.publishConsultation(
        { requestId: requestId(), consultationId },
        { traceparent: `00-${traceId}-${hex(8)}-01` },
      ),
    ),
  );
  await platform.restart('dce-library');
  await eventually(
    async () => {
      const batches: SeenSpan[] = [];
      for (const { traceId } of await traces.last(500)) {
        batches.push(
          ...(await traces.spansOf(traceId)).filter(
            ({ service, name }) => service === 'dce-library' && name === 'process batch',
          ),
        );
      }
      const linked = new Set(batches.flatMap(({ links }) => links.map((link) => link.traceId)));
      for (const { traceId } of published) {
        const own = (await traces.spansOf(traceId)).filter(
          ({ service, name }) => service === 'dce-library' && name.startsWith('process '),
        );
        expect(own).toHaveLength(1);
        // One that came alone is its transaction's parent; the others are linked by their batch.
        const alone = (await traces.spansOf(traceId)).some(
          ({ service, name }) => service === 'dce-library' && name === 'transaction',
        );
        expect(alone || linked.has(traceId)).toBe(true);
      }
      expect(batches.some(({ links }) => links.length > 1)).toBe(true);
    },
    { withinMs: 20_000, everyMs: 300 },
  );
});
