import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkFields, checkRequest, containing, searchable } from './fields.ts';
import { DomainError } from './refusal.ts';

/** The fields that a check finds wrong. */
function wrong(check: (fields: ReturnType<typeof checkFields>) => void): string[] {
  const fields = checkFields();
  check(fields);
  return refused(() => fields.done());
}

function refused(work: () => void): string[] {
  try {
    work();
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(DomainError);
    expect(error).toMatchObject({ reason: 'FIELD_INVALID' });
    return (error as DomainError).violations.map(({ field }) => field);
  }
}

test('all that is wrong is told at once, each field by its name', () => {
  const found = wrong((fields) => {
    fields.requestId('a b');
    fields.uuid('member_id', 'x');
    fields.text('title', '', { max: 10 });
    fields.day('as_of', '2026-02-30');
    fields.known('kind', 'UNRECOGNIZED');
    fields.text('name', 'good', { max: 10 });
  });
  expect([...new Set(found)]).toEqual(['request_id', 'member_id', 'title', 'as_of', 'kind']);
});

test('a text is taken when it has its length, is not blank, and has no control character', () => {
  const plain = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(text));
  fc.assert(
    fc.property(plain, (text) => {
      const expected = text.trim() === '' || text.length > 30 ? ['name'] : [];
      expect([...new Set(wrong((fields) => fields.text('name', text, { max: 30 })))]).toEqual(expected);
    }),
  );
  for (const text of ['\0', 'a\0b', 'a\nb', '\u2028', '\ud800', 'x'.repeat(31), '   '])
    expect(
      wrong((fields) => fields.text('name', text, { max: 30 })),
      JSON.stringify(text),
    ).toContain('name');
  expect(wrong((fields) => fields.text('name', '', { min: 0, max: 30 }))).toEqual([]);
});

test('a day is a day of the calendar', () => {
  const days = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(days, (date) => {
      expect(wrong((fields) => fields.day('as_of', date.toISOString().slice(0, 10)))).toEqual([]);
    }),
  );
  for (const day of [
    '',
    '2026-02-29',
    '2026-13-01',
    '2026-1-1',
    '2026-01-01T00:00:00Z',
    '26-01-01',
    '2026-01-00',
    '٢٠٢٦-٠١-٠١',
  ])
    expect(
      wrong((fields) => fields.day('as_of', day)),
      day,
    ).toEqual(['as_of']);
  expect(wrong((fields) => fields.day('as_of', '', { optional: true }))).toEqual([]);
});

test('an id is a UUID in lower case, so that no character of a subject is in it', () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      expect(wrong((fields) => fields.uuid('member_id', id))).toEqual([]);
    }),
  );
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom('.', '*', '>', ' ', '\0', '\n'), fc.nat({ max: 36 }), (id, bad, at) => {
      const broken = id.slice(0, at) + bad + id.slice(at);
      expect(wrong((fields) => fields.uuid('member_id', broken))).toEqual(['member_id']);
    }),
  );
});

test('before a request is looked up its request_id and all of its times are judged', () => {
  const never = new Date(Number.NaN);
  expect(refused(() => checkRequest({ requestId: 'a-1_B' }))).toEqual([]);
  for (const requestId of ['', 'a.b', '*', '>', '\0', 'é', 'x'.repeat(65)])
    expect(
      refused(() => checkRequest({ requestId })),
      requestId,
    ).toEqual(['request_id']);
  const deep = {
    requestId: 'a',
    deadline: never,
    opened: new Date(),
    parts: [{ validFrom: new Date() }, { validFrom: never }],
  };
  expect(refused(() => checkRequest(deep))).toEqual(['deadline', 'parts[1].valid_from']);
});

test('a search finds any part of a text, without regard to case or accents, its wildcards taken literally', () => {
  const like = (pattern: string, text: string) => {
    const literal = pattern.slice(1, -1).replace(/\\(.)/g, '$1');
    return text.includes(literal);
  };
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (before, middle, after) => {
      expect(like(containing(middle), searchable(before) + searchable(middle) + searchable(after))).toBe(true);
    }),
  );
  expect(searchable('ÉMAGNY l’Œuvre')).toBe('emagny l’œuvre');
  expect(containing('100 %_\\')).toBe('%100 \\%\\_\\\\%');
});
