import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Migration, Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import { runMigrations } from 'graphile-worker';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { jobsLog } from './jobs-log.ts';

export interface DatabasePlan {
  /** The service in snake_case; its roles bear it. */
  service: string;
  /** The database's name; usually the service's. */
  database: string;
  /** Folders of numbered .sql files, run in this order, each once. */
  folders: string[];
  /** Gives a role's password; the same role always has the same. */
  password(role: string): string;
}

/** The four roles of a service. Each may do one thing only; none is a superuser or passes row-level security. */
export const rolesOf = (service: string) => ({
  owner: `${service}_owner`,
  app: `${service}_app`,
  relay: `${service}_relay`,
  jobs: `${service}_jobs`,
});

/** Makes a service's roles and database, and brings its tables up to date. Safe to run again, and by two at once. */
export async function provisionDatabase(adminUrl: string, plan: DatabasePlan): Promise<string[]> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    // One provisioner at a time; the lock is the session's and ends with it.
    await admin.query("select pg_advisory_lock(hashtext('jonction provision'))");
    await makeRoles(admin, plan);
    await makeDatabase(admin, plan);
    const { owner, jobs } = rolesOf(plan.service);
    await prepareJobs(databaseUrl(adminUrl, plan, jobs), plan);
    return await migrate(databaseUrl(adminUrl, plan, owner), plan);
  } finally {
    await admin.end();
  }
}

/** The address of a service's database for one of its roles. */
export function databaseUrl(
  adminUrl: string,
  { database, password }: Pick<DatabasePlan, 'database' | 'password'>,
  role: string,
): string {
  const url = new URL(adminUrl);
  url.username = role;
  url.password = encodeURIComponent(password(role));
  url.pathname = `/${database}`;
  return url.href;
}

async function makeRoles(admin: Client, { service, password }: DatabasePlan): Promise<void> {
  for (const role of Object.values(rolesOf(service))) {
    const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role]);
    const verb = rowCount ? 'alter' : 'create';
    await admin.query(
      `${verb} role ${escapeIdentifier(role)} login nosuperuser nobypassrls nocreatedb nocreaterole password ${escapeLiteral(password(role))}`,
    );
  }
}

async function makeDatabase(admin: Client, { service, database }: DatabasePlan): Promise<void> {
  const { owner, app, relay, jobs } = rolesOf(service);
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [database]);
  const name = escapeIdentifier(database);
  if (rowCount) return;
  // A superuser makes a database for another without being a member of that role.
  await admin.query(`create database ${name} owner ${escapeIdentifier(owner)}`);
  await admin.query(`revoke all on database ${name} from public`);
  await admin.query(`grant connect on database ${name} to ${[app, relay, jobs].map(escapeIdentifier).join(', ')}`);
  await admin.query(`grant create on database ${name} to ${escapeIdentifier(jobs)}`);
}

/** The jobs' own schema, and the one function through which commands add to it. */
async function prepareJobs(url: string, { service }: DatabasePlan): Promise<void> {
  await runMigrations({ connectionString: url, logger: jobsLog });
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`
      create or replace function graphile_worker.schedule(specs json) returns void language plpgsql security definer set search_path = ''
        -- graphile-worker's statements are planned once a session, most likely while its table is nearly empty; without this
        -- they would go on reading all of it, for each job added, when it is not empty any more.
        set enable_seqscan = off as $$
      begin
        -- Whoever adds a job adds it for the operator whose rows it may write.
        if exists (select from json_array_elements(specs) as spec
                   where spec->'payload'->>'operator' is distinct from current_setting('app.operator')) then
          raise insufficient_privilege using message = 'a job is added for the operator of its transaction only';
        end if;
        perform graphile_worker.add_jobs(array(
          select row(spec->>'identifier', spec->'payload', null, (spec->>'run_at')::timestamptz, 1000, spec->>'job_key', null, null)
            ::graphile_worker.job_spec
          from json_array_elements(specs) as spec));
      end $$;
      revoke all on all functions in schema graphile_worker from public;
      grant usage on schema graphile_worker to ${service}_app;
      grant execute on function graphile_worker.schedule(json) to ${service}_app`);
  } finally {
    await client.end();
  }
}

/** Runs each .sql file once, all or nothing, and remembers it; the bookkeeping is MikroORM's. */
async function migrate(url: string, { service, folders }: DatabasePlan): Promise<string[]> {
  const migrationsList = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.sql'))
      .sort()
      .map((file) => ({
        name: file,
        class: migrationOf(readFileSync(join(folder, file), 'utf8').replaceAll('{service}', service)),
      })),
  );
  const orm = await MikroORM.init({
    clientUrl: url,
    entities: [],
    logger: () => {},
    extensions: [Migrator],
    discovery: { warnWhenNoEntities: false },
    migrations: { migrationsList, tableName: 'migration', allOrNothing: true, snapshot: false },
  });
  try {
    const done = await orm.migrator.up();
    return done.map(({ name }) => name);
  } finally {
    await orm.close(true);
  }
}

function migrationOf(text: string) {
  return class extends Migration {
    override up(): void {
      this.addSql(text);
    }
  };
}
