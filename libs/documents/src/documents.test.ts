import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Documents, openDocuments } from './index.ts';

const HOUR = 3_600_000;
const words = Buffer.from('Règlement de la consultation');
const nobody = async () => new Set<string>();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'documents-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function* inChunks(bytes: Uint8Array, chunkSize = 8): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
}

function announce(bytes: Uint8Array) {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, maxBytes: 1_000_000 };
}

/** Every file of the folder, by its path from there. */
async function files(): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

async function makeOld(key: string, hours = 48): Promise<void> {
  const then = new Date(Date.now() - hours * HOUR);
  await utimes(join(folder, key), then, then);
}

const places: [string, () => Documents][] = [
  ['a folder', () => openDocuments({ folder })],
  [
    'a flydrive disk',
    () => openDocuments({ disk: new Disk(new FSDriver({ location: folder, visibility: 'private' })) }),
  ],
];

describe.each(places)('in %s', (_, open) => {
  test('a document that was put is there, and is read back as it was', async () => {
    const documents = open();
    const announced = announce(words);
    const kept = await documents.put('bfc', inChunks(words), announced);
    expect(kept).toEqual({ key: `bfc/${announced.sha256}`, size: words.length, sha256: announced.sha256 });
    expect(await documents.exists('bfc', announced.sha256)).toBe(true);
    expect(await buffer(await documents.read('bfc', announced.sha256))).toEqual(words);
    expect(await files()).toEqual([kept.key]);
  });

  test('what is read is what was put, whatever the bytes and however they are cut', async () => {
    const documents = open();
    const chunks = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(chunks, async (parts) => {
        const bytes = Buffer.concat(parts);
        fc.pre(bytes.length > 0);
        const { sha256 } = await documents.put('bfc', fromList(parts), announce(bytes));
        expect(await buffer(await documents.read('bfc', sha256))).toEqual(bytes);
      }),
      { numRuns: 40 },
    );
  });

  test('bytes that are not what was announced are refused with the reason, and nothing is left', async () => {
    const documents = open();
    const right = announce(words);
    const last = words.length - 1;
    const refused = (bytes: Uint8Array, announced: object) =>
      expect(documents.put('bfc', inChunks(bytes), { ...right, ...announced })).rejects;
    await refused(words, { sha256: 'a'.repeat(64) }).toMatchObject({ reason: 'HASH_MISMATCH' });
    await refused(words, { size: words.length + 1 }).toMatchObject({ reason: 'SIZE_MISMATCH' });
    await refused(words, { size: last }).toMatchObject({ reason: 'SIZE_MISMATCH' });
    await refused(words.subarray(0, last), {}).toMatchObject({ reason: 'SIZE_MISMATCH' });
    await refused(words, { maxBytes: last }).toMatchObject({ reason: 'TOO_LARGE' });
    await refused(words, { size: Number.NaN }).toMatchObject({ reason: 'EMPTY' });
    await refused(words, { maxBytes: Number.NaN }).toMatchObject({ reason: 'TOO_LARGE' });
    await refused(words.subarray(0, 0), { size: 0 }).toMatchObject({ reason: 'EMPTY' });
    await refused(words.subarray(0, 0), {}).toMatchObject({ reason: 'EMPTY' });
    expect(await files()).toEqual([]);
  });

  test('a stream that is cut is refused with its error as the cause, and nothing is left', async () => {
    const cut = new Error('the connection was reset');
    async function* broken() {
      yield* inChunks(words.subarray(0, 16));
      throw cut;
    }
    const put = open().put('bfc', broken(), announce(words));
    await expect(put).rejects.toMatchObject({ name: 'DocumentRefusal', reason: 'INTERRUPTED', cause: cut });
    expect(await files()).toEqual([]);
  });

  test('a stream that does not end is cut at the first byte too many, and told to stop', async () => {
    let sent = 0;
    let stopped = false;
    async function* endless() {
      try {
        for (;;) {
          sent += 10;
          yield new Uint8Array(10);
        }
      } finally {
        stopped = true;
      }
    }
    const put = open().put('bfc', endless(), { ...announce(words), size: 95 });
    await expect(put).rejects.toMatchObject({ reason: 'SIZE_MISMATCH' });
    expect({ sent, stopped }).toEqual({ sent: 100, stopped: true });
  });

  test('each operator has its own copy, and one does not see the other', async () => {
    const documents = open();
    const announced = announce(words);
    await documents.put('bfc', inChunks(words), announced);
    expect(await documents.exists('idf', announced.sha256)).toBe(false);
    await expect(documents.read('idf', announced.sha256)).rejects.toMatchObject({
      name: 'DocumentMissing',
      key: `idf/${announced.sha256}`,
    });
    await documents.put('idf', inChunks(words), announced);
    await documents.remove('bfc', announced.sha256);
    await documents.remove('bfc', announced.sha256);
    expect(await files()).toEqual([`idf/${announced.sha256}`]);
  });

  test('no operator and no hash can name a file elsewhere', async () => {
    const documents = open();
    const { sha256 } = announce(words);
    await writeFile(join(folder, 'secret'), 'secret');
    for (const operator of ['..', '.', '', '/', 'bfc/..', '_incoming', 'BFC', 'bfc\0', 'bfc\n', 'é', 'a'.repeat(64)]) {
      await expect(documents.put(operator, inChunks(words), announce(words)), operator).rejects.toThrow(TypeError);
      await expect(documents.read(operator, sha256), operator).rejects.toThrow(TypeError);
    }
    for (const hash of [
      '../secret',
      'secret',
      '',
      sha256.toUpperCase(),
      `${sha256}/`,
      `${sha256}\n`,
      `../${sha256.slice(3)}`,
    ]) {
      await expect(documents.put('bfc', inChunks(words), { ...announce(words), sha256: hash })).rejects.toThrow(
        TypeError,
      );
      await expect(documents.exists('bfc', hash), hash).rejects.toThrow(TypeError);
      await expect(documents.remove('bfc', hash), hash).rejects.toThrow(TypeError);
    }
    expect(await files()).toEqual(['secret']);
  });

  test('a sweep removes what is old and not named, and nothing else', async () => {
    const documents = open();
    const put = async (text: string) =>
      (await documents.put('bfc', inChunks(Buffer.from(text)), announce(Buffer.from(text)))).key;
    const [named, orphan, young] = [await put('named'), await put('orphan'), await put('young')];
    await mkdir(join(folder, '_incoming'), { recursive: true });
    const leftover = '_incoming/left-by-a-crash';
    const running = '_incoming/an-upload-that-goes-on';
    const foreign = 'bfc/notes.txt';
    for (const key of [leftover, running, foreign]) await writeFile(join(folder, key), 'x');
    for (const key of [named, orphan, leftover, foreign]) await makeOld(key);

    const asked: string[] = [];
    const isNamed = async (keys: string[]) => {
      asked.push(...keys);
      return new Set([named]);
    };
    const removed = await documents.sweep({ olderThanMs: 24 * HOUR, isNamed });

    expect(removed.sort()).toEqual([leftover, orphan].sort());
    expect(asked.sort()).toEqual([named, orphan].sort());
    expect((await files()).sort()).toEqual([named, young, running, foreign].sort());
  });

  test('a sweep asks for the keys of one operator at a time', async () => {
    const documents = open();
    for (const operator of ['bfc', 'idf']) {
      for (const text of ['a', 'b']) {
        const kept = await documents.put(operator, inChunks(Buffer.from(text)), announce(Buffer.from(text)));
        await makeOld(kept.key);
      }
    }
    const asked: string[] = [];
    const isNamed = async (keys: string[]) => {
      asked.push(keys.map((key) => key.slice(0, 3)).join());
      return new Set(keys);
    };
    expect(await documents.sweep({ olderThanMs: HOUR, isNamed })).toEqual([]);
    expect(asked.sort()).toEqual(['bfc,bfc', 'idf,idf']);
  });

  test('a sweep whose question fails removes nothing', async () => {
    const documents = open();
    const { key } = await documents.put('bfc', inChunks(words), announce(words));
    await makeOld(key);
    const isNamed = () => Promise.reject(new Error('no database'));
    await expect(documents.sweep({ olderThanMs: HOUR, isNamed })).rejects.toThrow('no database');
    expect(await files()).toEqual([key]);
  });
});

describe('in a folder only', () => {
  test('twenty uploads of one document at once make one file', async () => {
    const documents = openDocuments({ folder });
    const bytes = Buffer.alloc(200_000, 'dossier');
    const uploads = Array.from({ length: 20 }, () => documents.put('bfc', inChunks(bytes, 4_096), announce(bytes)));
    const keys = new Set((await Promise.all(uploads)).map((kept) => kept.key));
    expect(keys.size).toBe(1);
    expect(await files()).toEqual([...keys]);
    expect(await readFile(join(folder, `${[...keys]}`))).toEqual(bytes);
  });

  test('the same document again does not write the file again, and makes it young', async () => {
    const documents = openDocuments({ folder });
    const { key } = await documents.put('bfc', inChunks(words), announce(words));
    await makeOld(key);
    const before = await stat(join(folder, key));
    await documents.put('bfc', inChunks(words), announce(words));
    const after = await stat(join(folder, key));
    expect(after.ino).toBe(before.ino);
    expect(after.mtimeMs - before.mtimeMs).toBeGreaterThan(24 * HOUR);
    expect(await documents.sweep({ olderThanMs: 24 * HOUR, isNamed: nobody })).toEqual([]);
  });

  test('a document sent again while a sweep takes it away is there afterwards', async () => {
    const documents = openDocuments({ folder });
    const { key } = await documents.put('bfc', inChunks(words), announce(words));
    for (let round = 0; round < 150; round++) {
      await makeOld(key);
      const sweep = documents.sweep({ olderThanMs: HOUR, isNamed: nobody });
      await Promise.all([sweep, documents.put('bfc', inChunks(words, 1 + (round % 28)), announce(words))]);
      expect(await files()).toEqual([key]);
    }
  });

  test('a fault of the store is not taken for a fault of the sender', async () => {
    const documents = openDocuments({ folder });
    await rm(join(folder, '_incoming'), { recursive: true });
    await expect(documents.put('bfc', inChunks(words), announce(words))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('the folder is made with its parents, and nobody else may read what it holds', async () => {
    const deep = join(folder, 'a', 'b');
    const { key } = await openDocuments({ folder: deep }).put('bfc', inChunks(words), announce(words));
    expect((await stat(join(deep, key))).mode & 0o777).toBe(0o600);
    expect((await stat(join(deep, 'bfc'))).mode & 0o777).toBe(0o700);
  });

  test('a folder that is not ours is not entered', async () => {
    const documents = openDocuments({ folder });
    await mkdir(join(folder, 'lost+found'));
    const stray = `lost+found/${'a'.repeat(64)}`;
    await writeFile(join(folder, stray), 'x');
    await makeOld(stray);
    expect(await documents.sweep({ olderThanMs: HOUR, isNamed: nobody })).toEqual([]);
    expect(await files()).toEqual([stray]);
  });
});

/** A disk that, like S3, answers as soon as it has the number of bytes it was told of, without waiting for the end. */
class HastyDriver extends FSDriver {
  override putStream(key: string, contents: Readable, options?: { contentLength?: number }): Promise<void> {
    return new Promise((resolve) => {
      const chunks: Uint8Array[] = [];
      contents.on('data', (chunk) => {
        chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        if (bytes.length !== options?.contentLength) return;
        mkdirSync(join(folder, '_incoming'), { recursive: true });
        writeFileSync(join(folder, key), bytes);
        resolve();
      });
    });
  }
}

test('on a store that answers before the hash is known, a wrong document is refused all the same', async () => {
  const documents = openDocuments({ disk: new Disk(new HastyDriver({ location: folder, visibility: 'private' })) });
  const wrong = { ...announce(words), sha256: 'a'.repeat(64) };
  await expect(documents.put('bfc', inChunks(words), wrong)).rejects.toMatchObject({ reason: 'HASH_MISMATCH' });
  expect(await files()).toEqual([]);
  await documents.put('bfc', inChunks(words), announce(words));
  expect(await files()).toEqual([`bfc/${announce(words).sha256}`]);
});

async function* fromList(parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
