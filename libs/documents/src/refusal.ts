/**
 * Why a document was not kept:
 *
 * - `HASH_MISMATCH`: the bytes do not have the SHA-256 that was announced.
 * - `SIZE_MISMATCH`: there are more bytes, or fewer, than was announced.
 * - `TOO_LARGE`: the announced size is more than the caller allows.
 * - `EMPTY`: there is not one byte.
 * - `INTERRUPTED`: the sender stopped before the end; `cause` holds the error of its stream.
 */
export type RefusalReason = 'HASH_MISMATCH' | 'SIZE_MISMATCH' | 'TOO_LARGE' | 'EMPTY' | 'INTERRUPTED';

/** A document that was refused. Nothing of it is left; sending it again from its first byte is always allowed. */
export class DocumentRefusal extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DocumentRefusal';
    this.reason = reason;
  }
}

/** There is no document with this key. To a service that has its name in a table, this is a lost document: an alarm. */
export class DocumentMissing extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`no document is kept under ${key}: restore it from the backup of the documents, or have it sent again`);
    this.name = 'DocumentMissing';
    this.key = key;
  }
}
