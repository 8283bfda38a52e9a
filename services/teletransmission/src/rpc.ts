import { type Runner, routesOf } from '@jonction/commands';
import { ActServiceDefinition as acts } from '@jonction/contracts';
import type { Documents } from '@jonction/documents';
import type { Database, Routes } from '@jonction/service';
import { type CatchUp, depositAct } from './commands/deposit-act.ts';
import { markActPublished } from './commands/mark-act-published.ts';
import { getAct } from './queries/get-act.ts';
import { listActs } from './queries/list-acts.ts';
import { listRunning } from './queries/list-running.ts';

/** What the acts need beside the database. */
export interface Surroundings {
  documents: Documents;
  catchUp: CatchUp;
}

/** What teletransmission is asked, and the right each needs. */
export function rpc(database: Database, runner: Runner, around: Surroundings): Routes<typeof acts> {
  const { command, query, upload } = routesOf(acts, database, runner);
  return {
    depositAct: upload('depositAct', 'teletransmission.deposit', depositAct(around)),
    markActPublished: command('markActPublished', 'teletransmission.deposit', markActPublished),
    getAct: query('getAct', 'teletransmission.read', getAct),
    listRunning: query('listRunning', 'teletransmission.read', listRunning),
    listActs: query('listActs', 'teletransmission.read', listActs),
  };
}
