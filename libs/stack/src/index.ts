export { type Child, type ChildOptions, type Exit, type Restartable, spawnChild } from './child.ts';
export { acquireLock, type Lock, seekSecrets } from './lock.ts';
export { type Nats, type NatsOptions, type NatsUser, startNats } from './nats.ts';
export { findNatsServer, type NatsBinary } from './nats-binary.ts';
export {
  environmentOf,
  natsUrlFor,
  natsUsers,
  type PlatformAddress,
  passwordOf,
  planOf,
  provisionPlatform,
  ROOT,
  type ServiceSettings,
  serviceNames,
  snake,
  speakers,
} from './platform.ts';
export { claimPort, freePort } from './ports.ts';
export { givenPostgres, type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
export { removePostgresData } from './postgres-data.ts';
export { type Prefecture, type PrefectureOptions, startPrefecture } from './prefecture.ts';
export { type Service, type ServiceOptions, startService } from './service.ts';
export type { Progress } from './system.ts';
export { provisionStreams, type Speaker } from './topology.ts';
