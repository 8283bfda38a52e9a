import { randomUUID } from 'node:crypto';
import { databaseUrl, rolesOf } from '@jonction/commands';
import { planOf, snake } from '@jonction/stack';
import { Client, escapeIdentifier, Pool, type QueryResultRow } from 'pg';
import { inject } from 'vitest';
import { templateOf } from './template.ts';

export interface TestDatabase extends AsyncDisposable {
  name: string;
  appUrl: string;
  relayUrl: string;
  jobsUrl: string;
  ownerUrl: string;
  /** As the superuser: sees every row of every operator. */
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** A database of a service for one test file: a copy of the run's template. */
export async function testDatabase(service: string): Promise<TestDatabase> {
  const adminUrl = inject('adminUrl');
  const name = `${snake(service)}_${randomUUID().slice(0, 8)}`;
  const roles = rolesOf(snake(service));
  await asAdmin(adminUrl, async (admin) => {
    // One copy of a template at a time: PostgreSQL refuses a second while the first is made.
    await admin.query("select pg_advisory_lock(hashtext('jonction test database'))");
    await admin.query(
      `create database ${escapeIdentifier(name)} template ${escapeIdentifier(templateOf(service))} owner ${escapeIdentifier(roles.owner)}`,
    );
  });
  const plan = planOf(service, inject('secret'), name);
  const url = (role: string) => databaseUrl(adminUrl, plan, role);
  const superuser = new URL(adminUrl);
  superuser.pathname = `/${name}`;
  const pool = new Pool({ connectionString: superuser.href, max: 2 });
  pool.on('error', () => {});
  return {
    name,
    appUrl: url(roles.app),
    relayUrl: url(roles.relay),
    jobsUrl: url(roles.jobs),
    ownerUrl: url(roles.owner),
    async query<Row extends QueryResultRow>(text: string, values: unknown[] = []) {
      return (await pool.query<Row>(text, values)).rows;
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await asAdmin(adminUrl, (admin) => admin.query(`drop database if exists ${escapeIdentifier(name)} with (force)`));
    },
  };
}

async function asAdmin(adminUrl: string, work: (admin: Client) => Promise<unknown>): Promise<void> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
