import type { Disk } from 'flydrive';

/** Something found on a shelf: a document, or what an upload has left. */
export type Found = { key: string; modifiedAt: Date };

/** Where documents stand. flydrive reads, looks and removes alike everywhere; keeping for good differs. */
export type Shelf = {
  disk: Disk;
  /**
   * Keeps the chunks under `key`, all or nothing: when it resolves they survive a power cut, when it rejects (with the
   * error of the chunks, or with its own) nothing is left. A document already there is left as it is, made young again.
   */
  keep(key: string, chunks: AsyncIterable<Uint8Array>, size: number): Promise<void>;
  /** Everything on the shelf, the documents of one operator after those of another. */
  list(): AsyncIterable<Found>;
  /** Removes what was last modified before `before`; false if it is gone or has been made young meanwhile. */
  discard(key: string, before: Date): Promise<boolean>;
};
