import type { Found, Schema } from '@jonction/norms/decp';
import { readJson } from './read-json.ts';
import { readXml } from './read-xml.ts';
import { Unreadable } from './unreadable.ts';

const CHUNK = 16_384;

/** One contract of a file, as it stands there. */
export interface Read extends Found {
  syntax: 'json' | 'xml';
  /** Where it begins, from 1. */
  line: number;
}

/**
 * The contracts of a file in JSON or XML, one at a time and whatever its size. Throws `Unreadable` at the place where it
 * can be read no further; the contracts before it have been given.
 */
export async function* readContracts(chunks: AsyncIterable<Uint8Array>, schema: Schema): AsyncGenerator<Read> {
  const source = chunks[Symbol.asyncIterator]();
  let head = new Uint8Array();
  // What the file is stands at its beginning, in some chunk that is not empty.
  while (!/\S/.test(latin1(head)) || head.length < 4) {
    const { done, value } = await source.next();
    if (done) break;
    head = joined(head, value);
  }
  const start = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head;
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff))
    throw new Unreadable('ENCODING', { line: 1 });
  const first = latin1(start.subarray(0, 65_536)).trimStart()[0];
  if (first === undefined) throw new Unreadable('EMPTY');
  if (first === '{' || first === '[') {
    yield* readJson(inUtf8(following(start, source)));
  } else if (first === '<') {
    yield* readXml(following(start, source), schema);
  } else throw new Unreadable('NEITHER', { line: 1 });
}

/** The bytes from `head` on in small chunks: what stands before a fault is read, and a text without end is noticed. */
async function* following(head: Uint8Array, source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next: IteratorResult<Uint8Array> = { value: head }; !next.done; next = await source.next()) {
    for (let at = 0; at < next.value.length; at += CHUNK) yield next.value.subarray(at, at + CHUNK);
  }
}

/** The same bytes, as long as they are UTF-8. */
async function* inUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let lines = 1;
  for await (const chunk of chunks) {
    try {
      decoder.decode(chunk, { stream: true });
    } catch {
      throw new Unreadable('ENCODING', { line: lines });
    }
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, end + 1)) lines++;
    yield chunk;
  }
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
