import { carryMerge } from './jobs/carry-merge.ts';
import { endMembership } from './jobs/end-membership.ts';
import { noteOverdue } from './jobs/note-overdue.ts';
import { warnExpiring } from './jobs/warn-expiring.ts';

/** What membership does by itself, when its time comes. */
export const jobs = {
  'end-membership': endMembership,
  'warn-expiring': warnExpiring,
  'note-overdue': noteOverdue,
  'carry-merge': carryMerge,
};
