export { type Child, type ChildOptions, type Exit, type Restartable, spawnChild } from './child.ts';
export { fromDebian } from './debian.ts';
export { type Nats, type NatsOptions, type NatsUser, startNats } from './nats.ts';
export { accountKeys, ackSubjects, natsUrlFor, operatorMode, pushAccount } from './nats-accounts.ts';
export { findNatsServer, type NatsBinary } from './nats-binary.ts';
export { type Claims, claimsOf, keyOf, newUserKey, seedOf, sign } from './nats-keys.ts';
export { endOrphans, processMark, recordChild } from './orphans.ts';
export {
  environmentOf,
  normsDir,
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
export { givenPostgres, POSTGRES_SETTINGS, type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
export { removePostgresData } from './postgres-data.ts';
export { type Prefecture, type PrefectureOptions, startPrefecture } from './prefecture.ts';
export { type Service, type ServiceOptions, startService } from './service.ts';
export { fetchInto, firstOf, orElse, type Progress, readIfThere, run } from './system.ts';
export { provisionStreams, type Speaker } from './topology.ts';
