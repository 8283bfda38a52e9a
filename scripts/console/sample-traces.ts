import { type Context, type Link, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export type SampleSpan = {
  service: string;
  name: string;
  /** Milliseconds after the start of the sample. */
  from: number;
  to: number;
  kind?: SpanKind;
  attributes?: Record<string, string | number | boolean | string[]>;
  links?: Link[];
  error?: string;
  children?: SampleSpan[];
};

/**
 * Plays spans through the real SDK and its OTLP exporter, one provider a service as in a real run, and sends them to
 * the console at `url`. Gives the context of the first span, for others to link to. For tests and for a look at the page.
 */
export async function sendSample(url: string, sample: SampleSpan, start = Date.now()): Promise<Link> {
  const providers = new Map<string, TracerProvider>();
  const first = play(sample, ROOT_CONTEXT, start, (service) => {
    const known = providers.get(service) ?? provider(url, service);
    providers.set(service, known);
    return known;
  });
  await Promise.all([...providers.values()].map((each) => each.shutdown()));
  return { context: first.spanContext() };
}

function provider(url: string, service: string): TracerProvider {
  return new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${url}/v1/traces` }) })],
  });
}

function play(
  sample: SampleSpan,
  parent: Context,
  start: number,
  providerOf: (service: string) => TracerProvider,
): Span {
  const { service, name, from, to, kind = SpanKind.INTERNAL, attributes = {}, links = [], error } = sample;
  const options = { kind, attributes, links, startTime: start + from };
  const span = providerOf(service).getTracer('sample').startSpan(name, options, parent);
  for (const child of sample.children ?? []) play(child, trace.setSpan(parent, span), start, providerOf);
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end(start + to);
  return span;
}

/** A consultation is published: 16 spans over three services, one of them a batch that links to two other traces. */
export function publicationSample(causes: Link[]): SampleSpan {
  const operator = { 'jonction.operator': 'bfc' };
  return {
    service: 'procurement',
    name: 'jonction.procurement.v1.Procurement/PublishConsultation',
    kind: SpanKind.SERVER,
    from: 0,
    to: 18.2,
    attributes: { ...operator, 'rpc.system': 'grpc', 'rpc.grpc.status_code': 0 },
    children: [
      { service: 'procurement', name: 'identify caller', from: 0.3, to: 1.9 },
      {
        service: 'procurement',
        name: 'dce-library.v1.GetDossier',
        kind: SpanKind.CLIENT,
        from: 2,
        to: 8.1,
        children: [
          {
            service: 'dce-library',
            name: 'jonction.dce_library.v1.DceLibrary/GetDossier',
            kind: SpanKind.SERVER,
            from: 3.1,
            to: 7.4,
            children: [{ service: 'dce-library', name: 'select dossier', from: 3.9, to: 6.8 }],
          },
        ],
      },
      {
        service: 'procurement',
        name: 'transaction',
        from: 8.3,
        to: 17.4,
        attributes: { ...operator, 'db.system': 'postgresql', 'jonction.rows': 3 },
        children: [
          { service: 'procurement', name: 'load consultation', from: 8.6, to: 10.2 },
          { service: 'procurement', name: 'flush', from: 10.9, to: 14.1 },
          { service: 'procurement', name: 'commit', from: 14.2, to: 17.3 },
        ],
      },
      {
        service: 'procurement',
        name: 'publish batch',
        kind: SpanKind.PRODUCER,
        from: 21,
        to: 29.5,
        links: causes,
        attributes: { 'messaging.system': 'nats', 'messaging.batch.message_count': causes.length + 1 },
        children: [processing('dce-library', 33, 44), processing('membership', 34.5, 52, 'the agent is suspended')],
      },
    ],
  };
}

function processing(service: string, from: number, to: number, error?: string): SampleSpan {
  return {
    service,
    name: 'process jonction.procurement.v1.ConsultationPublished',
    kind: SpanKind.CONSUMER,
    from,
    to,
    attributes: { 'messaging.system': 'nats', 'jonction.redelivered': false },
    ...(error === undefined ? {} : { error }),
    children: [
      { service, name: 'inbox row', from: from + 0.6, to: from + 2.4 },
      { service, name: 'transaction', from: from + 2.5, to: to - 0.4 },
    ],
  };
}
