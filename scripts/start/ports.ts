import { serviceNames } from '@jonction/stack';

/** Where each part of an embedded run listens, on 127.0.0.1. */
export type Ports = {
  postgres: number;
  nats: number;
  console: number;
  prefecture: number;
  /** By folder of services/. */
  services: Record<string, number>;
};

/** What moves each port, and where it is without. Below 32768: from there on Linux draws the ports of connections. */
const SETTINGS = {
  postgres: { variable: 'PG_PORT', usual: 25_432, step: 0 },
  nats: { variable: 'NATS_PORT', usual: 24_222, step: 1 },
  console: { variable: 'CONSOLE_PORT', usual: 4_318, step: 2 },
  prefecture: { variable: 'PREFECTURE_PORT', usual: 24_350, step: 3 },
  services: { variable: 'GRPC_PORT', usual: 50_051, step: 10 },
} as const;

/** The first services keep the ports that the documents name; another takes the next one. */
const FIRST = ['membership', 'procurement', 'dce-library'];

/** The variable that moves a part, for the one who finds its port taken. */
export const variableOf = (part: keyof typeof SETTINGS): string => SETTINGS[part].variable;

/**
 * The ports of a run: its own variable, else PORT_BASE and a step, else the usual one. Services follow each other from
 * GRPC_PORT on. Throws an Error that names the variable that is no port.
 */
export function portsOf(env: NodeJS.ProcessEnv, names = serviceNames()): Ports {
  const given = portIn(env, 'PORT_BASE');
  const portOf = (part: keyof typeof SETTINGS) => {
    const { variable, usual, step } = SETTINGS[part];
    return portIn(env, variable) ?? (given === undefined ? usual : given + step);
  };
  const ordered = [...FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !FIRST.includes(name))];
  const first = portOf('services');
  return {
    postgres: portOf('postgres'),
    nats: portOf('nats'),
    console: portOf('console'),
    prefecture: portOf('prefecture'),
    services: Object.fromEntries(ordered.map((name, at) => [name, first + at])),
  };
}

function portIn(env: NodeJS.ProcessEnv, variable: string): number | undefined {
  const text = env[variable];
  if (!text) return undefined;
  // Room for what follows it: a base and its steps stay ports.
  if (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) <= 65_500) return Number(text);
  throw new Error(`${variable} must be a port, from 1 to 65500, not "${text}".`);
}
