import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Contract,
  isPublishable,
  type Judge,
  judgeBy,
  type Norms,
  publishFiles,
  repaired,
} from '@jonction/norms/decp';
import { acquireLock } from '../start/lock.ts';
import { Mistake } from '../start/running.ts';
import { contractsIn, dayOf, openNorms, say, tell, tellUnreadable } from './files.ts';

/** Publishes files into a folder of monthly files, those of each buyer or those of all under one name. */
export async function publish(args: string[]): Promise<number> {
  const { values, positionals: files } = parseArgs({
    args,
    allowPositionals: true,
    options: { to: { type: 'string' }, name: { type: 'string' }, today: { type: 'string' } },
  });
  const { to: folder, name } = values;
  if (!folder || files.length === 0)
    throw new Mistake('say where to publish (--to FOLDER) and which files. --help says more.');
  if (name !== undefined && !/^[a-z0-9-]{1,32}$/.test(name))
    throw new Mistake(`--name "${name}" is made of a-z, 0-9 and -.`);
  const norms = openNorms();
  const taken: Taken = { left: 0, unreadable: false };
  await using _lock = await acquireLock(join(folder, '.publishing'), tell);
  const contracts = publishable(files, norms, { judge: judgeBy(norms, dayOf(values.today)), taken });
  const nameOf = (contract: Contract) => name ?? buyerOf(contract);
  const { written, unchanged, refused } = await publishFiles(contracts, { folder, nameOf });
  for (const { id, reasons } of refused) await say(JSON.stringify({ id, published: false, reasons }));
  for (const file of written) tell(`written: ${file}`);
  tell(
    `${written.length} files written, ${unchanged.length} unchanged, ${taken.left + refused.length} contracts left out.`,
  );
  if (taken.unreadable) return 2;
  return taken.left + refused.length > 0 ? 1 : 0;
}

interface Taken {
  left: number;
  unreadable: boolean;
}

/** The contracts of the files as the Ministry will publish them; those that it would not are said, and left out. */
async function* publishable(files: string[], norms: Norms, { judge, taken }: { judge: Judge; taken: Taken }) {
  for (const file of files) {
    try {
      for await (const read of contractsIn(file, norms)) {
        const verdict = judge.judge(read);
        if (isPublishable(verdict)) {
          yield repaired(read.kind, read.record, verdict);
          continue;
        }
        taken.left++;
        await say(JSON.stringify({ id: verdict.id, published: false, reasons: verdict.reasons }));
      }
    } catch (error) {
      tellUnreadable(file, error);
      taken.unreadable = true;
    }
  }
}

function buyerOf(contract: Contract): string {
  return contract.kind === 'marche' ? contract.record.acheteur.id : contract.record.autoriteConcedante.id;
}
