import { createHash } from 'node:crypto';
import { eventually, type TestDatabase, type TestPlatform } from '@jonction/testing';
import { jetstreamManager } from '@nats-io/jetstream';

export type Row = Record<string, unknown>;

/** The tables of a database's public schema, by what the catalogue says. */
export async function tablesOf(database: TestDatabase): Promise<{ name: string; tenant: boolean }[]> {
  return database.query(
    `select c.relname as name, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'operator') as tenant
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1`,
  );
}

/** Rows of a table as JSON, as the superuser sees them. `condition` is SQL. */
export async function rowsOf(database: TestDatabase, table: string, condition = 'true'): Promise<Row[]> {
  const rows = await database.query<{ row: Row }>(
    `select to_jsonb(t) as row from "${table}" t where ${condition} order by to_jsonb(t)::text`,
  );
  return rows.map(({ row }) => row);
}

/** The SQL condition under which rows of a table are published; `false` when none is. */
export async function publishedWhen(database: TestDatabase, table: string): Promise<string> {
  const rows = await database.query<{ qual: string }>(
    `select qual from pg_policies where tablename = $1 and policyname = 'published'`,
    [table],
  );
  return rows[0]?.qual ?? 'false';
}

/** All rows of the tenant tables that fulfil a condition, by `service.table`: what must be the same before and after. */
export async function rowsWhere(platform: TestPlatform, condition: string): Promise<Record<string, Row[]>> {
  const all: Record<string, Row[]> = {};
  for (const [service, database] of Object.entries(platform.databases)) {
    for (const { name, tenant } of await tablesOf(database))
      if (tenant) all[`${service}.${name}`] = await rowsOf(database, name, condition);
  }
  return all;
}

/** What goes on by itself, whoever asks what: sending, and looking into mailboxes. */
const OUTSIDE = `(select id from graphile_worker._private_tasks where identifier in ('send-act', 'read-answers'))`;

/** How many rows each table of each database has, jobs included, and a digest of them: any write changes it. */
export async function contentsOf(platform: TestPlatform): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const [service, database] of Object.entries(platform.databases)) {
    const tables = (await tablesOf(database)).map(({ name }) => `public."${name}"`);
    for (const table of [...tables, `graphile_worker._private_jobs t where task_id not in ${OUTSIDE}`]) {
      const rows = await database.query<{ row: string }>(
        `select t::text as row from ${table.replace(/"$/, '" t')} order by 1`,
      );
      const digest = createHash('sha256')
        .update(rows.map(({ row }) => row).join('\n'))
        .digest('hex');
      all[`${service}.${table}`] = `${rows.length} rows, ${digest.slice(0, 12)}`;
    }
  }
  return all;
}

/** Waits until all that was recorded is sent, and all that was sent is heard and acknowledged. */
export async function quiet(platform: TestPlatform): Promise<void> {
  const jsm = await jetstreamManager(await platform.nats.provisioner());
  await eventually(
    async () => {
      for (const [service, database] of Object.entries(platform.databases)) {
        const unsent = await database.query('select from outbox where stream_seq is null limit 1');
        if (unsent.length > 0) throw new Error(`${service} has events to send`);
      }
      for await (const { config } of jsm.streams.list()) {
        for await (const { name, num_pending, num_ack_pending } of jsm.consumers.list(config.name))
          if (num_pending + num_ack_pending > 0) throw new Error(`${name} has events of ${config.name} to hear`);
      }
    },
    { withinMs: 30_000 },
  );
}
