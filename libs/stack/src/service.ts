import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { type Child, type Exit, spawnChild, whenReady } from './child.ts';

export type ServiceOptions = {
  /** The project's folder, absolute. */
  root: string;
  /** The folder under services/. */
  name: string;
  /** The whole environment of the process. GRPC_PORT says where it must answer. */
  env: NodeJS.ProcessEnv;
  logFile: string;
  ledger?: string | undefined;
  onExit?: (exit: Exit) => void;
};

/** A service that runs as a process of its own. Disposing stops it. */
export type Service = AsyncDisposable & {
  name: string;
  /** Where its gRPC answers, `127.0.0.1:<port>`. */
  address: string;
  /** Undefined when it is stopped. */
  readonly pid: number | undefined;
  /** Kills it as a power cut would, and resolves when it is gone. */
  kill9(): Promise<void>;
  /** Stops it if it runs, then starts it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts `services/<name>` under this very Node and resolves when its gRPC health is SERVING. Throws with its last 20 lines otherwise. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const address = `127.0.0.1:${options.env.GRPC_PORT}`;
  let child: Child | undefined = await launch(options, address);
  const stop = async () => {
    await child?.stop(15_000);
    child = undefined;
  };
  return {
    name: options.name,
    address,
    get pid() {
      return child?.pid;
    },
    kill9: async () => {
      child?.kill('SIGKILL');
      await child?.exited;
      child = undefined;
    },
    restart: async () => {
      await stop();
      child = await launch(options, address);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function launch({ root, name, env, logFile, ledger, onExit }: ServiceOptions, address: string): Promise<Child> {
  const args = ['--import', '@jonction/service/telemetry', join('services', name, 'src', 'main.ts')];
  const child = await spawnChild({ name, command: process.execPath, args, env, cwd: root, logFile, ledger, onExit });
  // A client of its own each time would do too, but this one must not inherit the long waits that others of the process share.
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 200,
  });
  try {
    await whenReady(child, () => isServing(client), 60_000);
    return child;
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    client.close();
  }
}

/** Asks grpc.health.v1.Health/Check about the whole server. Two bytes are not worth generated code. */
function isServing(client: Client): Promise<true | undefined> {
  const same = (bytes: Buffer) => bytes;
  return new Promise((settle) => {
    const done = (error: Error | null, answer?: Buffer) => settle(!error && answer?.equals(SERVING) ? true : undefined);
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      same,
      same,
      Buffer.alloc(0),
      { deadline: Date.now() + 1_000 },
      done,
    );
  });
}

const SERVING = Buffer.from([0x08, 0x01]); // field 1, status, is 1
