import { closeAtDeadline } from './jobs/close-at-deadline.ts';
import { publishAtTime } from './jobs/publish-at-time.ts';

/** What procurement does by itself, when its time comes. */
export const jobs = {
  'close-at-deadline': closeAtDeadline,
  'publish-at-time': publishAtTime,
};
