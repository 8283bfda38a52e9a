import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConsultationServiceDefinition,
  MembershipServiceDefinition,
  type Role,
  ShelfServiceDefinition,
} from '@jonction/contracts';
import { type CallerOptions, type Client, connectTo, type ServiceDefinition } from '@jonction/service';
import { environmentOf, freePort, ROOT, type Service, startService } from '@jonction/stack';
import { inject } from 'vitest';
import { type TestDatabase, testDatabase } from './database.ts';
import { eventually } from './eventually.ts';
import { type TestIssuer, testIssuer } from './issuer.ts';
import { type TestNats, testNats } from './nats.ts';

/** Where each gRPC service answers. */
export const definitions = {
  membership: MembershipServiceDefinition,
  procurement: ConsultationServiceDefinition,
  'dce-library': ShelfServiceDefinition,
};
export type ServiceName = keyof typeof definitions;

interface Running extends AsyncDisposable {
  port: number;
}

export interface TestPlatform extends AsyncDisposable {
  nats: TestNats;
  issuer: TestIssuer;
  databases: Record<string, TestDatabase>;
  /** Real processes only. */
  processes: Record<string, Service>;
  address(name: ServiceName): string;
  /** Calls a service as someone, for an operator. */
  as(subject: string, operator?: string): Promise<{ [N in ServiceName]: Client<(typeof definitions)[N]> }>;
  call<S extends ServiceDefinition>(definition: S, name: ServiceName, options: CallerOptions): Client<S>;
  /** Stops and starts again a service of this process. */
  restart(name: ServiceName): Promise<void>;
  stop(name: ServiceName): Promise<void>;
}

export interface PlatformOptions {
  services?: ServiceName[];
  /** Real processes, that can be killed, instead of parts of this one. */
  processes?: boolean;
  /** An OTLP endpoint for the spans of real processes. */
  otlp?: string;
  /** More of the services' environment. */
  environment?: Record<string, string>;
}

/** Starts services on databases, a nats-server and an issuer of their own. */
export async function testPlatform({
  services = Object.keys(definitions) as ServiceName[],
  processes = false,
  otlp,
  environment = {},
}: PlatformOptions = {}): Promise<TestPlatform> {
  await using parts = new AsyncDisposableStack();
  const nats = parts.use(await testNats());
  const issuer = parts.use(await testIssuer());
  const databases: Record<string, TestDatabase> = {};
  const running: Record<string, Running> = {};
  const started: Record<string, Service> = {};
  const environments: Record<string, Record<string, string>> = {};
  for (const name of services) {
    databases[name] = parts.use(await testDatabase(name));
    const address = { adminUrl: inject('adminUrl'), natsUrl: nats.url, secret: inject('secret') };
    const grpcPort = processes ? await freePort() : 0;
    environments[name] = {
      ...environmentOf(name, {
        ...address,
        issuer: issuer.issuer,
        grpcPort,
        database: databases[name].name,
        ...(otlp ? { otlp } : {}),
      }),
      ...environment,
    };
  }
  const logs = mkdtempSync(join(tmpdir(), 'jonction-services-'));
  parts.defer(() => rmSync(logs, { recursive: true, force: true }));

  const start = async (name: ServiceName) => {
    const env = environments[name] ?? {};
    if (processes) {
      const service = await startService({
        root: ROOT,
        name,
        env: { ...process.env, ...env },
        logFile: join(logs, `${name}.log`),
      });
      started[name] = service;
      running[name] = Object.defineProperty({ port: Number(env.GRPC_PORT) } as Running, Symbol.asyncDispose, {
        value: () => service[Symbol.asyncDispose](),
      });
      return;
    }
    const { start: run } = await import(join(ROOT, 'services', name, 'src/main.ts'));
    const { readConfig } = await import(join(ROOT, 'services', name, 'src/config.ts'));
    running[name] = await run(readConfig(env));
  };
  const stop = async (name: ServiceName) => {
    await running[name]?.[Symbol.asyncDispose]();
    delete running[name];
  };
  parts.defer(async () => {
    await Promise.all(services.map(stop));
  });
  await Promise.all(services.map(start));

  const clients: Disposable[] = [];
  parts.defer(() => {
    for (const client of clients) client[Symbol.dispose]();
  });
  const address = (name: ServiceName) => `127.0.0.1:${running[name]?.port}`;
  const call = <S extends ServiceDefinition>(definition: S, name: ServiceName, options: CallerOptions) => {
    const client = connectTo(definition, address(name), options);
    clients.push(client);
    return client;
  };
  const owned = parts.move();
  return {
    nats,
    issuer,
    databases,
    processes: started,
    address,
    call,
    async as(subject, operator = 'bfc') {
      const options = { token: await issuer.sign({ subject }), operator };
      return {
        membership: call(MembershipServiceDefinition, 'membership', options),
        procurement: call(ConsultationServiceDefinition, 'procurement', options),
        'dce-library': call(ShelfServiceDefinition, 'dce-library', options),
      };
    },
    stop,
    async restart(name) {
      await stop(name);
      await start(name);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

let drawn = 0;
/** A request_id nobody used before in this run. */
export const requestId = (): string => `test-${process.pid}-${++drawn}`;

/** SIREN of real communes of Bourgogne-Franche-Comte, as INSEE publishes them. */
export const SIRENS = ['212100010', '212100028', '212100036', '212100044'];

/** A member with an agent who has a role, known to every service that runs. */
export async function enrol(
  platform: TestPlatform,
  { operator = 'bfc', name = 'Agencourt', role = 'ROLE_BUYER' as Role, subject = `agent-${requestId()}` } = {},
) {
  const { membership } = await platform.as(`${operator}-admin`, operator);
  const { member } = await membership.admitMember({
    requestId: requestId(),
    kind: 'ORGANIZATION_KIND_COMMUNE',
    name,
    departementCode: '21',
  });
  const memberId = member?.memberId ?? '';
  const { agent } = await membership.enrolAgent({
    requestId: requestId(),
    memberId,
    subject,
    displayName: 'Agent of a test',
  });
  const agentId = agent?.agentId ?? '';
  await membership.grantEntitlement({ requestId: requestId(), agentId, role });
  const caller = await platform.as(subject, operator);
  for (const listener of ['procurement', 'dce-library'] as const) await heard(platform, listener, agentId);
  return { memberId, agentId, subject, operator, caller };
}

async function heard(platform: TestPlatform, listener: ServiceName, agentId: string): Promise<void> {
  const database = platform.databases[listener];
  if (!database) return;
  await eventually(async () => {
    const rows = await database.query('select from access_right where agent_id = $1', [agentId]);
    if (rows.length === 0) throw new Error(`${listener} has not heard of agent ${agentId}`);
  });
}

export const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
