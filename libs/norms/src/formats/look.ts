/** What a file is by its content, and what is wrong with it. */
export interface Look {
  format: 'pdf' | 'png' | 'jpg' | 'xml' | 'unknown';
  fault?: 'EMPTY' | 'LOCKED' | 'CUT' | 'POLYGLOT' | 'DAMAGED';
  /** A PDF in which something calls itself a signature. */
  signed?: true;
}

const HEAD = 1024;
/** An end of central directory of ZIP has a comment of up to 65,535 bytes behind it. */
const TAIL = 66 * 1024;
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
const PNG_END = Buffer.from('0000000049454e44ae426082', 'hex');
const ZIP_END = Buffer.from('504b0506', 'hex');
const JPEG_END = Buffer.from('ffd9', 'hex');
const LOCK = Buffer.from('/Encrypt');
/** Never compressed, for it tells the bytes around itself (ISO 32000-1, 12.8.1). */
const SIGNATURE = Buffer.from('/ByteRange');
const PROGRAM = /<\?php|<script|<html|<!doctype html|__HALT_COMPILER\(\)/i;

/** Looks at a document as it passes: its first and last bytes are kept, and whether a key locks it or signs it. */
export function startLook(): { take(chunk: Buffer): void; end(): Look } {
  let head: Buffer = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  let size = 0;
  let locked = false;
  let signed = false;
  return {
    take(chunk) {
      if (head.length < HEAD) head = Buffer.concat([head, chunk.subarray(0, HEAD - head.length)]);
      const around = tail.length > 0 ? Buffer.concat([tail.subarray(-64), chunk]) : chunk;
      locked ||= hasLock(around);
      signed ||= around.includes(SIGNATURE);
      size += chunk.length;
      tail = lastOf(tail, chunk);
    },
    end() {
      const found = look(head, tail, { size, locked });
      return signed && found.format === 'pdf' ? { ...found, signed } : found;
    },
  };
}

function lastOf(tail: Buffer, chunk: Buffer): Buffer {
  if (chunk.length >= TAIL) return Buffer.from(chunk.subarray(-TAIL));
  const both = Buffer.concat([tail, chunk]);
  // Cut now and then only: a copy of 66 KiB for each chunk of 64 would double the work.
  return both.length > 8 * TAIL ? Buffer.from(both.subarray(-TAIL)) : both;
}

/** `/Encrypt 12 0 R`, in a trailer or in the dictionary of a table, neither of which is ever compressed. */
function hasLock(chunk: Buffer): boolean {
  for (let at = chunk.indexOf(LOCK); at !== -1; at = chunk.indexOf(LOCK, at + 1)) {
    if (/^\s*(\d+\s+\d+\s+R|<<)/.test(chunk.toString('latin1', at + LOCK.length, at + LOCK.length + 40))) return true;
  }
  return false;
}

function look(head: Buffer, tail: Buffer, { size, locked }: { size: number; locked: boolean }): Look {
  const format = formatOf(head);
  if (size === 0) return { format, fault: 'EMPTY' };
  if (format === 'unknown' || format === 'xml') return { format };
  if (isZip(tail) || PROGRAM.test(head.toString('latin1'))) return { format, fault: 'POLYGLOT' };
  const fault = { pdf: pdfFault, png: pngFault, jpg: jpegFault }[format](tail, size, locked);
  return fault ? { format, fault } : { format };
}

function formatOf(head: Buffer): Look['format'] {
  if (head.indexOf('%PDF-1.') === 0 || head.indexOf('%PDF-2.') === 0) return 'pdf';
  if (head.subarray(0, 8).equals(PNG) && head.toString('latin1', 12, 16) === 'IHDR') return 'png';
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpg';
  if (/^(\xef\xbb\xbf)?\s*<[?A-Za-z_!]/.test(head.toString('latin1')) && !PROGRAM.test(head.toString('latin1')))
    return 'xml';
  return 'unknown';
}

/** A PDF that is also a ZIP ends with the directory of the ZIP, whose comment may hide the end of the PDF. */
function isZip(tail: Buffer): boolean {
  for (let at = tail.lastIndexOf(ZIP_END); at >= 0; at = at > 0 ? tail.lastIndexOf(ZIP_END, at - 1) : -1) {
    if (at + 22 <= tail.length && at + 22 + tail.readUInt16LE(at + 20) === tail.length) return true;
  }
  return false;
}

function pdfFault(tail: Buffer, size: number, locked: boolean): Look['fault'] {
  const end = tail.lastIndexOf('%%EOF');
  // Readers look for the end in the last 1,024 bytes (ISO 32000-1, note 15 of annex H).
  if (end < tail.length - 1024 || !/^[\s\0]*$/.test(tail.toString('latin1', end + 5))) return 'CUT';
  if (locked) return 'LOCKED';
  const start = Number(
    /startxref\s+(\d+)\s*$/.exec(tail.toString('latin1', Math.max(0, end - 64), end))?.[1] ?? Number.NaN,
  );
  if (Number.isNaN(start) || start >= size) return 'DAMAGED';
  const from = start - (size - tail.length);
  // A table that begins before what was kept is taken at its word.
  if (from < 0) return undefined;
  return /^\s*(xref\b|\d+\s+\d+\s+obj\b)/.test(tail.toString('latin1', from, from + 40)) ? undefined : 'DAMAGED';
}

function pngFault(tail: Buffer): Look['fault'] {
  return tail.subarray(-PNG_END.length).equals(PNG_END) ? undefined : 'CUT';
}

/** Cameras write after the end of the image; a program hidden there is a polyglot, and was seen. */
function jpegFault(tail: Buffer): Look['fault'] {
  const end = tail.lastIndexOf(JPEG_END);
  if (end === -1) return 'CUT';
  return PROGRAM.test(tail.toString('latin1', end)) ? 'POLYGLOT' : undefined;
}
