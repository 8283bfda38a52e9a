import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip, createGzip, gzipSync } from 'node:zlib';
import { Header, Parser, type ReadEntry } from 'tar';
import { clipped } from '../xml/index.ts';
import { type Look, startLook } from './look.ts';

const MEBIBYTE = 1024 * 1024;
const BLOCK = 512;
/** 150 MiB: ACTES_ARCHIVE_MAX_SIZE of S2LOW, and what Pastell refuses to send beyond. */
const MOST_BYTES = 150 * MEBIBYTE;
const MOST_UNPACKED = 2 * MOST_BYTES;
/** Documents are compressed already: an honest archive shrinks by a third, one of drawings by ten. */
const MOST_RATIO = 100;
const RATIO_FROM = 16 * MEBIBYTE;
const MOST_ENTRIES = 1_000;
/** What is kept of XML, file by file and in sum. */
const MOST_XML = 4 * MEBIBYTE;
const MOST_XML_TOGETHER = 8 * MEBIBYTE;
/** What is kept of signed PDFs: a signature is verified over all the bytes, of which that takes two copies. */
const MOST_SIGNED = 6 * MEBIBYTE;
const MOST_SIGNED_TOGETHER = 8 * MEBIBYTE;
/** What is kept when all is asked for: a mail of the prefecture has a letter and its annexes. */
const MOST_KEPT = 32 * MEBIBYTE;
const NAME = /^[A-Za-z0-9_.-]{1,255}$/;
/**
 * Packed in one call, on this thread: to wait for the threads of zlib cost a third of the archives of 116 kB (0.70 against
 * 0.93 of the bare libraries, 2 cores, 2026-11). This many bytes hold the thread for some 6 ms; larger ones are streamed.
 */
const AT_ONCE = 256 * 1024;

/** One file of an archive. `bytes` are kept of XML and of signed PDFs that are not too large, and of all when asked for. */
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
  code: Stopped | 'ARCHIVE_DAMAGED' | 'ENTRY_KIND' | 'ENTRY_PATH' | 'ENTRY_TWICE' | 'ENTRY_BEHIND' | 'END_MISSING';
  where: string;
}

type Stopped = 'ARCHIVE_EMPTY' | 'ARCHIVE_BOMB' | 'ARCHIVE_ENTRIES' | 'ARCHIVE_TOO_LARGE' | 'ARCHIVE_TRAILING';

class Stop extends Error {
  readonly code: Stopped;

  constructor(code: Stopped) {
    super(code);
    this.code = code;
  }
}

/**
 * Reads a tar.gz as it comes, and writes nothing: documents are looked at and forgotten, XML is kept. It stops at the first
 * byte that is beyond a limit. What is wrong is in `faults`; `entries` then holds what was read until there.
 * Throws what the source throws when it cannot be read.
 */
export async function unpack(packed: AsyncIterable<Uint8Array>, { keepAll = false } = {}): Promise<Unpacked> {
  const found: Unpacked = { entries: new Map(), faults: [], bytes: 0, sha256: '' };
  const hash = createHash('sha256');
  const parser = new Parser({ strict: true, onReadEntry: (entry) => take(entry, found, keepAll) });
  const walk: Walk = { stops: [], next: 0, ended: false, lastPacked: -1 };
  parser.on('entry', (entry: ReadEntry) => {
    pass(walk, entry.size);
    if (found.entries.size > MOST_ENTRIES) walk.stops.push(new Stop('ARCHIVE_ENTRIES'));
  });
  parser.on('ignoredEntry', (entry: ReadEntry) => {
    pass(walk, entry.size);
    found.faults.push(fault('ENTRY_KIND', entry.path));
  });
  parser.on('error', (error: unknown) => walk.stops.push(error));
  const counted = async function* () {
    for await (const chunk of packed) {
      walk.lastPacked = lastByte(chunk, found.bytes) ?? walk.lastPacked;
      found.bytes += chunk.length;
      if (found.bytes > MOST_BYTES) throw new Stop('ARCHIVE_TOO_LARGE');
      hash.update(chunk);
      yield chunk;
    }
  };
  try {
    await feed(parser, gunzipped(counted(), found, walk), { faults: found.faults, walk });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall) throw error;
    const code = found.bytes === 0 ? 'ARCHIVE_EMPTY' : 'ARCHIVE_DAMAGED';
    found.faults.push({ code: error instanceof Stop ? error.code : code, where: 'archive' });
  }
  found.sha256 = hash.digest('hex');
  return found;
}

/** How far the parser has come. */
interface Walk {
  /** What made it stop: the first is told. */
  stops: unknown[];
  /** Where the next header is to stand, by those before it; the end, once it has come. */
  next: number;
  /** Whether a block of zeros stood there, where every reader of tar stops. */
  ended: boolean;
  /** Where the last byte of the packed archive stands that is not zero. */
  lastPacked: number;
}

function pass(walk: Walk, size: number): void {
  walk.next += BLOCK * (1 + Math.ceil(size / BLOCK));
}

/** Unpacks, within the limits. */
async function* gunzipped(packed: AsyncGenerator<Uint8Array>, found: Unpacked, walk: Walk): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  const source = Readable.from(packed, { objectMode: false });
  source.on('error', (error) => gunzip.destroy(error));
  let unpacked = 0;
  for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
    // The parser would unpack what is packed twice, and nobody would count.
    if (unpacked === 0 && !isTar(chunk)) throw new Error('no tar');
    unpacked += chunk.length;
    if (isBomb(unpacked, found.bytes)) throw new Stop('ARCHIVE_BOMB');
    yield chunk;
  }
  // zlib passes over what follows the last member when it begins with a zero.
  if (walk.lastPacked >= gunzip.bytesWritten) throw new Stop('ARCHIVE_TRAILING');
}

/**
 * Feeds the parser header by header, which calls back for each entry before `write` returns. It would itself pass over one
 * block of zeros, behind which others read nothing: a file that stands there is hidden from them.
 */
async function feed(
  parser: Parser,
  chunks: AsyncGenerator<Buffer>,
  { faults, walk }: { faults: Fault[]; walk: Walk },
): Promise<void> {
  let size = 0;
  let last = -1;
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    last = lastByte(chunk, size) ?? last;
    size += chunk.length;
    held = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    held = held.subarray(write(parser, held, { from: size - held.length, walk }));
  }
  if (last === -1) throw new Stop('ARCHIVE_EMPTY');
  if (!walk.ended && (size < walk.next || last >= walk.next)) throw new Error('cut within a block');
  parser.end();
  if (walk.stops.length > 0) throw walk.stops[0];
  // GNU tar reads such an archive too, and says so at most: it may have been cut between two files.
  if (size < walk.next + 2 * BLOCK) faults.push({ code: 'END_MISSING', where: 'archive' });
  if (last >= walk.next) faults.push({ code: 'ENTRY_BEHIND', where: 'archive' });
}

/** Writes what it can of these bytes, which stand at `from`, and says how many: less than a block is left. */
function write(parser: Parser, bytes: Buffer, { from, walk }: { from: number; walk: Walk }): number {
  let at = 0;
  while (!walk.ended && at < bytes.length) {
    const rest = walk.next - from - at;
    const step = rest > 0 ? Math.min(rest, bytes.length - at) : BLOCK;
    if (at + step > bytes.length) return at;
    const piece = bytes.subarray(at, at + step);
    at += step;
    if (rest > 0) parser.write(piece);
    else if (lastByte(piece, 0) === undefined) walk.ended = true;
    else writeHeader(parser, piece, walk);
    if (walk.stops.length > 0) throw walk.stops[0];
  }
  if (!walk.ended) return at;
  if (hidesFile(bytes, from, walk.next + BLOCK)) throw new Stop('ARCHIVE_TRAILING');
  return Math.max(0, bytes.length - (BLOCK - 1));
}

function writeHeader(parser: Parser, block: Buffer, walk: Walk): void {
  const { next } = walk;
  parser.write(block);
  // An extended header is no entry: it is told with the one that it describes.
  if (walk.next === next && walk.stops.length === 0) pass(walk, new Header(block, 0).size ?? 0);
}

/** Whether one of these bytes, which stand at `from`, begins a block behind the end that is the header of a file. */
function hidesFile(bytes: Buffer, from: number, end: number): boolean {
  const first = Math.max(0, end - from);
  for (let at = first + ((BLOCK - ((from + first) % BLOCK)) % BLOCK); at + BLOCK <= bytes.length; at += BLOCK) {
    if (bytes[at] !== 0 && isHeader(bytes, at)) return true;
  }
  return false;
}

function isHeader(chunk: Buffer, at: number): boolean {
  try {
    return new Header(chunk, at).cksumValid;
  } catch {
    return false; // what is no number where a header has numbers: archives are often padded with what a buffer held before
  }
}

function isBomb(unpacked: number, packed: number): boolean {
  return unpacked > MOST_UNPACKED || (unpacked > RATIO_FROM && unpacked > MOST_RATIO * packed);
}

/** Where the last byte stands that is not zero. */
function lastByte(chunk: Uint8Array, from: number): number | undefined {
  let at = chunk.length - 1;
  while (at >= 0 && chunk[at] === 0) at -= 1;
  return at < 0 ? undefined : from + at;
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
  const chunks: Buffer[] = [];
  const look = startLook();
  const one: Entry = { name: entry.path, size: entry.size, look: look.end(), bytes: undefined };
  const wanted = wantedOf(one, entries, all);
  entries.set(entry.path, one);
  entry.on('data', (chunk: Buffer) => {
    look.take(chunk);
    if (wanted !== 'no') chunks.push(Buffer.from(chunk));
  });
  entry.on('end', () => {
    one.look = look.end();
    if (wanted === 'yes' || (wanted === 'signed' && one.look.signed)) one.bytes = Buffer.concat(chunks);
  });
}

/** Whether the bytes of an entry are kept: those of a PDF if it turns out to be signed. */
function wantedOf({ name, size }: Entry, entries: Map<string, Entry>, all: boolean): 'yes' | 'signed' | 'no' {
  const fits = (form: RegExp, one: number, together: number) => {
    const kept = [...entries.values()].filter((other) => other.bytes && form.test(other.name));
    return form.test(name) && size <= one && kept.reduce((sum, other) => sum + other.size, size) <= together;
  };
  if (all) return fits(/^/, MOST_KEPT, MOST_KEPT) ? 'yes' : 'no';
  if (fits(/\.xml$/i, MOST_XML, MOST_XML_TOGETHER)) return 'yes';
  return fits(/\.pdf$/i, MOST_SIGNED, MOST_SIGNED_TOGETHER) ? 'signed' : 'no';
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
  const parts = blocksOf(files, new Date(`${day}T00:00:00Z`));
  const together = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (together <= AT_ONCE) return gzipSync(Buffer.concat([...parts]), { level: 9 });
  const blocks = Readable.from(parts, { objectMode: false });
  const gzip = createGzip({ level: 9 });
  blocks.on('error', (error) => gzip.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of blocks.pipe(gzip)) {
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
