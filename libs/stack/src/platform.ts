import { createHmac } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { databaseUrl, provisionDatabase, rolesOf } from '@jonction/commands';
import { connectNats, type Subscription } from '@jonction/events';
import { natsUrlFor, provisionAccount } from './nats-accounts.ts';
import { provisionStreams, type Speaker } from './topology.ts';

/** The repository's folder. */
export const ROOT = join(import.meta.dirname, '../../..');

/** The services, by folder: whatever stands in services/ is one. */
export const serviceNames = (): string[] => readdirSync(join(ROOT, 'services')).sort();

/** `dce-library` → `dce_library`: its context, stream, durables, database and roles. */
export const snake = (name: string): string => name.replaceAll('-', '_');

/** The password of a role: the same secret always gives the same. */
export const passwordOf = (secret: string, role: string): string =>
  createHmac('sha256', secret).update(role).digest('hex');

/** What each service says and hears. */
export async function speakers(names = serviceNames()): Promise<Speaker[]> {
  return Promise.all(
    names.map(async (name) => {
      const file = join(ROOT, 'services', name, 'src/subscriptions.ts');
      const { subscriptions } = (await import(file)) as { subscriptions: Subscription[] };
      return { name: snake(name), subscriptions };
    }),
  );
}

/** The database of one service: its plan for `provisionDatabase`. `database` is another name, for tests. */
export function planOf(name: string, secret: string, database = snake(name)) {
  const paths = ['libs/events/sql', 'libs/commands/sql', `services/${name}/src/db/migrations`];
  const folders = paths.map((folder) => join(ROOT, folder));
  return { service: snake(name), database, folders, password: (role: string) => passwordOf(secret, role) };
}

export interface PlatformAddress {
  /** A superuser's, from which roles and databases are made. */
  adminUrl: string;
  /** Without user or password. */
  natsUrl: string;
  secret: string;
  /** On how many servers of NATS each stream lies; one when absent. */
  replicas?: number;
}

/** Makes and updates everything the services need: roles, databases, tables, streams, durables. Safe to run again. */
export async function provisionPlatform(
  { adminUrl, natsUrl, secret, replicas = 1 }: PlatformAddress,
  progress: (line: string) => void = () => {},
): Promise<void> {
  for (const name of serviceNames()) {
    const done = await provisionDatabase(adminUrl, planOf(name, secret));
    progress(`database ${snake(name)}: ${done.length > 0 ? done.join(', ') : 'up to date'}`);
  }
  const services = await speakers();
  progress(`rights on NATS: ${await provisionAccount({ natsUrl, secret }, services)}`);
  const nats = await connectNats(natsUrlFor(natsUrl, 'provisioner', secret), 'provisioner');
  try {
    const done = await provisionStreams(nats, services, replicas);
    progress(`streams: ${done.length > 0 ? done.join(', ') : 'up to date'}`);
  } finally {
    await nats.close();
  }
}

export interface ServiceSettings extends PlatformAddress {
  issuer: string;
  grpcPort: number;
  /** Where other services answer, by folder; those not named are looked for where a cluster has them. */
  addresses?: Record<string, string>;
  /** For teletransmission: the folder of documents, and the gateway of the prefecture. */
  documents?: string;
  prefectureUrl?: string;
  /** Where spans go; nowhere when absent. */
  otlp?: string;
  /** The database when it is not the service's own name. */
  database?: string;
}

/** Where the reference data is that others own (decision 010), unless the environment says so. */
export const normsDir = (): string => process.env.NORMS_DIR ?? join(ROOT, '../shared/data');

/** The environment of a service's process. */
export function environmentOf(
  name: string,
  { adminUrl, natsUrl, secret, issuer, grpcPort, addresses, documents, prefectureUrl, otlp, database }: ServiceSettings,
): Record<string, string> {
  const plan = planOf(name, secret, database);
  const { app, relay, jobs } = rolesOf(plan.service);
  return {
    APP_DATABASE_URL: databaseUrl(adminUrl, plan, app),
    RELAY_DATABASE_URL: databaseUrl(adminUrl, plan, relay),
    JOBS_DATABASE_URL: databaseUrl(adminUrl, plan, jobs),
    NATS_URL: natsUrlFor(natsUrl, plan.service, secret),
    GRPC_PORT: String(grpcPort),
    GRPC_REFLECTION: 'on',
    OIDC_ISSUER: issuer,
    OPERATORS_DIR: join(ROOT, 'operators'),
    OTEL_SERVICE_NAME: name,
    NORMS_DIR: process.env.NORMS_DIR ?? (existsSync(normsDir()) ? normsDir() : ''),
    ...Object.fromEntries(
      Object.entries(addresses ?? {}).map(([other, at]) => [`${snake(other).toUpperCase()}_ADDRESS`, at]),
    ),
    ...(documents ? { DOCUMENTS_DIR: documents } : {}),
    ...(prefectureUrl ? { PREFECTURE_URL: prefectureUrl } : {}),
    ...(otlp ? { OTEL_EXPORTER_OTLP_ENDPOINT: otlp } : {}),
  };
}
