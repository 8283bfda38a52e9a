import { type Runner, routesOf } from '@jonction/commands';
import {
  type AdmitMembersRequest,
  type AdmitMembersResponse,
  ContributionServiceDefinition as contributions,
  IdentityServiceDefinition as identity,
  MembershipLifeServiceDefinition as life,
  MembershipServiceDefinition as membership,
  MergeServiceDefinition as merges,
  PeopleServiceDefinition as people,
  type RecordChangesRequest,
  type RecordChangesResponse,
  type RenewCouncilsRequest,
  type RenewCouncilsResponse,
  TerritoryServiceDefinition as territory,
} from '@jonction/contracts';
import type { Database, Routes } from '@jonction/service';
import type { OtherService } from './clients/other-services.ts';
import { admitMember } from './commands/admit-member.ts';
import { adoptSchedule } from './commands/adopt-schedule.ts';
import { appointRepresentative } from './commands/appoint-representative.ts';
import { assessContributions } from './commands/assess-contributions.ts';
import { cancelMerge } from './commands/cancel-merge.ts';
import { closeVintage } from './commands/close-vintage.ts';
import { endMandate } from './commands/end-mandate.ts';
import { enrolAgent } from './commands/enrol-agent.ts';
import { grantEntitlement } from './commands/grant-entitlement.ts';
import { grantSigningDelegation } from './commands/grant-signing-delegation.ts';
import { recordChange } from './commands/record-change.ts';
import { recordMandate } from './commands/record-mandate.ts';
import { recordSize } from './commands/record-size.ts';
import { recordStep } from './commands/record-step.ts';
import { renewCouncil } from './commands/renew-council.ts';
import { revokeEntitlement } from './commands/revoke-entitlement.ts';
import { revokeSigningDelegation } from './commands/revoke-signing-delegation.ts';
import { settleContribution } from './commands/settle-contribution.ts';
import { startMerge } from './commands/start-merge.ts';
import { checkEntitlement } from './queries/check-entitlement.ts';
import { checkSigningRight } from './queries/check-signing-right.ts';
import type { Entitlements } from './queries/entitlement-memory.ts';
import { explainContribution } from './queries/explain-contribution.ts';
import { getClaims } from './queries/get-claims.ts';
import { getMember } from './queries/get-member.ts';
import { getMerge } from './queries/get-merge.ts';
import { getSize } from './queries/get-size.ts';
import { listAgents } from './queries/list-agents.ts';
import { listMandates } from './queries/list-mandates.ts';
import { listMembers } from './queries/list-members.ts';
import { listMerges } from './queries/list-merges.ts';
import { listOrganizations } from './queries/list-organizations.ts';
import { listSchedules } from './queries/list-schedules.ts';
import { listSigningBoard } from './queries/list-signing-board.ts';
import { listSteps } from './queries/list-steps.ts';
import { listVotes } from './queries/list-votes.ts';
import { previewMerge } from './queries/preview-merge.ts';
import { resolveIdentifier } from './queries/resolve-identifier.ts';
import { searchOrganizations } from './queries/search-organizations.ts';
import { simulateSchedule } from './queries/simulate-schedule.ts';
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

/** Who may sign, and who speaks for a member. */
export function peopleRpc(database: Database, runner: Runner): Routes<typeof people> {
  const { command, bulk, query } = routesOf(people, database, runner);
  return {
    recordMandate: command('recordMandate', 'membership.mandates', recordMandate),
    endMandate: command('endMandate', 'membership.mandates', endMandate),
    renewCouncil: command('renewCouncil', 'membership.mandates', renewCouncil),
    renewCouncils: bulk('renewCouncil', 'membership.mandates', renewCouncil, {
      request: (item: RenewCouncilsRequest) => item.council,
      done: (requestId, renewed): RenewCouncilsResponse => ({
        requestId,
        outcome: { $case: 'renewed', value: renewed },
      }),
      refused: (requestId, refusal) => ({ requestId, outcome: { $case: 'refusal', value: refusal } }),
    }),
    grantSigningDelegation: command('grantSigningDelegation', 'membership.mandates', grantSigningDelegation),
    revokeSigningDelegation: command('revokeSigningDelegation', 'membership.mandates', revokeSigningDelegation),
    appointRepresentative: command('appointRepresentative', 'membership.mandates', appointRepresentative),
    checkSigningRight: query('checkSigningRight', 'membership.read', checkSigningRight),
    listMandates: query('listMandates', 'membership.read', listMandates),
    listSigningBoard: query('listSigningBoard', 'membership.read', listSigningBoard),
  };
}

/** What members pay. */
export function contributionRpc(database: Database, runner: Runner): Routes<typeof contributions> {
  const { command, query, stream } = routesOf(contributions, database, runner);
  return {
    adoptSchedule: command('adoptSchedule', 'membership.contributions', adoptSchedule),
    listSchedules: query('listSchedules', 'membership.read', listSchedules),
    simulateSchedule: stream('simulateSchedule', 'membership.contributions', simulateSchedule),
    explainContribution: query('explainContribution', 'membership.read', explainContribution),
    assessContributions: command('assessContributions', 'membership.contributions', assessContributions),
    settleContribution: command('settleContribution', 'membership.contributions', settleContribution),
    recordSize: command('recordSize', 'membership.contributions', recordSize),
    getSize: query('getSize', 'membership.read', getSize),
  };
}

/** Operations on the territory that concern several bodies and all services. */
export function mergeRpc(database: Database, runner: Runner, others: OtherService[]): Routes<typeof merges> {
  const { asking, command, query } = routesOf(merges, database, runner);
  return {
    previewMerge: asking('previewMerge', 'membership.territory', previewMerge(others)),
    startMerge: command('startMerge', 'membership.territory', startMerge),
    cancelMerge: command('cancelMerge', 'membership.territory', cancelMerge),
    getMerge: query('getMerge', 'membership.territory', getMerge),
    listMerges: query('listMerges', 'membership.territory', listMerges),
  };
}
