import { accessSubscriptions } from '@jonction/commands';
import {
  ApplicationApproved,
  MemberAdmitted,
  MemberExcluded,
  MemberReinstated,
  MemberSuspended,
  MemberWithdrawn,
} from '@jonction/contracts';
import { on } from '@jonction/events';
import { onApplicationApproved } from './handlers/on-application-approved.ts';
import { onMemberAdmitted } from './handlers/on-member-admitted.ts';
import { closeMember, reopenMember } from './handlers/on-member-suspended.ts';

/** What procurement hears. */
export const subscriptions = [
  on(ApplicationApproved, onApplicationApproved),
  on(MemberAdmitted, onMemberAdmitted),
  on(MemberSuspended, closeMember),
  on(MemberReinstated, reopenMember),
  on(MemberWithdrawn, closeMember),
  on(MemberExcluded, closeMember),
  ...accessSubscriptions,
];
