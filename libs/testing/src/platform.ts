import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ActServiceDefinition,
  ConsultationServiceDefinition,
  MembershipServiceDefinition,
  type Role,
  ShelfServiceDefinition,
} from '@jonction/contracts';
import { type CallerOptions, type Client, connectTo, type ServiceDefinition } from '@jonction/contracts/client';
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
  teletransmission: ActServiceDefinition,
};
export type ServiceName = keyof typeof definitions;

interface Running extends AsyncDisposable {
  port: number;
}

export interface TestPlatform extends AsyncDisposable {
  nats: TestNats;
  issuer: TestIssuer;
  databases: Record<string, TestDatabase>;
  /** The folder of documents of its services. */
  documents: string;
  /** Where acts are sent: nobody answers there unless a prefecture was given. */
  prefectureUrl: string;
  /** Real processes only. */
  processes: Record<string, Service>;
  /** What a service's process printed; empty for one of this process. */
  logOf(name: ServiceName): string;
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
  /** Where acts are sent. */
  prefectureUrl?: string;
  /** More of the services' environment. */
  environment?: Record<string, string>;
}

/** Starts services on databases, a nats-server and an issuer of their own. */
export async function testPlatform(options: PlatformOptions = {}): Promise<TestPlatform> {
  const { services = Object.keys(definitions) as ServiceName[] } = options;
  await using parts = new AsyncDisposableStack();
  const nats = parts.use(await testNats());
  const issuer = parts.use(await testIssuer());
  const databases: Record<string, TestDatabase> = {};
  for (const name of services) databases[name] = parts.use(await testDatabase(name));
  const documents = mkdtempSync(join(tmpdir(), 'jonction-documents-'));
  parts.defer(() => rmSync(documents, { recursive: true, force: true }));
  // A port that only the superuser could open, and nobody does.
  const { prefectureUrl = 'http://127.0.0.1:1' } = options;
  const starter = options.processes ? asProcesses(parts) : inThisProcess();
  // A service that is started again answers where it did; of this process, one takes a free port at its first start.
  const ports: Record<string, number> = {};
  if (options.processes) for (const name of services) ports[name] = await freePort();
  const start = async (name: ServiceName) => {
    const surroundings = { nats, issuer, databases, documents, prefectureUrl, options, ports };
    running[name] = await starter.start(name, environmentFor(name, surroundings));
    ports[name] = running[name].port;
  };
  const running: Record<string, Running> = {};
  const stop = async (name: ServiceName) => {
    await running[name]?.[Symbol.asyncDispose]();
    delete running[name];
  };
  parts.defer(async () => {
    await Promise.all(services.map(stop));
  });
  // membership asks the others what runs there, and is told where they are.
  await Promise.all(services.filter((name) => name !== 'membership' || options.processes).map(start));
  if (services.includes('membership') && !options.processes) await start('membership');

  const clients = parts.adopt<Disposable[]>([], async (open) => {
    for (const client of open) client[Symbol.dispose]();
  });
  const address = (name: ServiceName) => `127.0.0.1:${running[name]?.port}`;
  const call = <S extends ServiceDefinition>(definition: S, name: ServiceName, how: CallerOptions) => {
    const client = connectTo(definition, address(name), how);
    clients.push(client);
    return client;
  };
  const owned = parts.move();
  return {
    nats,
    issuer,
    databases,
    documents,
    prefectureUrl,
    processes: starter.processes,
    logOf: starter.logOf,
    address,
    call,
    async as(subject, operator = 'bfc') {
      const how = { token: await issuer.sign({ subject }), operator };
      return {
        membership: call(MembershipServiceDefinition, 'membership', how),
        procurement: call(ConsultationServiceDefinition, 'procurement', how),
        'dce-library': call(ShelfServiceDefinition, 'dce-library', how),
        teletransmission: call(ActServiceDefinition, 'teletransmission', how),
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

interface Surroundings {
  nats: TestNats;
  issuer: TestIssuer;
  databases: Record<string, TestDatabase>;
  documents: string;
  prefectureUrl: string;
  options: PlatformOptions;
  ports: Record<string, number>;
}

/** The environment of one service; a real process takes a port that was free a moment ago. */
function environmentFor(
  name: ServiceName,
  { nats, issuer, databases, options, documents, prefectureUrl, ports }: Surroundings,
): Record<string, string> {
  const { otlp, environment } = options;
  const address = { adminUrl: inject('adminUrl'), natsUrl: nats.url, secret: inject('secret'), issuer: issuer.issuer };
  const folders = { documents, prefectureUrl };
  const addresses = Object.fromEntries(Object.entries(ports).map(([other, port]) => [other, `127.0.0.1:${port}`]));
  const grpcPort = ports[name] ?? 0;
  const database = databases[name]?.name ?? '';
  const settings = { ...address, ...folders, grpcPort, addresses, database, ...(otlp ? { otlp } : {}) };
  return { ...environmentOf(name, settings), PREFECTURE_POLL_MS: '100', ...environment };
}

interface Starter {
  processes: Record<string, Service>;
  logOf(name: ServiceName): string;
  start(name: ServiceName, env: Record<string, string>): Promise<Running>;
}

function inThisProcess(): Starter {
  return {
    processes: {},
    logOf: () => '',
    async start(name, env) {
      const { start } = await import(join(ROOT, 'services', name, 'src/main.ts'));
      const { readConfig } = await import(join(ROOT, 'services', name, 'src/config.ts'));
      return start(readConfig(env));
    },
  };
}

function asProcesses(parts: AsyncDisposableStack): Starter {
  const logs = mkdtempSync(join(tmpdir(), 'jonction-services-'));
  parts.defer(() => rmSync(logs, { recursive: true, force: true }));
  const processes: Record<string, Service> = {};
  return {
    processes,
    logOf: (name) => readFileSync(join(logs, `${name}.log`), 'utf8'),
    async start(name, env) {
      const service = await startService({
        root: ROOT,
        name,
        env: { ...process.env, ...env },
        logFile: join(logs, `${name}.log`),
      });
      processes[name] = service;
      return { port: Number(env.GRPC_PORT), [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
    },
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
  for (const listener of ['procurement', 'dce-library', 'teletransmission'] as const)
    await heard(platform, listener, agentId);
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
