import { accessSubscriptions } from '@jonction/commands';
import {
  ApplicationApproved,
  MandateEnded,
  MandateStarted,
  MemberAdmitted,
  MemberExcluded,
  MemberReinstated,
  MemberSuspended,
  MemberWithdrawn,
  MergeBegun,
  MergeCancelled,
  OrganizationIdentifierChanged,
  OrganizationRenamed,
  OrganizationsMerged,
  OrganizationsSplit,
  SigningDelegationGranted,
  SigningDelegationRevoked,
} from '@jonction/contracts';
import { on } from '@jonction/events';
import { onApplicationApproved } from './handlers/on-application-approved.ts';
import { onMandateEnded } from './handlers/on-mandate-ended.ts';
import { onMandateStarted } from './handlers/on-mandate-started.ts';
import { onMemberAdmitted } from './handlers/on-member-admitted.ts';
import { closeMember, reopenMember } from './handlers/on-member-suspended.ts';
import { onMergeBegun } from './handlers/on-merge-begun.ts';
import { onMergeCancelled } from './handlers/on-merge-cancelled.ts';
import { onOrganizationIdentifierChanged } from './handlers/on-organization-identifier-changed.ts';
import { onOrganizationRenamed } from './handlers/on-organization-renamed.ts';
import { onOrganizationsMerged } from './handlers/on-organizations-merged.ts';
import { onOrganizationsSplit } from './handlers/on-organizations-split.ts';
import { onSigningDelegationGranted } from './handlers/on-signing-delegation-granted.ts';
import { onSigningDelegationRevoked } from './handlers/on-signing-delegation-revoked.ts';

/** What teletransmission hears. */
export const subscriptions = [
  on(ApplicationApproved, onApplicationApproved),
  on(MemberAdmitted, onMemberAdmitted),
  on(MemberSuspended, closeMember),
  on(MemberReinstated, reopenMember),
  on(MemberWithdrawn, closeMember),
  on(MemberExcluded, closeMember),
  on(MandateStarted, onMandateStarted),
  on(MandateEnded, onMandateEnded),
  on(SigningDelegationGranted, onSigningDelegationGranted),
  on(SigningDelegationRevoked, onSigningDelegationRevoked),
  on(OrganizationRenamed, onOrganizationRenamed),
  on(OrganizationIdentifierChanged, onOrganizationIdentifierChanged),
  on(MergeBegun, onMergeBegun),
  on(MergeCancelled, onMergeCancelled),
  on(OrganizationsMerged, onOrganizationsMerged),
  on(OrganizationsSplit, onOrganizationsSplit),
  ...accessSubscriptions,
];
