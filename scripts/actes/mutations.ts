import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Header } from 'tar';

/** A mutated archive. `kind` says what was done to it. */
export interface Mutant {
  kind: string;
  name: string;
  bytes: Buffer;
}

/** Numbers from 0 to `below`, the same for the same seed (xorshift). */
export type Draw = (below: number) => number;

export function drawFrom(seed: number): Draw {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 4_294_967_296) * below);
  };
}

/** The good archives that mutations begin with. */
export function goodArchives(folder: string): Mutant[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.tar.gz'))
    .sort()
    .map((file) => ({ kind: 'good', name: basename(file), bytes: readFileSync(join(folder, file)) }));
}

/** One archive with one thing done to it. */
export function mutate(good: Mutant, draw: Draw): Mutant {
  const kind = KINDS[draw(KINDS.length)] ?? 'cut';
  return { kind, name: good.name, ...MUTATIONS[kind](good, draw) };
}

type Mutation = (good: Mutant, draw: Draw) => Partial<Pick<Mutant, 'name'>> & Pick<Mutant, 'bytes'>;

interface Part {
  name: string;
  body: Buffer;
}

const MUTATIONS = {
  // The packed bytes.
  cut: ({ bytes }, draw) => ({ bytes: bytes.subarray(0, draw(bytes.length)) }),
  'wrong packed byte': ({ bytes }, draw) => ({ bytes: withByte(bytes, draw(bytes.length), draw(256)) }),
  'bytes behind': ({ bytes }, draw) => ({ bytes: Buffer.concat([bytes, Buffer.alloc(draw(600) + 1, draw(256))]) }),
  'two archives': ({ bytes }) => ({ bytes: Buffer.concat([bytes, bytes]) }),
  // The tar.
  'tar cut': ({ bytes }, draw) => {
    const tar = gunzipSync(bytes);
    return { bytes: gzipSync(tar.subarray(0, draw(tar.length))) };
  },
  'wrong byte of the tar': ({ bytes }, draw) => {
    const tar = gunzipSync(bytes);
    return { bytes: gzipSync(withByte(tar, draw(tar.length), draw(256))) };
  },
  // The files.
  'files in another order': changed((parts, draw) => parts.toSorted(() => draw(3) - 1)),
  'contents swapped': changed((parts, draw) => swapped(parts, draw, 'body')),
  'names swapped': changed((parts, draw) => swapped(parts, draw, 'name')),
  'file renamed': changed((parts, draw) => parts.with(draw(parts.length), renamed(pick(parts, draw), draw))),
  'file left out': changed((parts, draw) => parts.toSpliced(draw(parts.length), 1)),
  'file twice': changed((parts, draw) => [...parts, pick(parts, draw)]),
  'file added': changed((parts, draw) => [...parts, renamed(pick(parts, draw), draw)]),
  'file emptied': one((part) => ({ ...part, body: Buffer.alloc(0) })),
  'file cut': one((part, draw) => ({ ...part, body: part.body.subarray(0, draw(part.body.length)) })),
  // The text of the XML.
  'wrong byte of XML': xml((body, draw) => withByte(body, draw(body.length), draw(256))),
  'byte of XML left out': xml((body, draw) => cutOut(body, draw(body.length), 1)),
  'windows-1252': xml((body, draw) => inserted(body, draw, Buffer.from([0x80 + draw(32)]))),
  'UTF-8': xml((body) => Buffer.from(body.toString('latin1'))),
  'declared UTF-8': xml((body) => Buffer.from(body.toString('latin1').replace('ISO-8859-1', 'UTF-8'))),
  DOCTYPE: xml((body) => Buffer.from(body.toString('latin1').replace('?>\n', '?>\n<!DOCTYPE a>\n'), 'latin1')),
  'digit changed': xml((body, draw) => digitChanged(body, draw)),
  'element left out': xml((body, draw) => elementOut(body, draw)),
  'letters small': xml((body, draw) => {
    const from = draw(body.length);
    return Buffer.concat([
      body.subarray(0, from),
      Buffer.from(body.toString('latin1', from, from + 8).toLowerCase(), 'latin1'),
      body.subarray(from + 8),
    ]);
  }),
  // The name.
  'archive renamed': ({ name, bytes }, draw) => ({ bytes, name: withChar(name, draw) }),
} satisfies Record<string, Mutation>;

const KINDS = Object.keys(MUTATIONS) as (keyof typeof MUTATIONS)[];

/** A mutation of the files of the archive. */
function changed(change: (parts: Part[], draw: Draw) => Part[]): Mutation {
  return ({ bytes }, draw) => ({ bytes: gzipSync(joined(change(partsOf(gunzipSync(bytes)), draw))) });
}

function one(change: (part: Part, draw: Draw) => Part): Mutation {
  return changed((parts, draw) => {
    const at = draw(parts.length);
    return parts.map((part, i) => (i === at ? change(part, draw) : part));
  });
}

function xml(change: (body: Buffer, draw: Draw) => Buffer): Mutation {
  return changed((parts, draw) => {
    const at = draw(parts.filter(({ name }) => name.endsWith('.xml')).length);
    let seen = -1;
    return parts.map((part) => {
      if (!part.name.endsWith('.xml')) return part;
      seen += 1;
      return seen === at ? { ...part, body: change(part.body, draw) } : part;
    });
  });
}

function partsOf(tar: Buffer): Part[] {
  const parts: Part[] = [];
  for (let at = 0; tar[at] !== 0 && at < tar.length; ) {
    const name = tar.toString('latin1', at, at + 100).replace(/\0.*/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    parts.push({ name, body: tar.subarray(at + 512, at + 512 + size) });
    at += 512 * (1 + Math.ceil(size / 512));
  }
  return parts;
}

function joined(parts: Part[]): Buffer {
  const blocks = parts.flatMap(({ name, body }) => {
    const header = new Header({
      path: name,
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: body.length,
      mtime: new Date(0),
      type: 'File',
    });
    header.encode();
    return [header.block ?? Buffer.alloc(512), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const pick = (parts: Part[], draw: Draw): Part => parts[draw(parts.length)] as Part;

function renamed(part: Part, draw: Draw): Part {
  return { ...part, name: withChar(part.name, draw) };
}

function withChar(name: string, draw: Draw): string {
  const at = draw(name.length);
  return name.slice(0, at) + ('09AZ_-.x'[draw(8)] ?? 'x') + name.slice(at + draw(2));
}

function swapped(parts: Part[], draw: Draw, what: 'name' | 'body'): Part[] {
  const a = draw(parts.length);
  const b = draw(parts.length);
  const of = (i: number) => parts[i === a ? b : i === b ? a : i] as Part;
  return parts.map((part, i) => ({ ...part, [what]: of(i)[what] }));
}

function withByte(bytes: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = byte;
  return copy;
}

function cutOut(bytes: Buffer, at: number, count: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]);
}

function inserted(bytes: Buffer, draw: Draw, more: Buffer): Buffer {
  const at = draw(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function digitChanged(body: Buffer, draw: Draw): Buffer {
  const digits = [...body.toString('latin1').matchAll(/\d/g)].map(({ index }) => index);
  return withByte(body, digits[draw(digits.length)] ?? 0, 0x30 + draw(10));
}

function elementOut(body: Buffer, draw: Draw): Buffer {
  const elements = [...body.toString('latin1').matchAll(/<(actes:\w+)[^>]*(\/>|>[^<]*<\/\1>)/g)];
  const element = elements[draw(elements.length)];
  return element ? cutOut(body, element.index, element[0].length) : body;
}
