import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { link, mkdir, open, opendir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import { INCOMING, incomingKey } from './key.ts';
import type { Found, Shelf } from './shelf.ts';

/**
 * Documents in a local folder, made at once if it is missing, readable by this user alone.
 *
 * Writing is done here rather than by flydrive: its driver for folders never syncs, and its `move` is a copy that a
 * crash can leave half made under the final name.
 */
export function folderShelf(folder: string): Shelf {
  const root = resolve(folder);
  makeRoot(root);
  return {
    disk: new Disk(new FSDriver({ location: root, visibility: 'private' })),
    keep: (key, chunks) => keep(root, key, chunks),
    list: () => list(root),
    discard: (key, before) => discard(root, key, before),
  };
}

async function keep(root: string, key: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const incoming = join(root, incomingKey(randomUUID()));
  const path = join(root, key);
  try {
    await writeFile(incoming, chunks, { flag: 'wx', mode: 0o600, flush: true });
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await nameOnce(incoming, path);
  } finally {
    await rm(incoming, { force: true });
  }
  // Also when the document was there: whoever put it there may not have come to this line yet.
  await syncFolder(dirname(path));
  await syncFolder(root);
}

/**
 * Gives the written file its name, unless a file has it. A link and not a rename: of twenty uploads of one document the
 * first wins, and the file it made is never replaced.
 */
async function nameOnce(incoming: string, path: string): Promise<void> {
  for (;;) {
    const linked = await unlessCode('EEXIST', link(incoming, path));
    if (linked) return;
    const now = new Date();
    const touched = await unlessCode('ENOENT', utimes(path, now, now));
    if (touched) return;
    // A sweep has taken it away between the two lines: the name is free again.
  }
}

async function* list(root: string): AsyncGenerator<Found> {
  for (const folder of await readdir(root, { withFileTypes: true })) {
    // Only what we make is entered: the root of a volume may hold folders that we cannot even read (lost+found).
    if (!folder.isDirectory() || !(folder.name === INCOMING || /^[a-z0-9-]+$/.test(folder.name))) continue;
    for await (const file of await opendir(join(root, folder.name))) {
      const key = `${folder.name}/${file.name}`;
      const modifiedAt = await modifiedTime(join(root, key));
      if (modifiedAt) yield { key, modifiedAt };
    }
  }
}

/**
 * Moved aside first, judged after: if the same document is sent again in that very moment, either its upload finds the
 * name free and takes it, or it has made the file young and the file goes back to its place.
 */
async function discard(root: string, key: string, before: Date): Promise<boolean> {
  const path = join(root, key);
  const aside = join(root, incomingKey(randomUUID()));
  if (!(await unlessCode('ENOENT', rename(path, aside)))) return false;
  const old = (await stat(aside)).mtime < before;
  if (!old) await unlessCode('EEXIST', link(aside, path));
  await rm(aside);
  return old;
}

/** Makes the folder and its parents, and syncs every one that has changed, so that a power cut cannot lose the way. */
function makeRoot(root: string): void {
  const incoming = join(root, INCOMING);
  const firstMade = mkdirSync(incoming, { recursive: true, mode: 0o700 });
  if (!firstMade) return;
  let folder = incoming;
  do {
    folder = dirname(folder);
    const handle = openSync(folder, 'r');
    fsyncSync(handle);
    closeSync(handle);
  } while (folder.length > dirname(firstMade).length);
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function modifiedTime(path: string): Promise<Date | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return found?.mtime;
}

/** Whether the work was done; false if it failed with `code`, which the caller expects. */
async function unlessCode(code: string, work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
}
