import { type Runner, routesOf } from '@jonction/commands';
import { ShelfServiceDefinition as shelves } from '@jonction/contracts';
import type { Database, Routes } from '@jonction/service';
import { getShelf } from './queries/get-shelf.ts';
import { listRunning } from './queries/list-running.ts';
import { listShelves } from './queries/list-shelves.ts';

/** What the library is asked, and the right each needs. */
export function rpc(database: Database, runner: Runner): Routes<typeof shelves> {
  const { query } = routesOf(shelves, database, runner);
  return {
    getShelf: query('getShelf', 'dce.read', getShelf),
    listRunning: query('listRunning', 'dce.read', listRunning),
    listShelves: query('listShelves', 'dce.read', listShelves),
  };
}
