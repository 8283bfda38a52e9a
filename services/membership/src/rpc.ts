import { type Runner, routesOf } from '@jonction/commands';
import {
  type AdmitMembersRequest,
  type AdmitMembersResponse,
  IdentityServiceDefinition as identity,
  MembershipLifeServiceDefinition as life,
  MembershipServiceDefinition as membership,
  type RecordChangesRequest,
  type RecordChangesResponse,
  TerritoryServiceDefinition as territory,
} from '@jonction/contracts';
import type { Database, Routes } from '@jonction/service';
import { admitMember } from './commands/admit-member.ts';
import { closeVintage } from './commands/close-vintage.ts';
import { enrolAgent } from './commands/enrol-agent.ts';
import { grantEntitlement } from './commands/grant-entitlement.ts';
import { recordChange } from './commands/record-change.ts';
import { recordStep } from './commands/record-step.ts';
import { revokeEntitlement } from './commands/revoke-entitlement.ts';
import { checkEntitlement } from './queries/check-entitlement.ts';
import type { Entitlements } from './queries/entitlement-memory.ts';
import { getClaims } from './queries/get-claims.ts';
import { getMember } from './queries/get-member.ts';
import { listAgents } from './queries/list-agents.ts';
import { listMembers } from './queries/list-members.ts';
import { listOrganizations } from './queries/list-organizations.ts';
import { listSteps } from './queries/list-steps.ts';
import { listVotes } from './queries/list-votes.ts';
import { resolveIdentifier } from './queries/resolve-identifier.ts';
import { searchOrganizations } from './queries/search-organizations.ts';
import { watchEntitlements } from './queries/watch-entitlements.ts';

/** What membership is asked, and the right each needs. */
export function rpc(database: Database, runner: Runner): Routes<typeof membership> {
  const { command, bulk, query } = routesOf(membership, database, runner);
  return {
    admitMember: command('admitMember', 'membership.admit', admitMember),
    admitMembers: bulk('admitMember', 'membership.admit', admitMember, {
      request: (item: AdmitMembersRequest) => item.member,
      done: (requestId, admitted): AdmitMembersResponse => ({
        requestId,
        outcome: { $case: 'admitted', value: admitted },
      }),
      refused: (requestId, refusal) => ({ requestId, outcome: { $case: 'refusal', value: refusal } }),
    }),
    getMember: query('getMember', 'membership.read', getMember),
    listMembers: query('listMembers', 'membership.read', listMembers),
    resolveIdentifier: query('resolveIdentifier', 'membership.read', resolveIdentifier),
    enrolAgent: command('enrolAgent', 'membership.agents', enrolAgent),
    listAgents: query('listAgents', 'membership.agents', listAgents),
    grantEntitlement: command('grantEntitlement', 'membership.agents', grantEntitlement),
    revokeEntitlement: command('revokeEntitlement', 'membership.agents', revokeEntitlement),
  };
}

/** What happens to public bodies in time. */
export function territoryRpc(database: Database, runner: Runner): Routes<typeof territory> {
  const { command, bulk, query } = routesOf(territory, database, runner);
  return {
    recordChange: command('recordChange', 'membership.territory', recordChange),
    recordChanges: bulk('recordChange', 'membership.territory', recordChange, {
      request: (item: RecordChangesRequest) => item.change,
      done: (requestId, recorded): RecordChangesResponse => ({
        requestId,
        outcome: { $case: 'recorded', value: recorded },
      }),
      refused: (requestId, refusal) => ({ requestId, outcome: { $case: 'refusal', value: refusal } }),
    }),
    closeVintage: command('closeVintage', 'membership.territory', closeVintage),
    listOrganizations: query('listOrganizations', 'membership.read', listOrganizations),
    searchOrganizations: query('searchOrganizations', 'membership.read', searchOrganizations),
  };
}

/** The life of memberships. */
export function lifeRpc(database: Database, runner: Runner): Routes<typeof life> {
  const { command, query } = routesOf(life, database, runner);
  return {
    recordStep: command('recordStep', 'membership.admit', recordStep),
    listSteps: query('listSteps', 'membership.read', listSteps),
    listVotes: query('listVotes', 'membership.read', listVotes),
  };
}

/** What applications ask of the identity base. */
export function identityRpc(database: Database, runner: Runner, entitlements: Entitlements): Routes<typeof identity> {
  const { query, stream } = routesOf(identity, database, runner);
  return {
    checkEntitlement: checkEntitlement(database, entitlements),
    watchEntitlements: stream('watchEntitlements', 'identity.read', watchEntitlements(entitlements)),
    getClaims: query('getClaims', 'identity.read', getClaims),
  };
}
