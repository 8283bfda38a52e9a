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

/** Reads the environment once; throws a ConfigError that lists every mistake. */
export function readSettings<S extends z.ZodRawShape>(
  shape: S,
  environment: Record<string, string | undefined>,
): z.infer<z.ZodObject<S>> {
  const read = z.object(shape).safeParse(environment);
  if (read.success) return read.data;
  const mistakes = read.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`the environment needs correcting:\n${mistakes.join('\n')}`);
}

export { z };
