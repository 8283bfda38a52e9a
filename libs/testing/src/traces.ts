import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ROOT, spawnChild } from '@jonction/stack';
import { eventually } from './eventually.ts';

/** A span as the console gives it. */
export interface SeenSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  service: string;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
}

export interface TestTraces extends AsyncDisposable {
  /** What OTEL_EXPORTER_OTLP_ENDPOINT is to be. */
  endpoint: string;
  /** The spans of one trace seen so far. */
  spansOf(traceId: string): Promise<SeenSpan[]>;
  /** The last traces, newest first. */
  last(limit: number): Promise<{ traceId: string }[]>;
}

/** The console of the embedded run as a process of its own, taking in the spans of a test's services. */
export async function testTraces(): Promise<TestTraces> {
  const folder = mkdtempSync(join(tmpdir(), 'jonction-traces-'));
  const port = await freePort();
  const env = { ...process.env, CONSOLE_PORT: String(port), DATA_DIR: folder };
  const child = await spawnChild({
    name: 'console',
    command: process.execPath,
    args: ['scripts/console/main.ts'],
    cwd: ROOT,
    env,
    logFile: join(folder, 'console.log'),
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${endpoint}${path}`);
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
    return (await answer.json()) as T;
  };
  await eventually(() => ask('/api/traces?limit=1'));
  return {
    endpoint,
    spansOf: async (traceId) => (await ask<{ spans: SeenSpan[] }>(`/api/traces/${traceId}`)).spans,
    last: async (limit) => (await ask<{ traces: { traceId: string }[] }>(`/api/traces?limit=${limit}`)).traces,
    async [Symbol.asyncDispose]() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
