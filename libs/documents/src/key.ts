/** Where uploads stand until they are whole. Not a possible operator: it has an underscore. */
export const INCOMING = '_incoming';

/** Room for one upload, told from the others by `id`. */
export function incomingKey(id: string): string {
  return `${INCOMING}/${id}`;
}

/**
 * The key of a document, `<operator>/<sha256>`. It is made of two checked words and of nothing that a sender has
 * chosen, so no document can stand outside its operator's folder.
 *
 * @throws TypeError if `operator` has anything but a-z, 0-9 and `-`, or `sha256` is not 64 lower-case hexadecimal digits
 */
export function documentKey(operator: string, sha256: string): string {
  if (!/^[a-z0-9-]{1,63}$/.test(operator)) {
    throw new TypeError(`an operator is 1 to 63 characters of a-z, 0-9 and "-", got ${JSON.stringify(operator)}`);
  }
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new TypeError('a SHA-256 is written as 64 lower-case hexadecimal digits');
  }
  return `${operator}/${sha256}`;
}

/** Whether a file found on the shelf is a document; anything else there is not ours to remove. */
export function isDocumentKey(key: string): boolean {
  return /^[a-z0-9-]{1,63}\/[0-9a-f]{64}$/.test(key);
}
