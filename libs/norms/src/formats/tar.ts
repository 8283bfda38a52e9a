import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { Header, Parser, type ReadEntry } from 'tar';
import { clipped } from '../xml/index.ts';
import { type Look, startLook } from './look.ts';

const MEBIBYTE = 1024 * 1024;
/** 150 MiB: ACTES_ARCHIVE_MAX_SIZE of S2LOW, and what Pastell refuses to send beyond. */
export const MOST_BYTES = 150 * MEBIBYTE;
const MOST_UNPACKED = 2 * MOST_BYTES;
/** Documents are compressed already: an honest archive shrinks by a third, one of drawings by ten. */
const MOST_RATIO = 100;
const RATIO_FROM = 16 * MEBIBYTE;
const MOST_ENTRIES = 1_000;
/** What is kept of XML, file by file and in sum. */
export const MOST_XML = 4 * MEBIBYTE;
const MOST_XML_TOGETHER = 8 * MEBIBYTE;
const NAME = /^[A-Za-z0-9_.-]{1,255}$/;

/** One file of an archive. `bytes` are kept of XML that is not too large, and of everything when all is asked for. */
export interface Entry {
  name: string;
  size: number;
  look: Look;
  bytes: Buffer | undefined;
}

export interface Unpacked {
  entries: Map<string, Entry>;
  faults: Fault[];
  bytes: number;
  sha256: string;
}

/** What is wrong with an archive, and with which of its files. */
export interface Fault {
  code: Stopped | 'ARCHIVE_EMPTY' | 'ARCHIVE_DAMAGED' | 'ENTRY_KIND' | 'ENTRY_PATH' | 'ENTRY_TWICE';
  where: string;
}

type Stopped = 'ARCHIVE_BOMB' | 'ARCHIVE_ENTRIES' | 'ARCHIVE_TOO_LARGE' | 'ARCHIVE_TRAILING';

class Stop extends Error {
  readonly code: Stopped;

  constructor(code: Stopped) {
    super(code);
    this.code = code;
  }
}

/**
 * Reads a tar.gz as it comes, and writes nothing: documents are looked at and forgotten, XML is kept,
 * unless all is to be kept (a mail of the prefecture is small). It stops at the first
 * byte that is beyond a limit. What is wrong is in `faults`; `entries` then holds what was read until there.
 */
export async function unpack(packed: AsyncIterable<Uint8Array>, { keepAll = false } = {}): Promise<Unpacked> {
  const found: Unpacked = { entries: new Map(), faults: [], bytes: 0, sha256: '' };
  const hash = createHash('sha256');
  const parser = new Parser({ strict: true, onReadEntry: (entry) => take(entry, found, keepAll) });
  const stops: unknown[] = [];
  let ended = false;
  parser.on('eof', () => {
    ended = true;
  });
  parser.on('entry', () => {
    if (ended) stops.push(new Stop('ARCHIVE_TRAILING'));
    if (found.entries.size > MOST_ENTRIES) stops.push(new Stop('ARCHIVE_ENTRIES'));
  });
  parser.on('ignoredEntry', (entry: ReadEntry) => found.faults.push(fault('ENTRY_KIND', entry.path)));
  parser.on('error', (error: unknown) => stops.push(error));
  const counted = async function* () {
    for await (const chunk of packed) {
      found.bytes += chunk.length;
      if (found.bytes > MOST_BYTES) throw new Stop('ARCHIVE_TOO_LARGE');
      hash.update(chunk);
      yield chunk;
    }
  };
  try {
    await feed(parser, counted(), { found, stops });
  } catch (error) {
    found.faults.push({ code: error instanceof Stop ? error.code : faultOf(found), where: 'archive' });
  }
  found.sha256 = hash.digest('hex');
  return found;
}

function faultOf({ bytes }: Unpacked) {
  return bytes === 0 ? 'ARCHIVE_EMPTY' : 'ARCHIVE_DAMAGED';
}

/** Unpacks into the parser, which calls back for each entry before `write` returns. */
async function feed(
  parser: Parser,
  packed: AsyncGenerator<Uint8Array>,
  { found, stops }: { found: Unpacked; stops: unknown[] },
): Promise<void> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  const source = Readable.from(packed, { objectMode: false });
  source.on('error', (error) => gunzip.destroy(error));
  let unpacked = 0;
  for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
    // The parser would unpack what is packed twice, and nobody would count.
    if (unpacked === 0 && chunk[0] !== undefined && !isTar(chunk)) throw new Error('no tar');
    unpacked += chunk.length;
    if (unpacked > MOST_UNPACKED || (unpacked > RATIO_FROM && unpacked > MOST_RATIO * found.bytes))
      throw new Stop('ARCHIVE_BOMB');
    parser.write(chunk);
    if (stops.length > 0) throw stops[0];
  }
  // zlib passes over what follows the last member when it begins with a zero.
  if (gunzip.bytesWritten !== found.bytes) throw new Stop('ARCHIVE_TRAILING');
  if (unpacked % 512 !== 0) throw new Error('cut within a block');
  parser.end();
  if (stops.length > 0) throw stops[0];
}

function isTar(chunk: Buffer): boolean {
  return !(chunk[0] === 0x1f && chunk[1] === 0x8b) && chunk.readUInt32BE(0) !== 0x28b52ffd;
}

function take(entry: ReadEntry, { entries, faults }: Unpacked, keepAll: boolean): void {
  const name = entry.path;
  if (entry.type !== 'File' && entry.type !== 'OldFile') faults.push(fault('ENTRY_KIND', name));
  else if (!NAME.test(name)) faults.push(fault('ENTRY_PATH', name));
  else if (entries.has(name)) faults.push(fault('ENTRY_TWICE', name));
  else keep(entry, entries, keepAll);
  entry.resume();
}

function keep(entry: ReadEntry, entries: Map<string, Entry>, all: boolean): void {
  const kept = [...entries.values()].reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
  const whole = all || (/\.xml$/i.test(entry.path) && entry.size <= MOST_XML && kept + entry.size <= MOST_XML_TOGETHER);
  const chunks: Buffer[] = [];
  const look = startLook();
  const one: Entry = { name: entry.path, size: entry.size, look: look.end(), bytes: undefined };
  entries.set(entry.path, one);
  entry.on('data', (chunk: Buffer) => {
    look.take(chunk);
    if (whole) chunks.push(Buffer.from(chunk));
  });
  entry.on('end', () => {
    one.look = look.end();
    if (whole) one.bytes = Buffer.concat(chunks);
  });
}

function fault(code: Fault['code'], path: string): Fault {
  return { code, where: clipped(path, 120) || 'archive' };
}

/** A file to pack. */
export interface PackedFile {
  name: string;
  bytes: Uint8Array;
}

/**
 * Packs files into a flat tar.gz, in their order, with the day of the envelope as their time: the same files give the same
 * bytes. Throws a RangeError beyond 150 MiB.
 */
export async function pack(files: readonly PackedFile[], day: string): Promise<Buffer> {
  const gzip = createGzip({ level: 9 });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of Readable.from(blocksOf(files, new Date(`${day}T00:00:00Z`)), { objectMode: false }).pipe(
    gzip,
  )) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) throw new RangeError(`the archive has more than ${MOST_BYTES} bytes`);
  }
  return Buffer.concat(chunks);
}

function* blocksOf(files: readonly PackedFile[], mtime: Date): Generator<Uint8Array> {
  for (const { name, bytes } of files) {
    const header = new Header({ path: name, mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime, type: 'File' });
    if (header.encode() || !header.block) throw new RangeError(`${name} does not fit into a header of tar`);
    yield header.block;
    if (bytes.length > 0) yield bytes;
    if (bytes.length % 512 > 0) yield Buffer.alloc(512 - (bytes.length % 512));
  }
  yield Buffer.alloc(1024);
}
