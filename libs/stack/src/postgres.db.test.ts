import { spawn } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from './ports.ts';
import { givenPostgres, type Postgres, startPostgres } from './postgres.ts';
import { removePostgresData } from './postgres-data.ts';

const isRoot = process.getuid?.() === 0;
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jonction-postgres-'));
  chmodSync(dir, 0o755);
});
afterEach(async () => {
  await removePostgresData(join(dir, 'data'));
  rmSync(dir, { recursive: true, force: true });
});

async function start(lines: string[] = []): Promise<Postgres> {
  const progress = (line: string) => void lines.push(line);
  const options = { dir: join(dir, 'data'), port: await freePort(), logFile: join(dir, 'log'), progress };
  return startPostgres({ ...options, settings: { shared_buffers: '16MB' } });
}

async function ask(url: string, text: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat().map(String);
  } finally {
    await client.end();
  }
}

test('it is durable, checks its pages, and keeps what was written through kill -9, a restart and another start', async () => {
  {
    await using postgres = await start();
    await ask(postgres.adminUrl, 'create table kept (line text)');
    await ask(postgres.adminUrl, "insert into kept values ('one')");
    const settings = ['fsync', 'synchronous_commit', 'data_checksums', 'shared_buffers', 'max_connections'];
    const shown = await Promise.all(settings.map((name) => ask(postgres.adminUrl, `show ${name}`)));
    expect(shown.flat()).toEqual(['on', 'on', 'on', '16MB', '200']);
    await postgres.kill9();
    await expect(ask(postgres.adminUrl, 'select 1')).rejects.toThrow();
    await postgres.start();
    await ask(postgres.adminUrl, "insert into kept values ('two')");
    await postgres.restart();
  }
  await using again = await start();
  expect(await ask(again.adminUrl, 'select line from kept order by line')).toEqual(['one', 'two']);
});

test('letters with accents have their other case, and order does not depend on the system', async () => {
  await using postgres = await start();
  expect(await ask(postgres.adminUrl, "select lower('ÉTÉ'), 'Z' < 'a', current_setting('timezone')")).toEqual([
    'été',
    'true',
    'UTC',
  ]);
});

test('only the password opens it, only its owner reads the password, and only this machine reaches it', async () => {
  await using postgres = await start();
  const wrong = new URL(postgres.adminUrl);
  wrong.password = 'wrong';
  await expect(ask(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
  expect(statSync(join(dir, 'data.password')).mode & 0o777).toBe(0o600);
  expect(
    await ask(
      postgres.adminUrl,
      "select current_setting('listen_addresses'), current_setting('unix_socket_directories')",
    ),
  ).toEqual(['127.0.0.1', '']);
});

test('a pid file that names a program which is not PostgreSQL does not stop the start', async () => {
  await (await start()).stop();
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore', ...(isRoot && { uid: 65534, gid: 65534 }) });
  const file = join(realpathSync(join(dir, 'data')), 'postmaster.pid');
  writeFileSync(file, `${stranger.pid}\n${join(dir, 'data')}\n0\n5432\n\n\n`, { mode: 0o666 });
  await using postgres = await start();
  expect(readFileSync(file, 'utf8')).toMatch(`${postgres.pid}\n`);
  expect(stranger.exitCode).toBeNull();
  stranger.kill();
});

test('data without their password, or with another, are told instead of tried for minutes', async () => {
  await (await start()).stop();
  writeFileSync(join(dir, 'data.password'), 'another');
  await expect(start()).rejects.toThrow(/refuses the password kept beside its data/);
  rmSync(join(dir, 'data.password'));
  await expect(start()).rejects.toThrow(/data\.password is missing.*restore it, or remove the data/);
});

test('a server given by its URL is used and never ended; one that does not answer is named', async () => {
  await using postgres = await start();
  const given = await givenPostgres(postgres.adminUrl);
  await given.stop();
  await expect(given.kill9()).rejects.toThrow('not ours');
  expect(await ask(given.adminUrl, 'select 1')).toEqual(['1']);
  const nobody = `postgresql://postgres:x@127.0.0.1:${await freePort()}/postgres`;
  await expect(givenPostgres(nobody)).rejects.toThrow(
    /DATABASE_URL \(127\.0\.0\.1\) does not let us in: .*ECONNREFUSED/,
  );
});

test.skipIf(!isRoot)(
  'root, in a folder closed to others: it runs as nobody, the data lie elsewhere, a line says where',
  async () => {
    chmodSync(dir, 0o700);
    const lines: string[] = [];
    {
      await using postgres = await start(lines);
      await ask(postgres.adminUrl, 'create table kept ()');
      expect(statSync(`/proc/${postgres.pid}`).uid).toBe(65534);
    }
    const real = realpathSync(join(dir, 'data'));
    expect(lstatSync(join(dir, 'data')).isSymbolicLink()).toBe(true);
    expect(lines.join('\n')).toMatch(`PostgreSQL keeps its data in ${real}`);
    {
      await using again = await start();
      expect(await ask(again.adminUrl, "select to_regclass('kept')")).toEqual(['kept']);
    }
    await removePostgresData(join(dir, 'data'));
    expect(lstatSync(real, { throwIfNoEntry: false })).toBeUndefined();
  },
);
