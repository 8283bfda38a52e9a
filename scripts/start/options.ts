import { parseArgs } from 'node:util';
import { serviceNames } from '@jonction/stack';
import { dataDir } from '../console/config.ts';

export const HELP = `Starts Jonction: PostgreSQL, nats-server, the console and every service, each a process of its own.

  npm start [-- options]

  --day      plays another short day, even if one was played
  --fresh    removes the data first, and begins anew
  --exit     stops by itself once it is ready
  --help     prints this

Environment:
  DATA_DIR       where the data are kept (.data)
  PORT_BASE      moves every port: PostgreSQL, NATS, console, then the services, from this one on
  DATABASE_URL   an administrator's address of a PostgreSQL to use instead of starting one
  NATS_URL       a nats-server to use instead of starting one; its users must be those of npm run provision
Ctrl-C stops everything. The data stay for the next start.
`;

export interface Ports {
  postgres: number;
  nats: number;
  console: number;
  grpc: Record<string, number>;
}

export interface StartOptions {
  dir: string;
  day: boolean;
  fresh: boolean;
  exit: boolean;
  ports: Ports;
}

/** The options of one start, or a text to print: the help, or what is wrong with them. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): StartOptions | { text: string; mistake: boolean } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      args,
      options: { day: flag, fresh: flag, exit: flag, help: { ...flag, short: 'h' } },
    });
    if (values.help) return { text: HELP, mistake: false };
    const { day, fresh, exit } = values;
    return { dir: dataDir(env), day, fresh, exit, ports: portsFrom(env.PORT_BASE, env.CONSOLE_PORT) };
  } catch (error) {
    return { text: `${(error as Error).message}\nnpm start -- --help says more.\n`, mistake: true };
  }
}

function portsFrom(base: string | undefined, consolePort: string | undefined): Ports {
  const names = serviceNames();
  if (!base) {
    const grpc = Object.fromEntries(names.map((name, at) => [name, 50_051 + at]));
    return { postgres: 54_329, nats: 42_229, console: Number(consolePort || 4_318), grpc };
  }
  const first = Number(base);
  if (!Number.isInteger(first) || first < 1_024 || first > 65_000)
    throw new Error(`PORT_BASE must be a port from 1024 to 65000, not "${base}".`);
  const grpc = Object.fromEntries(names.map((name, at) => [name, first + 3 + at]));
  return { postgres: first, nats: first + 1, console: first + 2, grpc };
}
