import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPage, writePage } from './page.ts';

const filters = fc.array(fc.string());
const keys = fc.tuple(
  fc.string().filter((text) => !text.includes('\0') && text.length < 200),
  fc.uuid(),
);

const reasonOf = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return (error as { reason?: string }).reason ?? String(error);
  }
};

test('a token gives back the keys it was made of, to the same list with the same filters only', () => {
  fc.assert(
    fc.property(filters, filters, keys, (own, other, last) => {
      const pageToken = writePage(last, own);
      expect(readPage({ pageSize: 0, pageToken }, own, 2).after).toEqual(last);
      const elsewhere = reasonOf(() => readPage({ pageSize: 0, pageToken }, other, 2));
      expect(elsewhere).toBe(JSON.stringify(own) === JSON.stringify(other) ? 'accepted' : 'PAGE_TOKEN_INVALID');
      expect(reasonOf(() => readPage({ pageSize: 0, pageToken }, own, 1))).toBe('PAGE_TOKEN_INVALID');
    }),
  );
});

test('whatever else comes as a token is refused, and nothing else happens', () => {
  const any = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.base64String({ minLength: 1 }),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
  );
  fc.assert(
    fc.property(any, (pageToken) => {
      expect(reasonOf(() => readPage({ pageSize: 0, pageToken }, [], 1))).toBe('PAGE_TOKEN_INVALID');
    }),
  );
});

test('a token whose last key is no id is refused, though anybody can make one', () => {
  for (const last of ['', 'x', "'; drop table member", '0198B3A4-7C1E-7D00-8A00-0123456789AB'])
    expect(
      reasonOf(() => readPage({ pageSize: 0, pageToken: writePage([last], []) }, [], 1)),
      last,
    ).toBe('PAGE_TOKEN_INVALID');
});

test('a page has fifty rows when nothing is asked, what is asked up to five hundred, and never a negative number', () => {
  const limitOf = (pageSize: number) => readPage({ pageSize, pageToken: '' }, [], 1);
  expect(limitOf(0)).toEqual({ limit: 50, after: undefined });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (size) => {
      expect(limitOf(size).limit).toBe(Math.min(size, 500));
      expect(reasonOf(() => limitOf(-size))).toBe('FIELD_INVALID');
    }),
  );
});
