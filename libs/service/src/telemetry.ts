import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';

// Loaded by `node --import @jonction/service/telemetry`, before the service: it reads OTEL_*, the service never does.
// Without an endpoint nothing is exported, and spans cost next to nothing.
const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
if (endpoint) {
  const processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter(),
    maxQueueSize: 16_384,
    maxExportBatchSize: 1_024,
    scheduledDelayMillis: 500,
  });
  const sdk = new NodeSDK({
    spanProcessors: [processor],
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  // The service ends by letting its event loop empty; what is left of its spans is sent then.
  process.once('beforeExit', () => void sdk.shutdown());
}
