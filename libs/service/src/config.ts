import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './run.ts';

/** What every service is told by its environment. */
export const settings = {
  /** The service's database as its application role. */
  APP_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** The same database as the role that reads the outbox. */
  RELAY_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** The same database as the role that owns the jobs. */
  JOBS_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** NATS with the service's own user. */
  NATS_URL: z.url({ protocol: /^(nats|tls)$/ }),
  GRPC_HOST: z.string().default('127.0.0.1'),
  GRPC_PORT: z.coerce.number().int().min(0).max(65_535),
  /** The OpenID Connect issuer whose tokens are accepted. */
  OIDC_ISSUER: z.url(),
  OIDC_AUDIENCE: z.string().default('jonction'),
  /** Describes the services to tools such as grpcurl; leave it off where strangers can call. */
  GRPC_REFLECTION: z.enum(['on', 'off']).default('off'),
  /** Commands run in one transaction at most; 1 turns grouping off. */
  COMMAND_BATCH: z.coerce.number().int().min(1).max(500).default(128),
};

export type Settings = z.infer<z.ZodObject<typeof settings>>;

/** Reads the environment and its SECRETS_DIR once; throws a ConfigError that lists every mistake. */
export function readSettings<S extends z.ZodRawShape>(
  shape: S,
  environment: Record<string, string | undefined>,
): z.infer<z.ZodObject<S>> {
  const read = z.object(shape).safeParse(withSecrets(environment));
  if (read.success) return read.data;
  const mistakes = read.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`the environment needs correcting:\n${mistakes.join('\n')}`);
}

/**
 * The environment with the files of its SECRETS_DIR, each a setting named as the file. A secret in a file is in no listing of
 * processes and is not handed to children. Throws a ConfigError when it cannot be read, or a setting is given both ways.
 */
export function withSecrets(environment: Record<string, string | undefined>): Record<string, string | undefined> {
  const folder = environment.SECRETS_DIR;
  if (!folder) return environment;
  try {
    // Beside them lie the links by which Kubernetes changes all of them at once: ..data and its like.
    const names = readdirSync(folder).filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name));
    const twice = names.filter((name) => environment[name] !== undefined);
    if (twice.length > 0)
      throw new ConfigError(`${twice.join(', ')}: given by a file of SECRETS_DIR and by the environment; keep one`);
    const read = names.map((name) => [name, readFileSync(join(folder, name), 'utf8').trimEnd()]);
    return { ...environment, ...Object.fromEntries(read) };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`SECRETS_DIR: ${folder} and its files cannot be read (${code}); mount them for this user`);
  }
}

export { z };
