import { closeAtDeadline } from './jobs/close-at-deadline.ts';

/** What procurement does by itself, when its time comes. */
export const jobs = {
  'close-at-deadline': closeAtDeadline,
};
