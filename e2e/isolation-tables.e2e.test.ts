import { rolesOf } from '@jonction/commands';
import { snake } from '@jonction/stack';
import { type TestDatabase, type TestPlatform, testPlatform } from '@jonction/testing';
import { Client, escapeLiteral } from 'pg';
import { expect, test } from 'vitest';
import { publishedWhen, type Row, rowsOf, rowsWhere, tablesOf } from './rows.ts';
import { populate } from './two-operators.ts';

/** insufficient_privilege: no right on the table, or a row that its policies refuse. */
const REFUSED = '42501';

test('every table that has an operator is under forced row-level security, every other is closed to the service', async () => {
  await using platform = await testPlatform();
  for (const [service, database] of Object.entries(platform.databases)) {
    const { app } = rolesOf(snake(service));
    const tables = await tablesOf(database);
    expect(tables.filter(({ tenant }) => tenant).length, service).toBeGreaterThan(5);
    for (const { name, tenant } of tables) {
      const [facts] = await database.query(
        `select relkind::text as kind, relrowsecurity as secured, relforcerowsecurity as forced,
           exists (select from pg_policies p where p.schemaname = 'public' and p.tablename = relname and p.roles = array[$2::name]) as policed,
           has_any_column_privilege($2, oid, 'select, insert, update, references') or has_table_privilege($2, oid, 'delete, truncate') as reached
         from pg_class where oid = $1::regclass`,
        [`public."${name}"`, app],
      );
      const expected = tenant
        ? { kind: 'r', secured: true, forced: true, policed: true, reached: true }
        : { reached: false };
      expect(facts, `${service}.${name}`).toMatchObject(expected);
    }
  }
});

test('as idf a service reads, counts and changes no tenant row of bfc in any table, and reads all that is published', async () => {
  await using platform = await testPlatform();
  await populate(platform);
  await fillEmptyTables(platform);
  const before = await rowsWhere(platform, 'true');
  for (const { database, where, table } of await tenantTables(platform)) {
    const published = await publishedWhen(database, table);
    const visible = await rowsOf(database, table, `operator = 'idf' or (${published})`);
    const rows = await asApp(database, 'idf', `select to_jsonb(t) as row from "${table}" t order by to_jsonb(t)::text`);
    expect(
      (rows as { row: Row }[]).map(({ row }) => row),
      where,
    ).toEqual(visible);
    expect(await asApp(database, 'idf', `select count(*)::int as all from "${table}"`), where).toEqual([
      { all: visible.length },
    ]);
    const [ofBfc] = await rowsOf(database, table, `operator = 'bfc' and not (${published}) or operator = 'bfc'`);
    const insert = `insert into "${table}" overriding system value select (jsonb_populate_record(null::"${table}", $1)).*`;
    expect(await asApp(database, 'idf', insert, [ofBfc]), where).toBe(REFUSED);
    const take = await asApp(
      database,
      'idf',
      `update "${table}" set operator = 'idf' where operator = 'bfc' returning 1`,
    );
    expect([REFUSED, []], where).toContainEqual(take);
    const give = await asApp(database, 'idf', `update "${table}" set operator = 'bfc' where operator = 'idf'`);
    expect(give, where).toBe(REFUSED);
    for (const statement of [
      `delete from "${table}"`,
      `truncate "${table}"`,
      `alter table "${table}" disable row level security`,
    ])
      expect(await asApp(database, 'idf', statement), `${where}: ${statement}`).toBe(REFUSED);
    // What the planner knows of the values would tell them too.
    await database.query(`analyze "${table}"`);
    expect(await asApp(database, 'idf', `select from pg_stats where tablename = '${table}'`), where).toEqual([]);
  }
  expect(await rowsWhere(platform, 'true')).toEqual(before);
});

test('without an operator a service reads and writes no tenant row, on a new connection and on one that had an operator before', async () => {
  await using platform = await testPlatform();
  await populate(platform);
  await fillEmptyTables(platform);
  const before = await rowsWhere(platform, 'true');
  for (const { database, where, table } of await tenantTables(platform)) {
    const published = await rowsOf(database, table, await publishedWhen(database, table));
    const [ofBfc] = await rowsOf(database, table, `operator = 'bfc'`);
    for (const used of [false, true]) {
      await connected(database, async (client) => {
        if (used) await useAs(client, 'bfc', `select 1 from "${table}"`);
        const rows = await rowsOrCode(client, `select to_jsonb(t) as row from "${table}" t order by to_jsonb(t)::text`);
        // An unknown setting is an error; an empty one fits no operator. Either way only what is published comes out.
        expect(['42704', published.map((row) => ({ row }))], where).toContainEqual(rows);
        const insert = `insert into "${table}" overriding system value select (jsonb_populate_record(null::"${table}", $1)).*`;
        expect(['42704', REFUSED], where).toContain(await rowsOrCode(client, insert, [ofBfc]));
        const update = await rowsOrCode(client, `update "${table}" set operator = operator returning 1`);
        expect([REFUSED, '42704', []], where).toContainEqual(update);
      });
    }
  }
  expect(await rowsWhere(platform, 'true')).toEqual(before);
});

test('no role of a service is above the rules: no superuser, no bypass, no membership, no ownership but its own', async () => {
  await using platform = await testPlatform();
  for (const [service, database] of Object.entries(platform.databases)) {
    const roles = rolesOf(snake(service));
    const flags = await database.query(
      `select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as above,
         exists (select from pg_auth_members m where m.member = r.oid) as member
       from pg_roles r where rolname = any ($1) order by 1`,
      [Object.values(roles)],
    );
    expect(flags).toEqual(
      Object.values(roles)
        .sort()
        .map((rolname) => ({ rolname, above: false, member: false })),
    );
    const owned = await database.query<{ owner: string; schema: string }>(
      `select distinct pg_get_userbyid(relowner) as owner, relnamespace::regnamespace::text as schema from pg_class
       where pg_get_userbyid(relowner) = any ($1) and relkind in ('r', 'p', 'v', 'm', 'S') order by 1, 2`,
      [Object.values(roles)],
    );
    expect(owned).toEqual([
      { owner: roles.jobs, schema: 'graphile_worker' },
      { owner: roles.owner, schema: 'public' },
    ]);
    expect(await reachOf(database, roles.relay), service).toEqual(['public.outbox']);
    expect((await reachOf(database, roles.app)).filter((table) => !table.startsWith('public.'))).toEqual([]);
    expect((await reachOf(database, roles.jobs)).filter((table) => !table.startsWith('graphile_worker.'))).toEqual([]);
    // A function that runs with another's rights is a door: through one commands add jobs; the other searches names, and is
    // called with whatever arguments in search-organizations.db.test.ts.
    const doors = await database.query(
      `select pronamespace::regnamespace || '.' || proname as door from pg_proc
       where prosecdef and has_function_privilege($1, oid, 'execute') and has_schema_privilege($1, pronamespace, 'usage')
       order by 1`,
      [roles.app],
    );
    const searching = service === 'membership' ? [{ door: 'public.bodies_called' }] : [];
    expect(doors).toEqual([{ door: 'graphile_worker.schedule' }, ...searching]);
  }
});

interface TenantTable {
  database: TestDatabase;
  table: string;
  /** `procurement.consultation`, for the message of a failure. */
  where: string;
}

async function tenantTables(platform: TestPlatform): Promise<TenantTable[]> {
  const all: TenantTable[] = [];
  for (const [service, database] of Object.entries(platform.databases)) {
    for (const { name, tenant } of await tablesOf(database))
      if (tenant) all.push({ database, table: name, where: `${service}.${name}` });
  }
  return all;
}

/** The tables that a role may read or write anything of, the catalogue of the server left out. */
async function reachOf(database: TestDatabase, role: string): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
       and has_schema_privilege($1, n.oid, 'usage')
       and (has_any_column_privilege($1, c.oid, 'select, insert, update, references') or has_table_privilege($1, c.oid, 'delete, truncate'))
     order by 1`,
    [role],
  );
  return rows.map(({ name }) => name);
}

/** Gives each operator a row in the tables where it has none, so that no table is judged empty. */
async function fillEmptyTables(platform: TestPlatform): Promise<void> {
  for (const { database, table } of await tenantTables(platform)) {
    for (const operator of ['bfc', 'idf']) {
      if ((await rowsOf(database, table, `operator = '${operator}'`)).length > 0) continue;
      const columns = await database.query<{ name: string; type: string }>(
        `select column_name as name, data_type as type from information_schema.columns where table_name = $1`,
        [table],
      );
      const row = Object.fromEntries(columns.map(({ name, type }) => [name, valueOfType(type)]));
      const json = escapeLiteral(JSON.stringify({ ...row, operator }));
      // Without its foreign keys: what the row refers to does not matter here.
      await database.query(
        `set session_replication_role = replica;
         insert into "${table}" overriding system value select (jsonb_populate_record(null::"${table}", ${json})).*;
         reset session_replication_role`,
      );
    }
  }
}

function valueOfType(type: string): unknown {
  if (type === 'uuid') return crypto.randomUUID();
  if (type === 'boolean') return true;
  if (/int|numeric/.test(type)) return 1;
  if (/timestamp|date/.test(type)) return '2026-01-01';
  if (type === 'boolean') return true;
  if (type === 'jsonb') return {};
  return type === 'ARRAY' ? [] : 'filled';
}

/** Runs one statement as the service for an operator, and commits it, so that what got through shows in the rows. */
function asApp(database: TestDatabase, operator: string, statement: string, values: unknown[] = []) {
  return connected(database, async (client) => {
    await client.query('begin');
    await client.query(`select set_config('app.operator', $1, true)`, [operator]);
    const outcome = await rowsOrCode(client, statement, values);
    await client.query('commit');
    return outcome;
  });
}

/** A transaction for an operator on a connection that goes on; it must see rows. */
async function useAs(client: Client, operator: string, statement: string): Promise<void> {
  await client.query('begin');
  await client.query(`select set_config('app.operator', $1, true)`, [operator]);
  expect((await client.query(statement)).rowCount, statement).toBeGreaterThan(0);
  await client.query('commit');
}

async function connected<T>(database: TestDatabase, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: database.appUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function rowsOrCode(client: Client, statement: string, values: unknown[] = []): Promise<unknown[] | string> {
  try {
    return (await client.query(statement, values)).rows;
  } catch (error) {
    return (error as { code: string }).code;
  }
}
