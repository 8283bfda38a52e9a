import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkInseeCode } from './insee-code.ts';

type Place = { code: string; type: string };
const places: Place[] = createRequire(import.meta.url)('@etalab/decoupage-administratif/data/communes.json');

test('every commune of the 2026 geographic code is accepted, Corsica and overseas included', () => {
  const refused = places.filter((place) => !checkInseeCode(place.code).ok);
  expect(places.length).toBeGreaterThan(34_000);
  expect(refused).toEqual([]);
});

test('communes of every kind of territory are accepted', () => {
  for (const code of ['75056', '01001', '95690', '2A004', '2B033', '97105', '97502', '97801', '98735', '98901']) {
    expect(checkInseeCode(code), code).toEqual({ ok: true });
  }
});

test('a code that names no territory is refused', () => {
  for (const code of ['00001', '20004', '96001', '97901', '98101', '98501', '99100', '75000', '97100', '2A000']) {
    expect(checkInseeCode(code), code).toMatchObject({ ok: false, why: 'TERRITORY' });
  }
});

test('a code of the wrong form is refused', () => {
  for (const code of ['', '1001', '075056', ' 75056']) expect(checkInseeCode(code)).toMatchObject({ why: 'LENGTH' });
  for (const code of ['2a004', '2C004', 'A2004', '7505A', '7505 ', '750\n6']) {
    expect(checkInseeCode(code), code).toMatchObject({ why: 'DIGITS' });
  }
});

test('no five characters are accepted without beginning with a territory that exists', () => {
  const territories = new Set(places.map((place) => place.code.slice(0, /^9[78]/.test(place.code) ? 3 : 2)));
  const character = fc.constantFrom(...'0123456789AB');
  fc.assert(
    fc.property(fc.string({ unit: character, minLength: 5, maxLength: 5 }), (code) => {
      const known = [2, 3].some((length) => territories.has(code.slice(0, length)));
      if (!known) expect(checkInseeCode(code).ok).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});
