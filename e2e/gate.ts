import type { TestDatabase } from '@jonction/testing';
import { eventually } from '@jonction/testing';
import { Client } from 'pg';
import { inject } from 'vitest';

/** What a transaction writes when it is held back: rows of a table, `when` a condition in SQL on NEW and OLD. */
export interface Place {
  table: string;
  on: 'insert' | 'update';
  when: string;
}

export interface Gate {
  /** Resolves when a transaction stands before the gate: whatever came before it is committed, and it is not. */
  reached(): Promise<void>;
  /** Lets pass who still lives, and takes the gate away. */
  open(): Promise<void>;
}

const KEY = 180_180;

/** Closes a gate in one database: the first transaction that writes such a row waits in the middle of it. */
export async function closeGate(database: TestDatabase, { table, on, when }: Place): Promise<Gate> {
  const url = new URL(inject('adminUrl'));
  url.pathname = `/${database.name}`;
  const keeper = new Client({ connectionString: url.href });
  await keeper.connect();
  await keeper.query('select pg_advisory_lock($1)', [KEY]);
  await keeper.query(`
    create or replace function gate() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(${KEY});
      return new;
    end $$`);
  await keeper.query(
    `create trigger gate before ${on} on ${table} for each row when (${when}) execute function gate()`,
  );
  return {
    reached: async () => {
      const waiting = `select from pg_locks where locktype = 'advisory' and objid = ${KEY} and not granted
        and database = (select oid from pg_database where datname = current_database())`;
      await eventually(
        async () => {
          if ((await keeper.query(waiting)).rows.length === 0) throw new Error(`nobody writes ${table} when ${when}`);
        },
        { withinMs: 20_000 },
      );
    },
    open: async () => {
      await keeper.query('select pg_advisory_unlock($1)', [KEY]);
      await keeper.query(`drop trigger gate on ${table}`);
      await keeper.end();
    },
  };
}
