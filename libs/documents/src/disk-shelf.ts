import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Disk, DriveDirectory, DriveFile } from 'flydrive';
import { incomingKey } from './key.ts';
import type { Found, Shelf } from './shelf.ts';

/**
 * Documents on a disk of flydrive, S3 in the first place, in a bucket of their own. What the store has accepted is taken
 * to be durable: true of S3, not of flydrive's driver for folders (open a folder with `{ folder }`).
 */
export function diskShelf(disk: Disk): Shelf {
  return {
    disk,
    keep: (key, chunks, size) => keep(disk, key, chunks, size),
    list: () => list(disk),
    discard: (key, before) => discard(disk, key, before),
  };
}

/**
 * Sent under a passing name, then moved by the store itself. A document already there is replaced by the same bytes:
 * an object store has no other way to make it young again.
 */
async function keep(disk: Disk, key: string, chunks: AsyncIterable<Uint8Array>, size: number): Promise<void> {
  const incoming = incomingKey(randomUUID());
  const body = Readable.from(chunks, { objectMode: false });
  try {
    await disk.putStream(incoming, body, { contentLength: size });
    // The store answers when it has `size` bytes, perhaps before the hash of the last of them is known.
    await finished(body);
    await disk.move(incoming, key);
  } catch (error) {
    await disk.delete(incoming).catch(() => {}); // what remains is swept; the first error is the one to tell
    throw body.errored ?? error;
  }
}

async function* list(disk: Disk): AsyncGenerator<Found> {
  let page: string | undefined;
  do {
    const listed = await disk.listAll('/', { recursive: true, ...(page ? { paginationToken: page } : {}) });
    for (const found of listed.objects) {
      if (isFile(found)) yield { key: found.key, modifiedAt: (await found.getMetaData()).lastModified };
    }
    page = listed.paginationToken;
  } while (page);
}

/**
 * An object store cannot move aside and judge after, as a folder can. A document sent again between the look and the
 * removal, a few milliseconds, would be lost: sweep at an hour when nobody sends what was given up days before.
 */
async function discard(disk: Disk, key: string, before: Date): Promise<boolean> {
  if (!(await disk.exists(key))) return false;
  if ((await disk.getMetaData(key)).lastModified >= before) return false;
  await disk.delete(key);
  return true;
}

function isFile(found: DriveFile | DriveDirectory): found is DriveFile {
  return found.isFile;
}
