import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { type Child, type Restartable, restartable, type Supervision, spawnChild, whenReady } from './child.ts';

export type NatsUser = { user: string; password: string; permissions?: { publish: string[]; subscribe: string[] } };

/** `dir` holds the configuration and the streams; `binary` is the path of nats-server. */
export type NatsOptions = Supervision & {
  dir: string;
  port: number;
  binary: string;
  /** Where monitoring answers over HTTP, when it is wanted. */
  monitorPort?: number;
  /** Who may connect. Absent: everyone on this machine. */
  users?: NatsUser[];
  /** What else nats-server is told: operator mode, accounts, resolver. */
  configuration?: Record<string, unknown>;
};

/** A nats-server with JetStream that answers; `url` is without user or password. */
export type Nats = Restartable & { url: string; port: number; storeDir: string };

/** Starts nats-server on 127.0.0.1, syncing each message to disk; resolves when JetStream answers. Throws its last lines. */
export async function startNats(options: NatsOptions): Promise<Nats> {
  const { port, monitorPort, users } = options;
  const dir = resolve(options.dir);
  const storeDir = join(dir, 'jetstream');
  const configuration = {
    // Told in its first line, it shows that the server on the port is ours.
    server_name: `jonction-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`,
    host: '127.0.0.1',
    port,
    ...(monitorPort && { http: `127.0.0.1:${monitorPort}` }),
    max_payload: 8 << 20,
    // The sizes are limits, not reservations: the disk ends first.
    jetstream: { store_dir: storeDir, sync_interval: 'always', max_file_store: 2 ** 40, max_memory_store: 256 << 20 },
    ...(users && { authorization: { users } }),
    ...options.configuration,
  };
  const file = join(dir, 'nats-server.json'); // nats-server reads JSON as it is
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(configuration, null, 2), { mode: 0o600 });
  const launched = () => launch(options, file, configuration.server_name);
  return restartable({ url: `nats://127.0.0.1:${port}`, port, storeDir }, launched);
}

async function launch(options: NatsOptions, file: string, name: string): Promise<Child> {
  const child = await spawnChild({ ...options, name: 'nats-server', command: options.binary, args: ['-c', file] });
  return whenReady(child, () => greets(options.port, name), 60_000);
}

/** True when the server on the port is ours and has JetStream, which it opens before its port. */
async function greets(port: number, name: string): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    const [greeting] = await once(socket, 'data', { signal: AbortSignal.timeout(1_000) });
    const { server_name, jetstream } = JSON.parse(String(greeting).slice('INFO '.length));
    return server_name === name && jetstream === true;
  } catch {
    return false; // nobody listens yet, or the line came in two pieces
  } finally {
    socket.destroy();
  }
}
