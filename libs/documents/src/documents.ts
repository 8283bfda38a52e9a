import type { Readable } from 'node:stream';
import type { Disk } from 'flydrive';
import { type Announced, checkAnnounced, checked } from './checked.ts';
import { diskShelf } from './disk-shelf.ts';
import { folderShelf } from './folder-shelf.ts';
import { documentKey } from './key.ts';
import { DocumentMissing } from './refusal.ts';
import { type SweepOptions, sweep } from './sweep.ts';

/** A document that is kept: its key `<operator>/<sha256>`, its size in bytes, its SHA-256 in hexadecimal. */
export type KeptDocument = { key: string; size: number; sha256: string };

/**
 * The documents of all operators. Every method throws a TypeError for an operator that is not made of a-z, 0-9 and `-`,
 * or a SHA-256 that is not 64 lower-case hexadecimal digits.
 */
export type Documents = {
  /**
   * Keeps a document, in one pass and with one chunk in memory. When it resolves, the document survives a power cut:
   * only then may a transaction name it. The same document again keeps the one file; another operator has its own.
   *
   * @throws DocumentRefusal if the bytes are not what was announced; any other error is the store's
   */
  put(operator: string, stream: AsyncIterable<Uint8Array>, announced: Announced): Promise<KeptDocument>;
  /** @throws DocumentMissing if the operator has no such document */
  read(operator: string, sha256: string): Promise<Readable>;
  exists(operator: string, sha256: string): Promise<boolean>;
  /** Removes a document at once, named or not. Removing what is not there is no error. */
  remove(operator: string, sha256: string): Promise<void>;
  /** Removes old documents that nobody names and what broken uploads have left; returns the keys removed. */
  sweep(options: SweepOptions): Promise<string[]>;
};

/** Opens the documents kept in a local folder (made if it is missing) or on a disk of flydrive such as S3. */
export function openDocuments(place: { folder: string } | { disk: Disk }): Documents {
  const shelf = 'folder' in place ? folderShelf(place.folder) : diskShelf(place.disk);
  return {
    async put(operator, stream, announced) {
      const { sha256, size } = announced;
      const key = documentKey(operator, sha256);
      checkAnnounced(announced);
      await shelf.keep(key, checked(stream, announced), size);
      return { key, size, sha256 };
    },
    async read(operator, sha256) {
      const key = documentKey(operator, sha256);
      if (!(await shelf.disk.exists(key))) throw new DocumentMissing(key);
      return shelf.disk.getStream(key);
    },
    exists: async (operator, sha256) => shelf.disk.exists(documentKey(operator, sha256)),
    remove: async (operator, sha256) => shelf.disk.delete(documentKey(operator, sha256)),
    sweep: (options) => sweep(shelf, options),
  };
}
