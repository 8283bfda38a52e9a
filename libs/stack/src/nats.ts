import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { type Child, type Exit, spawnChild, whenReady } from './child.ts';

export type NatsUser = { user: string; password: string; permissions?: { publish: string[]; subscribe: string[] } };

export type NatsOptions = {
  /** Holds the configuration and the streams. */
  dir: string;
  port: number;
  /** Where HTTP monitoring answers, when wanted. */
  monitorPort?: number;
  logFile: string;
  /** Who may connect. None: everyone on this machine. */
  users?: NatsUser[];
  /** Further configuration of nats-server, as an object: operator mode, accounts, resolver. */
  configuration?: Record<string, unknown>;
  /** Path of nats-server. */
  binary: string;
  ledger?: string | undefined;
  onExit?: (exit: Exit) => void;
};

/** A nats-server with JetStream that runs. Disposing stops it. */
export type Nats = AsyncDisposable & {
  /** Without user or password. */
  url: string;
  port: number;
  /** Undefined when it is stopped. */
  readonly pid: number | undefined;
  storeDir: string;
  /** Kills the server as a power cut would, and resolves when it is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same streams and port. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts nats-server on 127.0.0.1, every stored message synced to disk, and resolves when JetStream answers. Throws with its last lines. */
export async function startNats(options: NatsOptions): Promise<Nats> {
  const dir = resolve(options.dir);
  const storeDir = join(dir, 'jetstream');
  const launch = async () => launchServer(options, await writeConfiguration(options, dir, storeDir), dir);
  let child: Child | undefined = await launch();
  const stop = async () => {
    await child?.stop();
    child = undefined;
  };
  return {
    url: `nats://127.0.0.1:${options.port}`,
    port: options.port,
    storeDir,
    get pid() {
      return child?.pid;
    },
    kill9: async () => {
      child?.kill('SIGKILL');
      await child?.exited;
      child = undefined;
    },
    start: async () => {
      child ??= await launch();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function launchServer(options: NatsOptions, file: string, dir: string): Promise<Child> {
  const { binary, logFile, ledger, onExit, port, monitorPort } = options;
  const child = await spawnChild({ name: 'nats-server', command: binary, args: ['-c', file], logFile, ledger, onExit });
  try {
    await whenReady(
      child,
      async () => ((await introducesItself(port, nameOf(dir))) && (await isHealthy(monitorPort))) || undefined,
      60_000,
    );
    return child;
  } catch (error) {
    await child.stop();
    throw error;
  }
}

async function writeConfiguration(options: NatsOptions, dir: string, storeDir: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { users, monitorPort } = options;
  const configuration = {
    server_name: nameOf(dir),
    host: '127.0.0.1',
    port: options.port,
    ...(monitorPort && { http: `127.0.0.1:${monitorPort}` }),
    max_payload: 8 << 20,
    // The size is a limit, not a reservation: the disk is what ends first.
    jetstream: { store_dir: storeDir, sync_interval: 'always', max_file_store: 2 ** 40, max_memory_store: 256 << 20 },
    ...(users && { authorization: { users } }),
    ...options.configuration,
  };
  const file = join(dir, 'nats-server.json'); // the format of nats-server takes JSON as it is
  await writeFile(file, JSON.stringify(configuration, null, 2), { mode: 0o600 });
  return file;
}

/** Told by the server in its first line: it shows that the one that answers on the port is ours. */
function nameOf(dir: string): string {
  return `jonction-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`;
}

/** True when the server on the port is ours and has JetStream, which it opens before its port. */
function introducesItself(port: number, name: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    let text = '';
    const done = (ready: boolean) => {
      socket.destroy();
      settle(ready);
    };
    socket
      .on('error', () => done(false))
      .on('timeout', () => done(false))
      .on('close', () => done(false));
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
      const info = /^INFO (\{.*\})\s*\r\n/.exec(text)?.[1];
      if (!info) return;
      const { server_name, jetstream } = JSON.parse(info) as { server_name?: string; jetstream?: boolean };
      done(server_name === name && jetstream === true);
    });
  });
}

async function isHealthy(monitorPort: number | undefined): Promise<boolean> {
  if (!monitorPort) return true;
  const answer = await fetch(`http://127.0.0.1:${monitorPort}/healthz`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}
