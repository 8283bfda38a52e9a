import { startJobs, startRunner } from '@jonction/commands';
import {
  ContributionServiceDefinition,
  IdentityServiceDefinition,
  MembershipLifeServiceDefinition,
  MembershipServiceDefinition,
  MergeServiceDefinition,
  PeopleServiceDefinition,
  TerritoryServiceDefinition,
} from '@jonction/contracts';
import { startEvents } from '@jonction/events';
import { identifyBy, listen, openDatabase, runUntilSignal } from '@jonction/service';
import { otherServices } from './clients/other-services.ts';
import { readManifests } from './commands/manifest.ts';
import { welcomeOperators } from './commands/welcome-operators.ts';
import { type Config, readConfig } from './config.ts';
import { tables } from './db/tables.ts';
import { tellSettled } from './jobs/tell-settled.ts';
import { jobs } from './jobs.ts';
import { rememberEntitlements } from './queries/entitlement-memory.ts';
import { contributionRpc, identityRpc, lifeRpc, mergeRpc, peopleRpc, rpc, territoryRpc } from './rpc.ts';
import { subscriptions } from './subscriptions.ts';

/** Starts membership, part by part; disposing what it returns stops them in reverse order. */
export async function start(config: Config) {
  await using parts = new AsyncDisposableStack();
  const database = parts.use(await openDatabase({ url: config.APP_DATABASE_URL, entities: tables }));
  const settled = parts.use(tellSettled(config.RELAY_DATABASE_URL));
  parts.use(
    startEvents(database, {
      natsUrl: config.NATS_URL,
      relayUrl: config.RELAY_DATABASE_URL,
      context: 'membership',
      subscriptions,
      connected: settled.answerOn,
    }),
  );
  await welcomeOperators(database, readManifests(config.OPERATORS_DIR), new Date());
  parts.use(startJobs(database, config.JOBS_DATABASE_URL, jobs));
  const others = parts.use(otherServices(config));
  const runner = startRunner(database, { batch: config.COMMAND_BATCH });
  const entitlements = rememberEntitlements(database);
  const { port } = parts.use(
    await listen({
      host: config.GRPC_HOST,
      port: config.GRPC_PORT,
      domain: 'membership',
      identify: identifyBy(config.OIDC_ISSUER, config.OIDC_AUDIENCE),
      reflection: config.GRPC_REFLECTION === 'on',
      services: [
        { definition: MembershipServiceDefinition, routes: rpc(database, runner) },
        { definition: TerritoryServiceDefinition, routes: territoryRpc(database, runner) },
        { definition: MembershipLifeServiceDefinition, routes: lifeRpc(database, runner) },
        { definition: IdentityServiceDefinition, routes: identityRpc(database, runner, entitlements) },
        { definition: PeopleServiceDefinition, routes: peopleRpc(database, runner) },
        { definition: ContributionServiceDefinition, routes: contributionRpc(database, runner) },
        { definition: MergeServiceDefinition, routes: mergeRpc(database, runner, others.all) },
      ],
    }),
  );
  // Last started, first stopped: who follows is told the end, for the server waits for calls under way.
  parts.use(entitlements);
  const running = parts.move();
  return { port, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

if (import.meta.main) await runUntilSignal(() => start(readConfig()));
