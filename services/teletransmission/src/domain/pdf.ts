import { refuse } from '../refusals.ts';

const HEADER = '%PDF-';
const END = '%%EOF';
/** Where the last line must be found; some programs leave a few blanks behind it. */
const TAIL = 1_024;

/**
 * The same bytes, judged as they pass by what they are and not by what they are called: a PDF begins with its first byte
 * and ends with its last lines, so an archive or a program before or behind one is refused too. `size` is what the
 * sender announced: a document that has not that size is another's to refuse. Throws DOCUMENT_NOT_PDF in the iteration.
 */
export async function* onlyPdf(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let passed = 0;
  let head = '';
  let tail = new Uint8Array();
  for await (const chunk of bytes) {
    if (head.length < HEADER.length) {
      head += text(chunk.subarray(0, HEADER.length - head.length));
      if (!HEADER.startsWith(head)) throw refuse('DOCUMENT_NOT_PDF');
    }
    tail = joined(tail, chunk).slice(-TAIL);
    passed += chunk.length;
    yield chunk;
  }
  if (passed === size && !(head === HEADER && text(tail).includes(END))) throw refuse('DOCUMENT_NOT_PDF');
}

/** The end of two pieces, as much as is looked at. */
function joined(before: Uint8Array, after: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = after.subarray(-TAIL);
  const both = new Uint8Array(before.length + end.length);
  both.set(before);
  both.set(end, before.length);
  return both;
}

/** One character a byte. */
function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
