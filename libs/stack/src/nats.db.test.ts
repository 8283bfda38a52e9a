import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { startNats } from './nats.ts';
import { findNatsServer } from './nats-binary.ts';
import { freePort } from './ports.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jonction-nats-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const users = [
  { user: 'chief', password: 'with "quotes" and $dollars' },
  { user: 'reader', password: 'r', permissions: { publish: ['_INBOX.>'], subscribe: ['news.>', '_INBOX.>'] } },
];

async function start(more: { monitorPort?: number } = {}) {
  const binary = inject('natsBinary');
  return startNats({ dir, port: await freePort(), logFile: join(dir, 'log'), binary, users, ...more });
}

test('each user enters with its password alone, and does what it may', async () => {
  await using nats = await start();
  const [chief, reader] = users as [(typeof users)[0], (typeof users)[0]];
  for (const pass of ['wrong', '']) {
    await expect(connect({ servers: nats.url, user: 'chief', pass })).rejects.toThrow(/Authorization/i);
  }
  const first = await connect({ servers: nats.url, user: chief.user, pass: chief.password });
  expect(first.info?.max_payload).toBe(8 << 20);
  const second = await connect({ servers: nats.url, user: reader.user, pass: reader.password });
  const refused = (async () => {
    for await (const status of second.status()) if (status.type === 'error') return status.error;
  })();
  second.publish('news.today', 'x');
  expect(String(await refused)).toMatch(/permissions violation/i);
  await Promise.all([first.close(), second.close()]);
});

test('a message that was acknowledged is there after kill -9; the configuration is for its owner alone', async () => {
  await using nats = await start({ monitorPort: await freePort() });
  const login = { servers: nats.url, user: 'chief', pass: users[0]?.password ?? '' };
  const before = await connect(login);
  await (await jetstreamManager(before)).streams.add({ name: 'kept', subjects: ['kept.>'] });
  await jetstream(before).publish('kept.one', 'here');
  await Promise.all([nats.kill9(), before.closed().catch(() => {}), before.close()]);
  await nats.start();
  const after = await connect(login);
  const message = await (await jetstreamManager(after)).streams.getMessage('kept', { seq: 1 });
  expect(message?.string()).toBe('here');
  await after.close();
  expect(statSync(join(dir, 'nats-server.json')).mode & 0o777).toBe(0o600);
});

test('a server that refuses its configuration is told with its last lines', async () => {
  const options = { dir, port: await freePort(), logFile: join(dir, 'log'), binary: inject('natsBinary') };
  const failure = startNats({ ...options, configuration: { jetstream: { sync_interval: 'whenever' } } });
  await expect(failure).rejects.toThrow(/nats-server stopped \(code 1\) before it was ready.*sync_interval/s);
});

test('an older server is skipped with a line saying why, and a newer one on PATH is taken', async () => {
  const old = join(dir, 'old');
  writeFileSync(old, '#!/bin/sh\necho nats-server: v2.10.27\n');
  chmodSync(old, 0o755);
  const folder = join(inject('natsBinary'), '..');
  const lines: string[] = [];
  const env = { NATS_SERVER_BIN: old, PATH: `/nowhere:${folder}`, HOME: dir };
  const found = await findNatsServer({ env, cacheDir: join(dir, 'cache'), progress: (line) => void lines.push(line) });
  expect(found.path).toBe(join(folder, 'nats-server'));
  expect(lines).toEqual([`nats-server 2.14 or newer: ${old} is skipped: its version is 2.10.27`]);
});
