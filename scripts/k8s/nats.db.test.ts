import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsOptions } from '@jonction/events';
import { freePort, natsUrlFor, provisionStreams, spawnChild, speakers } from '@jonction/stack';
import { eventually } from '@jonction/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Broken, type Stage, stage } from './broken.ts';
import { certificatesIn } from './certificates.ts';
import { type Secrets, secretsOf } from './given.ts';

const secret = 'a secret of thirty-two characters';
const folder = mkdtempSync(join(tmpdir(), 'jonction-nats-k8s-'));
const parts = new AsyncDisposableStack();
let on: Stage;
let certificates: Secrets;

beforeAll(async () => {
  on = await stage();
  certificates = await certificatesIn(join(folder, 'certificates'));
}, 180_000);
afterAll(async () => {
  await parts.disposeAsync();
  rmSync(folder, { recursive: true });
});

type Server = { client: number; monitor: number; cluster: number };

/**
 * Starts one server of the StatefulSet on what the overlay gives it: its own files, with the ports and folders of this machine
 * in the place of those of a pod.
 */
async function startServer(overlay: string, at: number, servers: Server[]): Promise<void> {
  const { data = {} } = new Broken(on, overlay).the('ConfigMap', 'nats');
  const home = join(folder, overlay, String(at));
  mkdirSync(join(home, 'etc/tls'), { recursive: true });
  const { client, monitor, cluster } = servers[at] as Server;
  const here = (text: string) =>
    text
      .replace('port: 4222', `host: 127.0.0.1\nport: ${client}`)
      .replace('http: 8222', `http: 127.0.0.1:${monitor}`)
      .replace('port: 6222', `host: 127.0.0.1\n  port: ${cluster}`)
      .replace(/nats-(\d)\.nats-servers:6222/g, (_, other) => `localhost:${servers[Number(other)]?.cluster}`)
      .replaceAll('/etc/nats/', `${home}/etc/`)
      .replaceAll('/data/', `${home}/`);
  for (const [file, text] of Object.entries(data)) writeFileSync(join(home, 'etc', file), here(text));
  for (const [file, text] of Object.entries(certificates['nats-tls'] ?? {}))
    writeFileSync(join(home, 'etc/tls', file), text);
  const operator = (await secretsOf(secret))['nats-operator']?.['operator.json'] ?? '';
  writeFileSync(join(home, 'etc/operator.json'), operator);
  const args = ['-c', join(home, 'etc/nats.conf')];
  const env = { ...process.env, POD_NAME: `nats-${at}` };
  const logFile = join(home, 'log');
  parts.use(await spawnChild({ name: 'nats-server', command: inject('natsBinary'), args, env, cwd: home, logFile }));
}

const portsOf = async (): Promise<Server> => ({
  client: await freePort(),
  monitor: await freePort(),
  cluster: await freePort(),
});

const logOf = (overlay: string, at: number) => readFileSync(join(folder, overlay, String(at), 'log'), 'utf8');

/** A connection as the provisioner, who trusts our authority and no other. */
const provisioner = ({ client }: Server, ca = certificates['jonction-ca']?.['ca.crt']) =>
  connect({
    ...natsOptions(natsUrlFor(`nats://localhost:${client}`, 'provisioner', secret)),
    ...(ca && { tls: { ca } }),
    reconnect: false,
    timeout: 2_000,
  });

test('three servers of the overlay join by certificate, and hold each stream three times', async () => {
  const servers = [await portsOf(), await portsOf(), await portsOf()];
  for (const at of servers.keys()) await startServer('production', at, servers);
  const [first] = servers as [Server];
  const nats = parts.adopt(await eventually(() => provisioner(first), { withinMs: 20_000, everyMs: 200 }), (it) =>
    it.close(),
  );
  const done = await eventually(async () => provisionStreams(nats, await speakers(), 3), {
    withinMs: 30_000,
    everyMs: 500,
  });
  expect(done, logOf('production', 0)).toContain('stream membership');
  const { config, cluster } = await (await jetstreamManager(nats)).streams.info('membership');
  expect(config.num_replicas).toBe(3);
  expect([cluster?.leader, ...(cluster?.replicas ?? []).map(({ name }) => name)].sort()).toEqual([
    'nats-0',
    'nats-1',
    'nats-2',
  ]);
  // The probes of the StatefulSet, asked as the node asks them.
  for (const path of ['/healthz', '/healthz?js-server-only=true', '/healthz?js-enabled-only=true'])
    await eventually(async () => expect((await fetch(`http://127.0.0.1:${first.monitor}${path}`)).status).toBe(200));
}, 90_000);

test('one server of dev starts alone; who does not know our authority is not let in', async () => {
  const servers = [await portsOf()];
  await startServer('dev', 0, servers);
  const [first] = servers as [Server];
  const nats = await eventually(() => provisioner(first), { withinMs: 20_000, everyMs: 200 });
  expect(await provisionStreams(nats, await speakers())).toContain('stream membership');
  await nats.close();
  await expect(provisioner(first, '')).rejects.toThrow(/self-signed|unable to (get|verify)|certificate/i);
}, 60_000);
