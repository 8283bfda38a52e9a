import { log } from '@jonction/service';
import { Logger } from 'graphile-worker';

/** graphile-worker's own lines, in ours; neither a payload nor an exception's words are among them. */
export const jobsLog = new Logger(() => (level, message) => {
  if (level === 'error' || level === 'warning')
    log.warn({ event: 'jobs', level, message: message.split(/ with error|\n/)[0]?.slice(0, 120) });
});
