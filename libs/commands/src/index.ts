export {
  accessSubscriptions,
  allow,
  type Caller,
  noteAgent,
  noteGrant,
  noteRevocation,
  noteTransfer,
} from './access.ts';
export { type Job, type OutgoingJob, startJobs } from './jobs.ts';
export { type DatabasePlan, databaseUrl, provisionDatabase, rolesOf } from './migrate.ts';
export { readPage, writePage } from './page.ts';
export { type Asking, type Query, routesOf, type Stream, type Within } from './route.ts';
export { type Command, type CommandContext, type Runner, startRunner } from './runner.ts';
export type { Part, UploadShape } from './upload.ts';
