import { INCOMING, isDocumentKey } from './key.ts';
import type { Shelf } from './shelf.ts';

const BATCH = 500;

export type SweepOptions = {
  /**
   * Nothing younger is touched. A document is kept before the transaction that names it, so this must be much longer
   * than the longest time between the two, and than the longest upload: days, not minutes.
   */
  olderThanMs: number;
  /**
   * Which of these keys the service still names. Called with up to 500 keys, all of one operator. It must see every
   * row of that operator: a document that it does not return is removed for ever.
   */
  isNamed: (keys: string[]) => Promise<Set<string>>;
};

/** Removes old documents that nobody names and what broken uploads have left; returns the keys removed. */
export async function sweep(shelf: Shelf, { olderThanMs, isNamed }: SweepOptions): Promise<string[]> {
  const before = new Date(Date.now() - olderThanMs);
  const removed: string[] = [];
  for await (const keys of oldKeys(shelf, before)) {
    const named = isDocumentKey(keys[0] ?? '') ? await isNamed(keys) : new Set();
    for (const key of keys) {
      if (!named.has(key) && (await shelf.discard(key, before))) removed.push(key);
    }
  }
  return removed;
}

/** The keys last modified before `before`, in batches of one operator each; files that are not ours are passed over. */
async function* oldKeys(shelf: Shelf, before: Date): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const { key, modifiedAt } of shelf.list()) {
    if (modifiedAt >= before || !(isDocumentKey(key) || ownerOf(key) === INCOMING)) continue;
    if (batch.length === BATCH || (batch[0] && ownerOf(batch[0]) !== ownerOf(key))) {
      yield batch;
      batch = [];
    }
    batch.push(key);
  }
  if (batch.length > 0) yield batch;
}

/** The first word of a key: an operator, or `_incoming`. */
function ownerOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
