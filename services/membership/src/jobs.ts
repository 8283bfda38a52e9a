import { carryMerge } from './jobs/carry-merge.ts';
import { endMembership } from './jobs/end-membership.ts';
import { noteOverdue } from './jobs/note-overdue.ts';

/** What membership does by itself, when its time comes. */
export const jobs = {
  'end-membership': endMembership,
  'note-overdue': noteOverdue,
  'carry-merge': carryMerge,
};
