import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provisionDatabase } from '@jonction/commands';
import {
  findNatsServer,
  freePort,
  givenPostgres,
  type Postgres,
  planOf,
  removePostgresData,
  serviceNames,
  startPostgres,
} from '@jonction/stack';
import { GenericContainer } from 'testcontainers';
import type { TestProject } from 'vitest/node';
import { eventually } from './eventually.ts';
import { templateOf } from './template.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    adminUrl: string;
    /** The file of what PostgreSQL writes down; missing when the server is another's. */
    postgresLog: string;
    natsBinary: string;
    secret: string;
  }
}

const SECRET = 'secret of the tests';

/** Once for each run: one PostgreSQL with a template of each service's database, and the way to nats-server. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'jonction-test-'));
  // As root PostgreSQL runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  const { postgres, remove } = await server(folder);
  for (const name of serviceNames()) await provisionDatabase(postgres.adminUrl, planOf(name, SECRET, templateOf(name)));
  const { path } = await findNatsServer({ progress: () => {} });
  project.provide('adminUrl', postgres.adminUrl);
  project.provide('postgresLog', join(folder, 'postgres.log'));
  project.provide('natsBinary', path);
  project.provide('secret', SECRET);
  return async () => {
    await postgres.stop();
    await remove();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function server(folder: string): Promise<{ postgres: Postgres; remove(): Promise<void> }> {
  if (process.env.TEST_STACK === 'containers') {
    const container = await new GenericContainer('postgres:18')
      .withEnvironment({ POSTGRES_PASSWORD: 'test' })
      .withExposedPorts(5432)
      .start();
    const adminUrl = `postgresql://postgres:test@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
    const postgres = await eventually(() => givenPostgres(adminUrl), { withinMs: 60_000, everyMs: 250 });
    return { postgres, remove: async () => void (await container.stop()) };
  }
  const given = process.env.DATABASE_URL;
  if (given) return { postgres: await givenPostgres(given), remove: async () => {} };
  const dir = join(folder, 'postgres');
  const postgres = await startPostgres({ dir, port: await freePort(), logFile: join(folder, 'postgres.log') });
  return { postgres, remove: async () => void (await removePostgresData(dir)) };
}
