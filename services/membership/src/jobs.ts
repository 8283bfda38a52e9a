import { carryMerge } from './jobs/carry-merge.ts';
import { endMembership } from './jobs/end-membership.ts';

/** What membership does by itself, when its time comes. */
export const jobs = {
  'end-membership': endMembership,
  'carry-merge': carryMerge,
};
