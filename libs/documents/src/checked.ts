import { createHash } from 'node:crypto';
import { DocumentRefusal } from './refusal.ts';

/** What a sender says of a document before its first byte, and the most that we accept. Sizes are in bytes. */
export type Announced = { sha256: string; size: number; maxBytes: number };

/**
 * Refuses at once what can be refused before a byte is read.
 *
 * @throws DocumentRefusal `EMPTY` or `TOO_LARGE`
 */
export function checkAnnounced({ size, maxBytes }: Announced): void {
  // Written so that a NaN is refused: it would pass `size > maxBytes`.
  if (!(size > 0)) throw empty();
  if (!(size <= maxBytes)) {
    throw new DocumentRefusal('TOO_LARGE', `announced ${size} bytes, at most ${maxBytes} are accepted`);
  }
}

/**
 * The same bytes, counted and hashed as they pass, one chunk in memory at a time. It ends only if they are what was
 * announced; a stream that goes on too long is cut at the first chunk too many. Whoever reads it has in hand bytes that
 * are not yet proven, and must not show them before it has ended.
 *
 * @throws DocumentRefusal in the middle of the iteration: `EMPTY`, `SIZE_MISMATCH`, `HASH_MISMATCH` or `INTERRUPTED`
 */
export async function* checked(stream: AsyncIterable<Uint8Array>, announced: Announced): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of interruptible(stream)) {
    size += chunk.byteLength;
    if (size > announced.size) throw wrongSize(announced.size, `at least ${size}`);
    hash.update(chunk);
    yield chunk;
  }
  if (size === 0) throw empty();
  if (size < announced.size) throw wrongSize(announced.size, String(size));
  const found = hash.digest('hex');
  if (found !== announced.sha256) {
    throw new DocumentRefusal(
      'HASH_MISMATCH',
      `announced SHA-256 ${announced.sha256}, received ${found}: send it again`,
    );
  }
}

/** The stream, its own failures made refusals. A failure of the reader (a full disk) does not pass here. */
async function* interruptible(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw new DocumentRefusal('INTERRUPTED', 'the sender stopped before the end: send it again', { cause: error });
  }
}

function empty(): DocumentRefusal {
  return new DocumentRefusal('EMPTY', 'the document has no byte');
}

function wrongSize(announced: number, found: string): DocumentRefusal {
  return new DocumentRefusal('SIZE_MISMATCH', `announced ${announced} bytes, received ${found}: send it again`);
}
