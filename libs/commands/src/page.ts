import { createHash } from 'node:crypto';
import { refuse, UUID } from '@jonction/service';

const USUAL = 50;
const MOST = 500;

interface Asked {
  pageSize: number;
  pageToken: string;
}

/**
 * Reads the paging of a list request (AIP-158). `after` holds the last row's sort keys of the page before, its id the
 * last of them, or is undefined. The token is bound to the filters: used with others it is refused, as is any token we did not write.
 */
export function readPage(
  { pageSize, pageToken }: Asked,
  filters: unknown,
  keys: number,
): { limit: number; after: string[] | undefined } {
  if (pageSize < 0) {
    throw refuse('FIELD_INVALID', { fields: 'page_size' }, [
      { field: 'page_size', description: 'must not be negative' },
    ]);
  }
  const limit = Math.min(pageSize || USUAL, MOST);
  return { limit, after: pageToken === '' ? undefined : decode(pageToken, filters, keys) };
}

/** The token of the page after `last`, the sort keys of the last row given; empty when there is no more. */
export function writePage(last: string[] | undefined, filters: unknown): string {
  return last ? Buffer.from(JSON.stringify([digest(filters), ...last])).toString('base64url') : '';
}

function decode(token: string, filters: unknown, keys: number): string[] {
  if (token.length > 2_000 || !/^[A-Za-z0-9_-]+$/.test(token)) throw refuse('PAGE_TOKEN_INVALID');
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw refuse('PAGE_TOKEN_INVALID');
  }
  if (
    !Array.isArray(parts) ||
    parts.length !== keys + 1 ||
    parts.some((part) => typeof part !== 'string' || part.includes('\0'))
  )
    throw refuse('PAGE_TOKEN_INVALID');
  const [filtered, ...after] = parts as string[];
  // The last key is a row's id: anybody can make a token, and PostgreSQL compares ids with ids only.
  if (filtered !== digest(filters) || !UUID.test(after.at(-1) ?? '')) throw refuse('PAGE_TOKEN_INVALID');
  return after;
}

function digest(filters: unknown): string {
  return createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 16);
}
