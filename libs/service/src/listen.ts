import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import type { MethodDefinition, ServiceDefinition } from '@jonction/contracts/client';
import { HealthImplementation } from 'grpc-health-check';
import { bulkHandler, type Edge, streamHandler, unaryHandler } from './edge.ts';
import { refuse } from './refusals.ts';
import type { Route } from './route.ts';

/** The largest request read, in bytes. */
export const LARGEST_REQUEST = 4 * 1024 * 1024;
/** How long calls under way may take once the process is told to stop. */
export const STOP_WITHIN_MS = 10_000;

export interface ListenOptions extends Omit<Edge, 'rpc'> {
  host: string;
  /** 0 takes a free one. */
  port: number;
  services: { definition: ServiceDefinition; routes: Readonly<Record<string, Route>> }[];
  /** Describes the services to tools such as grpcurl; off in production. */
  reflection?: boolean;
}

/** Serves gRPC with health and, if asked, reflection. Disposing it ends what runs, refuses what comes, then closes. */
export async function listen({ host, port, services, reflection = false, ...edge }: ListenOptions) {
  const server = new grpc.Server({
    // A request somewhat too large is still taken in, to be refused in words; beyond, gRPC cuts it off with its own.
    'grpc.max_receive_message_length': 2 * LARGEST_REQUEST,
    'grpc.max_concurrent_streams': 1_000,
    // Connections are renewed, so that load spreads over new replicas and idle probes leave no memory behind.
    'grpc.max_connection_age_ms': 30 * 60_000,
    // A call under way then may go on so long: an upload of 150 MiB at 2 Mbit/s. All calls have deadlines of their own.
    'grpc.max_connection_age_grace_ms': 10 * 60_000,
    'grpc.keepalive_time_ms': 60_000,
    'grpc-node.max_session_memory': 64,
  });
  for (const { definition, routes } of services) server.addService(...implement(definition, routes, edge));
  const health = new HealthImplementation({ '': 'SERVING' });
  health.addToServer(server);
  if (reflection) describe(server);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, grpc.ServerCredentials.createInsecure(), (error, at) =>
      error ? reject(error) : resolve(at),
    );
  });
  return {
    port: bound,
    async [Symbol.asyncDispose]() {
      health.setStatus('', 'NOT_SERVING');
      await stop(server);
    },
  };
}

function implement(definition: ServiceDefinition, routes: Readonly<Record<string, Route>>, edge: Omit<Edge, 'rpc'>) {
  const shape: Record<string, grpc.MethodDefinition<unknown, unknown>> = {};
  const handlers: grpc.UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(definition.methods)) {
    const route = routes[name];
    if (!route?.right)
      throw new Error(`${definition.name}/${method.name} has no route with a right: nobody may call it`);
    shape[name] = wireOf(definition, method);
    const at = { ...edge, rpc: `${definition.name}/${method.name}` };
    if (route.kind === 'bulk') handlers[name] = bulkHandler(at, route, method);
    else handlers[name] = route.kind === 'stream' ? streamHandler(at, route) : unaryHandler(at, route);
  }
  return [shape, handlers] as const;
}

function wireOf(definition: ServiceDefinition, method: MethodDefinition): grpc.MethodDefinition<unknown, unknown> {
  return {
    path: `/${definition.fullName}/${method.name}`,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: (message) => toBuffer(method.requestType.encode(message).finish()),
    requestDeserialize: (bytes) => readRequest(method, bytes),
    // A route answers with encoded bytes: the ones kept for a repeat of the request.
    responseSerialize: (bytes) => toBuffer(bytes as Uint8Array),
    responseDeserialize: (bytes) => method.responseType.decode(bytes),
  };
}

/** The request, or the refusal that takes its place until the caller is known: what is thrown here ends as INTERNAL. */
function readRequest({ requestType }: MethodDefinition, bytes: Buffer): unknown {
  if (bytes.length > LARGEST_REQUEST) return refuse('REQUEST_TOO_LARGE', { limit: LARGEST_REQUEST });
  try {
    return requestType.decode(bytes);
  } catch {
    const violation = { field: 'request', description: `must be the bytes of a ${requestType.$type}` };
    return refuse('FIELD_INVALID', { fields: 'request' }, [violation]);
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function describe(server: grpc.Server): void {
  const image = fileURLToPath(import.meta.resolve('@jonction/contracts/descriptors'));
  new ReflectionService(loadFileDescriptorSetFromBuffer(readFileSync(image))).addToServer(server);
}

/** Lets running calls end, for a bounded time. */
async function stop(server: grpc.Server): Promise<void> {
  const late = setTimeout(() => server.forceShutdown(), STOP_WITHIN_MS);
  await new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  clearTimeout(late);
}
