import type { Documents } from '@jonction/documents';
import { type Database, defect, inOperator, log, sql, transact } from '@jonction/service';

/** Much longer than the longest upload, and than any time between a document and the row that names it. */
const OLD_MS = 2 * 86_400_000;
const EVERY_MS = 86_400_000;

/** Removes what refused and broken uploads have left: documents that no act names. Gives how many. */
export async function sweepDocuments(database: Database, documents: Documents, olderThanMs = OLD_MS): Promise<number> {
  const removed = await documents.sweep({ olderThanMs, isNamed: (keys) => namedOf(database, keys) });
  if (removed.length > 0) log.info({ event: 'documents swept', removed: removed.length });
  return removed.length;
}

/** Sweeps now and once a day until disposed. Two replicas may do so at once: each looks again before it removes. */
export function startSweeping(database: Database, documents: Documents): AsyncDisposable {
  let under: Promise<void> = Promise.resolve();
  const sweep = () => {
    under = sweepDocuments(database, documents).then(
      () => {},
      (error) => log.warn({ event: 'documents not swept', ...defect(error) }),
    );
  };
  sweep();
  const timer = setInterval(sweep, EVERY_MS);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await under;
    },
  };
}

/** Those of an operator's keys (`<operator>/<sha256>`) that an act names. */
async function namedOf(database: Database, keys: string[]): Promise<Set<string>> {
  const [operator = ''] = keys[0]?.split('/') ?? [];
  const hashes = keys.map((key) => key.slice(operator.length + 1));
  const em = inOperator(database, operator);
  return transact(em, async () => {
    const query = 'select distinct document_sha256 as hash from act where operator = $1 and document_sha256 = any ($2)';
    const rows = await sql<{ hash: string }>(em, query, [operator, hashes]);
    return new Set(rows.map(({ hash }) => `${operator}/${hash}`));
  });
}
